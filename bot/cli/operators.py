"""`switchboard operators`: who may sign in at the console."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.table import Table
from sqlite_utils import Database

from bot.accounts import Person, Role, close_account, open_account
from bot.cli.output import Json, fail, note, print_json, stdout
from bot.errors import Refused, StoreError
from bot.house import STORE
from bot.settings import home_dir
from bot.store.accounts import list_accounts
from bot.store.writer import Writer, migrate

T = TypeVar("T")
HERE = Person("command line", "admin")

operators = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Add, list and remove the people who may sign in at the console."
)


@operators.command("list")
def show(as_json: Json = False) -> None:
    """List the accounts by name."""
    accounts = _run(list_accounts)
    if as_json:
        print_json({"operators": [asdict(row) for row in accounts]})
        return
    table = Table("name", "role", "since", "disabled")
    for row in accounts:
        table.add_row(row.name, row.role, row.created_at, row.disabled_at or "")
    stdout.print(table)


@operators.command()
def add(
    name: str,
    role: Annotated[Role, typer.Option(help="What the person may do: `operator` or `admin`.")] = "operator",
    as_json: Json = False,
) -> None:
    """Let somebody sign in; the token is shown once."""
    token = _run(lambda db: open_account(db, name, role, HERE))
    if as_json:
        print_json({"name": name, "role": role, "token": token})
        return
    stdout.print(token, markup=False, highlight=False, soft_wrap=True)
    note(f"The token of {name} ({role}). It is shown this once; only its hash is kept.")


@operators.command()
def remove(name: str, as_json: Json = False) -> None:
    """Let somebody sign in no more; an open console is cut off within seconds."""
    _run(lambda db: close_account(db, name, HERE))
    if as_json:
        print_json({"name": name, "removed": True})
    else:
        note(f"{name} can sign in no more.")


def _run(operation: Callable[[Database], T]) -> T:
    try:
        return asyncio.run(_write(home_dir() / STORE, operation))
    except (Refused, StoreError) as exc:
        fail(str(exc))


async def _write(path: Path, operation: Callable[[Database], T]) -> T:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    migrate(path)
    writer = Writer(path)
    try:
        return await writer.write(operation)
    finally:
        writer.close()
