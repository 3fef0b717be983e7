"""`switchboard models`: which bundles there are, and which one serves."""

from typing import Any

import typer
from rich.table import Table

from backends import bundle
from backends.contract import BackendError
from bot.cli.output import Json, fail, print_json, stdout
from bot.settings import home_dir

models = typer.Typer(add_completion=False, no_args_is_help=True, help="List, promote and roll back model bundles.")


@models.command("list")
def show(as_json: Json = False) -> None:
    """List the bundles, newest first."""
    entries = bundle.list_bundles(home_dir())
    document = {"bundles": [_row(entry) for entry in entries], "current": bundle.current_id(home_dir())}
    if as_json:
        print_json(document)
        return
    table = Table("", "bundle", "intents", "accuracy", "problem")
    for row in document["bundles"] if isinstance(document["bundles"], list) else []:
        accuracy = "" if row["accuracy"] is None else f"{row['accuracy']:.4f}"
        intents = "" if row["intents"] is None else str(row["intents"])
        table.add_row("→" if row["is_current"] else "", row["id"], intents, accuracy, row["problem"] or "")
    stdout.print(table)


@models.command()
def promote(bundle_id: str, as_json: Json = False) -> None:
    """Let a bundle serve; a running server takes it within seconds."""
    try:
        bundle.promote(home_dir(), bundle_id)
    except BackendError as exc:
        fail(str(exc))
    _current(as_json)


@models.command()
def rollback(as_json: Json = False) -> None:
    """Let the bundle serve that did so before."""
    try:
        bundle.rollback(home_dir())
    except BackendError as exc:
        fail(str(exc))
    _current(as_json)


def _current(as_json: bool) -> None:
    current = bundle.current_id(home_dir())
    entries = bundle.list_bundles(home_dir())
    if as_json:
        print_json({"bundles": [_row(entry) for entry in entries], "current": current})
    else:
        stdout.print(f"current: {current}")


def _row(entry: bundle.Entry) -> dict[str, Any]:
    return {**bundle.summary(entry), "path": str(entry.path)}
