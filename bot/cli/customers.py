"""`switchboard customers`: erase a customer, and list the certificates of that."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, TypeVar

import typer

from bot.cli.output import WRONG_USAGE, Json, fail, note, print_json, print_rows, stages
from bot.erasing import Eraser, Site
from bot.errors import Refused, StoreError
from bot.house import STORE
from bot.settings import home_dir
from bot.store import operations
from bot.store.erasure import Subject, conversations_of, list_certificates
from bot.store.journal import Change
from bot.store.operations import Phrase
from bot.store.reader import Reader
from bot.store.writer import Writer, migrate
from bot.wording import counted

T = TypeVar("T")
WAIT_S = 600.0
"""How long a certificate is waited for, seconds."""

customers = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Erase a customer; list what was erased, without names."
)


@customers.command()
def erase(
    customer_id: Annotated[str | None, typer.Option(help="All conversations under this id.")] = None,
    visitor_id: Annotated[str | None, typer.Option(help="All conversations of this browser.")] = None,
    conversation_id: Annotated[str | None, typer.Option(help="Those of the customer of this conversation.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Remove everything about a customer: transcripts, labels, notes, outcomes, training rows. It cannot be undone.

    A server may be running; open conversations of the customer end. The certificate tells what was removed, and which
    model bundles had learned from it. It stays pending while a nightly run is on.
    """
    subject = Subject(customer_id, visitor_id, conversation_id)
    if sum(value is not None for value in subject) != 1:
        fail("expected exactly one of --customer-id, --visitor-id, --conversation-id", WRONG_USAGE)

    async def work(eraser: Eraser, reader: Reader) -> Mapping[str, Any]:
        found = await reader.read(lambda db: conversations_of(db, subject))
        if not (yes or as_json):
            typer.confirm(f"Erase {counted(len(found), 'conversation')} for good?", abort=True, err=True)
        with stages() as show:
            show("erase", 0, 1)
            done = await eraser.erase(subject, Change("command line", "admin", "customer.erase"))
            show("erase", 1, 1)
        return done

    certificate = _run(work)
    if as_json:
        print_json(certificate)
    else:
        print_rows(COLUMNS, [_row(certificate)])
        note("complete" if certificate["state"] == "complete" else "pending: files are searched once the night is over")


@customers.command("list")
def show(as_json: Json = False) -> None:
    """List the certificates, newest first."""

    async def work(_: Eraser, reader: Reader) -> list[dict[str, Any]]:
        return await reader.read(list_certificates)

    found = _run(work)
    if as_json:
        print_json({"erasures": found})
    else:
        print_rows(COLUMNS, [_row(row) for row in found])


def _run(work: Callable[[Eraser, Reader], Awaitable[T]]) -> T:
    """Run with an open store.

    Raises:
        typer.Exit: it could not be done.
    """
    try:
        return asyncio.run(_with_store(work))
    except (Refused, StoreError) as exc:
        fail(str(exc))


async def _with_store(work: Callable[[Eraser, Reader], Awaitable[T]]) -> T:
    home = home_dir()
    path = home / STORE
    if not path.is_file():
        raise StoreError(f"expected a store at {path}, found none; start the server once or set SWITCHBOARD_HOME")
    await asyncio.to_thread(migrate, path)
    writer, reader = Writer(path), Reader(path)

    async def close(conversation_id: str, event: Any) -> object:
        return await writer.write(lambda db: operations.step(db, conversation_id, event, lambda *_: Phrase("")))

    try:
        return await work(Eraser(Site(writer, reader, home, path), close, wait_s=WAIT_S), reader)
    finally:
        writer.close()
        reader.close()


COLUMNS = ("erasure", "at", "by", "conversations", "turns", "training rows", "bundles that had learned", "state")


def _row(row: Mapping[str, Any]) -> tuple[str, ...]:
    bundles = ", ".join(f"{one['id']} ({one['rows']})" for one in row["bundles"] or ())
    counts = (row["conversations"], row["turns"], "?" if row["training_rows"] is None else row["training_rows"])
    return (row["erasure_id"], row["erased_at"], row["by"], *map(str, counts), bundles, row["state"])
