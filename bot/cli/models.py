"""`switchboard models`: which bundles, prompts and adapters there are, and which one of each serves."""

from pathlib import Path
from typing import Annotated, Any

import typer

from backends import bundle
from backends.choice import PROMOTED, chosen
from backends.contract import BackendError
from bot import nights
from bot.cli.output import WRONG_USAGE, Bot, Json, fail, note, print_json, print_rows, stdout
from bot.errors import SettingsError
from bot.settings import bot_dir, home_dir, load

models = typer.Typer(
    add_completion=False, no_args_is_help=True, help="List, promote, roll back and retire model bundles."
)


Prompts = Annotated[
    bool, typer.Option("--prompts", help="The prompts of the backend soft_prompt instead of the model bundles.")
]
Adapters = Annotated[
    bool, typer.Option("--adapters", help="The adapters of the embedded language model instead of the model bundles.")
]


@models.command("list")
def show(prompts: Prompts = False, adapters: Adapters = False, as_json: Json = False) -> None:
    """List the bundles, newest first."""
    document = _document(_shelf(prompts, adapters))
    if as_json:
        print_json(document)
    else:
        print_rows(COLUMNS, [_row(row) for row in document["bundles"]])


@models.command()
def promote(bundle_id: str, prompts: Prompts = False, adapters: Adapters = False, as_json: Json = False) -> None:
    """Let a bundle serve; a running server takes it within a second, but an adapter at its next start."""
    try:
        bundle.promote(home_dir(), bundle_id, shelf=_shelf(prompts, adapters))
    except BackendError as exc:
        fail(str(exc))
    _current(_shelf(prompts, adapters), as_json)


@models.command()
def rollback(prompts: Prompts = False, adapters: Adapters = False, as_json: Json = False) -> None:
    """Let the bundle serve that did so before."""
    try:
        bundle.rollback(home_dir(), shelf=_shelf(prompts, adapters))
    except BackendError as exc:
        fail(str(exc))
    _current(_shelf(prompts, adapters), as_json)


@models.command()
def retire(
    bot: Bot = None,
    keep_days: Annotated[
        int | None, typer.Option(min=1, help="Days a bundle that was in service is kept; else [nightly] keep_days.")
    ] = None,
    prompts: Prompts = False,
    adapters: Adapters = False,
    as_json: Json = False,
) -> None:
    """Remove bundles that nobody needs any more; the current, the one before and the newest stay."""
    try:
        home, pinned = home_dir(), _pinned(bot, _shelf(prompts, adapters))
        days = keep_days or load(bot_dir(bot)).nightly.keep_days
        retired = bundle.retire(home, keep_days=days, shelf=_shelf(prompts, adapters), pinned=pinned)
    except (SettingsError, BackendError) as exc:
        fail(str(exc))
    if as_json:
        print_json({"retired": list(retired), **_document(_shelf(prompts, adapters))})
    else:
        note(f"Retired {len(retired)}: {', '.join(retired) or 'all bundles are still needed'}")


NAMED_BY = {bundle.PROMPTS: ("soft_prompt", "prompt"), bundle.ADAPTERS: ("rag", "lora")}
"""Shelf → the backend and its setting that names what is on it."""


def _pinned(bot: Path | None, shelf: str) -> str | None:
    """What the settings name on a shelf."""
    if shelf not in NAMED_BY:
        return None
    backend, key = NAMED_BY[shelf]
    return chosen(home_dir(), str(load(bot_dir(bot)).backends.get(backend, {}).get(key, PROMOTED)), shelf)


def _shelf(prompts: bool, adapters: bool) -> str:
    if prompts and adapters:
        fail("give either --prompts or --adapters, not both", WRONG_USAGE)
    if adapters:
        return bundle.ADAPTERS
    return bundle.PROMPTS if prompts else bundle.BUNDLES


def _current(shelf: str, as_json: bool) -> None:
    if as_json:
        print_json(_document(shelf))
    else:
        stdout.print(f"current: {bundle.current_id(home_dir(), shelf)}")


def _document(shelf: str) -> dict[str, Any]:
    home = home_dir()
    decided = nights.decisions(home)
    rows = [
        {
            **bundle.summary(entry),
            "name": entry.card.get("name"),
            "path": str(entry.path),
            "night": decided.get(entry.id),
        }
        for entry in bundle.list_bundles(home, shelf)
    ]
    pointers = {"current": bundle.current_id(home, shelf), "rollback_to": bundle.rollback_target(home, shelf)}
    return {"bundles": rows, **pointers}


COLUMNS = ("bundle", "name", "intents", "accuracy", "in service since", "how it came", "MB", "problem")


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    """One bundle for people; an arrow stands before the one that serves."""
    night = row["night"] or {}
    return (
        ("→ " if row["is_current"] else "  ") + row["id"],
        row["name"] or "",
        str(row["intents"] or ""),
        "" if row["accuracy"] is None else f"{row['accuracy']:.4f}",
        row["in_service_at"] or "",
        row["why"] or (f"night: {night['decision']}" if night else ""),
        f"{row['size_bytes'] / 1e6:.2f}",
        row["problem"] or "",
    )
