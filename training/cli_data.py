"""`switchboard data`: training data in and out, and what is wrong with it."""

import json
from contextlib import closing
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from sqlite_utils import Database

from bot.cli.output import REFUSED, WRONG_USAGE, Bot, Json, fail, print_json
from bot.errors import SettingsError, StoreError
from bot.house import STORE
from bot.settings import bot_dir, home_dir
from bot.store.transcripts import transcripts as read_transcripts
from bot.store.writer import connect
from training.cli_forget import forget
from training.cli_validate import validate_rows
from training.dataset import DataError, Dataset, Example, read_bot, read_file
from training.formats import Form, printable, write_file
from training.split import normalise


class Transcripts(StrEnum):
    """How conversations are written."""

    EVENTS = "events"
    MESSAGES = "messages"


class Source(StrEnum):
    """Whose conversations."""

    LIVE = "live"
    SIMULATED = "simulated"
    TEST = "test"
    CLI = "cli"
    ALL = "all"


data = typer.Typer(add_completion=False, no_args_is_help=True, help="Training data in and out.")
data.command("validate")(validate_rows)
data.command("forget")(forget)


@data.command("import")
def import_rows(
    files: Annotated[list[Path], typer.Argument(help="CSV, JSONL, Rasa YAML or Parquet files, or `datasets` folders.")],
    bot: Bot = None,
    name: Annotated[str, typer.Option("--name", help="Name of the file to write in nlu/, no ending.")] = "imported",
    as_json: Json = False,
) -> None:
    """Add labelled texts to a bot folder; those it has already are skipped."""
    try:
        folder = bot_dir(bot)
        path = folder / "nlu" / f"{Path(name).name}.yml"
        new = [_as_kept(row) for file in files for row in read_file(file)]
        before = read_file(path) if path.is_file() else ()
        known: dict[str, str] = _known(folder)
        before_keys, fresh = set(known), dict[str, Example]()
        for row in new:
            key = normalise(row.text)
            if known.setdefault(key, row.intent) != row.intent:
                fail(f"{row.text!r} ({row.source}) is {known[key]} already, not {row.intent}", REFUSED)
            if key not in before_keys:
                fresh.setdefault(key, row)
        if fresh:
            write_file(path, [*before, *fresh.values()])
    except (DataError, SettingsError) as exc:
        fail(str(exc))
    report = {"path": str(path), "added": len(fresh), "skipped": len(new) - len(fresh)}
    if as_json:
        print_json(report)
    else:
        print(f"{report['added']} added to {path}, {report['skipped']} were there already")


@data.command("export")
def export_rows(
    to: Annotated[
        Path,
        typer.Argument(help="File to write; its ending names the form: .csv, .jsonl, .yml; none: a `datasets` folder."),
    ],
    bot: Bot = None,
    form: Annotated[
        Form | None,
        typer.Option("--form", help="The form, whatever the ending; `datasets` is a folder of that library."),
    ] = None,
    transcripts: Annotated[
        Transcripts | None,
        typer.Option("--transcripts", help="Stored conversations instead: an event a line, or OpenAI's messages."),
    ] = None,
    source: Annotated[Source, typer.Option("--source", help="Which conversations, with --transcripts.")] = Source.LIVE,
    as_json: Json = False,
) -> None:
    """Write the labelled texts of a bot folder into one file, rows out of scope included; or the transcripts."""
    if transcripts and form:
        fail("give either --transcripts or --form, not both", WRONG_USAGE)
    try:
        rows = _export_transcripts(to, transcripts, source) if transcripts else _export_examples(to, bot_dir(bot), form)
    except (DataError, SettingsError, StoreError) as exc:
        fail(str(exc))
    except OSError as exc:
        fail(f"cannot write {to}: {exc.strerror}")
    if as_json:
        print_json({"path": str(to.resolve()), "rows": rows})
    else:
        print(f"{rows} rows written to {to}")


def _export_examples(to: Path, folder: Path, form: Form | None) -> int:
    dataset = read_bot(folder)
    rows = [*dataset.examples, *dataset.oos]
    write_file(to, rows, form)
    return len(rows)


def _export_transcripts(to: Path, form: Transcripts, source: Source) -> int:
    path = home_dir() / STORE
    if not path.is_file():
        raise StoreError(f"expected a store at {path}, found none; start the server once or set SWITCHBOARD_HOME")
    wanted = None if source is Source.ALL else source.value
    count = 0
    with closing(connect(path).conn) as connection, to.open("w", encoding="utf-8") as lines:
        for row in read_transcripts(Database(connection), form=form.value, source=wanted):
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def _as_kept(row: Example) -> Example:
    """Give the row as the NLU file will hold it.

    Raises:
        DataError: nothing is left of its text.
    """
    kept = printable(row.text)
    if not kept:
        raise DataError(f"{row.source}: a text of unprintable characters only; take the row out")
    return replace(row, text=kept)


def _known(folder: Path) -> dict[str, str]:
    """Intent of each text the bot folder has; a folder without NLU files has none."""
    if not any((folder / "nlu").glob("*.y*ml")):
        return {}
    dataset: Dataset = read_bot(folder)
    return {normalise(row.text): row.intent for row in (*dataset.examples, *dataset.oos)}
