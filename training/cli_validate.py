"""`switchboard data validate`: what is wrong with training data, with the rows."""

from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, get_args

import typer

from backends.contract import BackendError
from bot.cli.output import REFUSED, WRONG_USAGE, Bot, Json, fail, note, print_json, stages
from bot.errors import SettingsError
from bot.settings import bot_dir, home_dir
from training.dataset import DataError, Dataset, Example, read_bot, read_data, read_file
from training.embedding import embed, unknown
from training.likeness import FEWEST_ROWS, find
from training.places import with_lines
from training.validation import Kind, validate
from training.validation_report import Validation, check_ending, write_report

MOST_UNASKED = 20_000
"""Texts that are embedded without being asked to: more take minutes."""
SHOWN = 20
"""Problems of a kind that the terminal shows."""
ORDER = get_args(Kind)
MEANINGS = "near copies, wrong labels and overlapping intents"


def validate_rows(
    bot: Bot = None,
    files: Annotated[
        list[Path] | None, typer.Option("--data", help="Files or `datasets` folders instead of a bot folder.")
    ] = None,
    test: Annotated[
        list[Path] | None, typer.Option("--test", help="Test files that must not share texts with the data.")
    ] = None,
    least: Annotated[int, typer.Option("--least", min=1, help="Examples an intent should have.")] = 5,
    wants_suspects: Annotated[
        bool | None,
        typer.Option(
            "--suspects/--no-suspects",
            help="Compare meanings too: near copies, wrong labels, overlapping intents. "
            f"By default up to {MOST_UNASKED:,} texts that were not embedded before.",
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write every row into this .html page or .json file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Look for contradictions, leaks, small and overlapping intents, wrong labels and copies, and name the rows.

    Leaves with 3 on contradictions, leaks, small intents or fewer than two; the rest is for you to judge.
    """
    if bot is not None and files:
        fail("give either --bot or --data, not both", WRONG_USAGE)
    try:
        if report is not None:
            check_ending(report)
        dataset = with_lines(read_data(files) if files else read_bot(bot_dir(bot)))
        against = with_lines(Dataset.of(row for path in test or [] for row in read_file(path)))
        validation = _validate(dataset, [*against.examples, *against.oos], least, wants_suspects)
        if report is not None:
            write_report(report, validation)
    except (DataError, SettingsError, BackendError) as exc:
        fail(str(exc))
    if as_json:
        print_json(validation.to_json() | {"report": None if report is None else str(report.resolve())})
    else:
        _tell(validation, report)
    if not validation.is_ok:
        raise typer.Exit(REFUSED)


def _validate(dataset: Dataset, test: Sequence[Example], least: int, wanted: bool | None) -> Validation:
    problems = validate(dataset, test, least=least)
    texts = [row.text for row in (*dataset.examples, *dataset.oos, *test)]
    reason = _why_not(texts, wanted)
    if reason is not None:
        return Validation(dataset, problems, (f"{MEANINGS} ({reason})",))
    with stages() as show:
        found = find(
            dataset, test, lambda some: embed(some, home_dir(), on_texts=lambda *done: show("embed", *done)), show
        )
    merged = sorted((*problems, *found.problems), key=lambda problem: ORDER.index(problem.kind))
    return Validation(dataset, tuple(merged), found.left_out)


def _why_not(texts: Sequence[str], wanted: bool | None) -> str | None:
    """Say why meanings are not compared, or None when they are.

    Raises:
        DataError: they are asked for and cannot be.
    """
    if wanted is False:
        return "--no-suspects"
    if find_spec("cleanlab") is None or find_spec("sklearn") is None:
        if wanted:
            raise DataError("--suspects needs the library cleanlab; install the extra `train`")
        return "the extra `train` is not installed"
    if wanted or len(texts) < FEWEST_ROWS:
        return None if wanted else f"{len(texts)} texts are too few to tell; --suspects tries"
    new = unknown(texts, home_dir()) if len(texts) > MOST_UNASKED else 0
    return f"{new:,} texts to embed take minutes; --suspects does" if new > MOST_UNASKED else None


def _tell(validation: Validation, report: Path | None) -> None:
    shown: Counter[str] = Counter()
    for problem in validation.problems:
        shown[problem.kind] += 1
        if shown[problem.kind] <= SHOWN:
            print(f"{problem.kind}: {problem.message}")
    for kind, count in validation.counts().items():
        if count > SHOWN:
            note(f"{kind}: {count - SHOWN} more" + ("" if report else "; --report FILE.html lists them all"))
    for reason in validation.left_out:
        note(f"Not looked for: {reason}.")
    dataset, kinds = validation.dataset, ", ".join(f"{count} {kind}" for kind, count in validation.counts().items())
    note(f"{len(dataset.examples)} examples, {len(dataset.intents)} intents, {len(validation.problems)} problems")
    if kinds:
        note(kinds)
    if report is not None:
        note(f"All rows: {report}")
