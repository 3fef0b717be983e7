"""`switchboard models`: which bundles there are, and which one serves."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from backends import bundle
from backends.contract import BackendError
from bot import nights
from bot.cli.output import Bot, Json, fail, note, print_json, stdout
from bot.errors import SettingsError
from bot.settings import bot_dir, home_dir, load

models = typer.Typer(
    add_completion=False, no_args_is_help=True, help="List, promote, roll back and retire model bundles."
)


@models.command("list")
def show(as_json: Json = False) -> None:
    """List the bundles, newest first."""
    document = _document()
    if as_json:
        print_json(document)
    else:
        stdout.print(_table(document["bundles"]))


@models.command()
def promote(bundle_id: str, as_json: Json = False) -> None:
    """Let a bundle serve; a running server takes it within a second."""
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


@models.command()
def retire(
    bot: Bot = None,
    keep_days: Annotated[
        int | None, typer.Option(min=1, help="Days a bundle that was in service is kept; else [nightly] keep_days.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Remove bundles that nobody needs any more; the current, the one before and the newest stay."""
    try:
        days = keep_days or load(bot_dir(bot)).nightly.keep_days
        retired = bundle.retire(home_dir(), keep_days=days)
    except (SettingsError, BackendError) as exc:
        fail(str(exc))
    if as_json:
        print_json({"retired": list(retired), **_document()})
    else:
        note(f"Retired {len(retired)}: {', '.join(retired) or 'all bundles are still needed'}")


def _current(as_json: bool) -> None:
    if as_json:
        print_json(_document())
    else:
        stdout.print(f"current: {bundle.current_id(home_dir())}")


def _document() -> dict[str, Any]:
    home = home_dir()
    decided = nights.decisions(home)
    rows = [
        {**bundle.summary(entry), "path": str(entry.path), "night": decided.get(entry.id)}
        for entry in bundle.list_bundles(home)
    ]
    return {"bundles": rows, "current": bundle.current_id(home), "rollback_to": bundle.rollback_target(home)}


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table("", "bundle", "intents", "accuracy", "in service since", "how it came", "MB", "problem")
    for row in rows:
        night = row["night"] or {}
        table.add_row(
            "→" if row["is_current"] else "",
            row["id"],
            str(row["intents"] or ""),
            "" if row["accuracy"] is None else f"{row['accuracy']:.4f}",
            row["in_service_at"] or "",
            row["why"] or (f"night: {night['decision']}" if night else ""),
            f"{row['size_bytes'] / 1e6:.1f}",
            row["problem"] or "",
        )
    return table
