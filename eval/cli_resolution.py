"""`switchboard eval resolution`, `audit` and `validate-statistics`: which arm resolves more, and how sure that is."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from backends.bundle import replace_text
from bot.cli.output import WRONG_USAGE, Bot, Json, fail, note, print_json, stages, stdout
from bot.errors import SettingsError, StoreError
from bot.outcomes.definition import parse, stamp
from bot.outcomes.job import Progress, judge
from bot.settings import Settings, bot_dir, home_dir, load
from bot.store.reader import Reader
from bot.store.writer import migrate
from eval.resolution.auditing import audit_now
from eval.resolution.document import Comparison, compare_arms
from eval.resolution.page import dollars, render
from eval.resolution.reading import EMPTY, Logs, Span, TruthFileError, read_logs, read_truth
from eval.resolution.table import tables
from eval.resolution.validation.report import CHECKS, as_markdown, validate

STORE = "switchboard.sqlite3"


class Source(StrEnum):
    """Whose conversations count."""

    live = "live"
    simulated = "simulated"
    all = "all"


Since = Annotated[str | None, typer.Option("--since", help="ISO time; conversations that began before are left out.")]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="ISO time that counts as now; windows that end later are open.")
]
Sources = Annotated[Source, typer.Option("--source", help="Whose conversations count.")]
TruthFile = Annotated[Path | None, typer.Option("--truth", help="File of the truth, as `simulate --truth` writes it.")]


def span_of(since: str | None, as_of: str | None, source: Source) -> Span:
    """Read what a person typed; ends the command where it is no time."""
    try:
        begin = None if since is None else stamp(parse(since))
        end = stamp(parse(as_of) if as_of else datetime.now(UTC))
    except ValueError as exc:
        fail(f"expected ISO-8601 times such as 2026-11-01 or 2026-11-01T12:00:00Z: {exc}", WRONG_USAGE)
    return Span(begin, end, None if source is Source.all else source.value)


def judged_logs(home: Path, span: Span, settings: Settings, show: Progress) -> Logs:
    """Judge what can be judged, then read; a home without a store has empty logs.

    Raises:
        StoreError: the store cannot be read or written.
    """
    path = home / STORE
    if not path.is_file():
        return EMPTY
    migrate(path)
    judge(path, span.as_of, settings.outcomes, show)
    reader = Reader(path)
    try:
        return reader.read_now(lambda db: read_logs(db, span))
    finally:
        reader.close()


def resolution(
    since: Since = None,
    as_of: AsOf = None,
    source: Sources = Source.live,
    truth: TruthFile = None,
    report: Annotated[Path | None, typer.Option("--report", help="Write a page that needs no other file.")] = None,
    bot: Bot = None,
    as_json: Json = False,
) -> None:
    """Compare arms: resolution corrected by audits, cost, and differences that may be looked at any time."""
    span = span_of(since, as_of, source)
    try:
        settings = load(bot_dir(bot))
        with stages() as show:
            logs = judged_logs(home_dir(), span, settings, show)
        known = read_truth(truth, {row.conversation_id: row for row in logs.rows}) if truth else None
        found = compare_arms(logs, span, settings.comparison, settings.tariffs, known)
        if report is not None:
            report.parent.mkdir(parents=True, exist_ok=True)
            replace_text(report, render(found.document, found.contrasts))
    except (SettingsError, StoreError, TruthFileError, OSError) as exc:
        fail(str(exc))
    if as_json:
        print_json(found.document)
    else:
        _tell(found, report)


def _tell(found: Comparison, report: Path | None) -> None:
    document = found.document
    for table in tables(document):
        stdout.print(table)
    print(document["verdict"])
    for text in document["warnings"]:
        note(text)
    tariffs = document["tariffs"]
    note(
        f"Definition {document['definition']}; {document['n']} conversations of {document['customers']} customers,"
        f" {document['open']} open. Tariffs: {dollars(tariffs['cpu_hour_usd'])} a CPU hour,"
        f" {dollars(tariffs['operator_minute_usd'])} a minute of a person's work, training"
        f" {dollars(tariffs['training_usd'])}."
    )
    if report is not None:
        note(f"The page is {report}.")


def audit(
    n: Annotated[int, typer.Option("--n", min=1, help="Conversations to audit.")] = 150,
    truth: Annotated[
        Path | None, typer.Option("--truth", help="Answer them from a simulation's truth; without it, people do.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the drawing.")] = 0,
    since: Since = None,
    as_of: AsOf = None,
    source: Sources = Source.live,
    bot: Bot = None,
    as_json: Json = False,
) -> None:
    """Draw conversations for people to audit in the console; a simulation's truth answers them at once."""
    span = span_of(since, as_of, source)
    path = home_dir() / STORE
    try:
        settings = load(bot_dir(bot))
        with stages() as show:
            logs = judged_logs(home_dir(), span, settings, show)
        if not logs.rows:
            fail(f"nothing to audit: no conversation is judged yet, {logs.open} are open")
        known = read_truth(truth, {row.conversation_id: row for row in logs.rows}) if truth else None
        drawn, answered = audit_now(path, n, span, seed=seed, truth=known)
    except (SettingsError, StoreError, TruthFileError) as exc:
        fail(str(exc))
    document: dict[str, Any] = {"drawn": drawn, "answered": answered, "left": drawn - answered}
    if as_json:
        print_json(document)
    elif known is None:
        note(f"{drawn} conversations wait in the console under Audit.")
    else:
        note(f"{answered} of {drawn} audits were answered from the truth; the others have none.")


def validate_statistics(
    runs: Annotated[int, typer.Option("--runs", min=100, help="Simulated experiments for false alarms.")] = 10_000,
    resamplings: Annotated[int, typer.Option("--resamplings", min=50, help="Samples for each coverage.")] = 1000,
    only: Annotated[list[str] | None, typer.Option(help=f"Only this; repeatable: {', '.join(CHECKS)}.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the simulations.")] = 1,
    report: Annotated[Path | None, typer.Option("--report", help="Write the tables as Markdown.")] = None,
    as_json: Json = False,
) -> None:
    """Check by simulation that intervals cover, that looking is safe, and how soon differences are found."""
    if unknown := sorted(set(only or ()) - set(CHECKS)):
        fail(f"no check {unknown[0]!r}; known: {', '.join(CHECKS)}", WRONG_USAGE)
    with stages() as show:
        document = validate(only or list(CHECKS), runs=runs, resamplings=resamplings, seed=seed, show=show)
    text = as_markdown(document)
    if report is not None:
        try:
            report.write_text(text, encoding="utf-8")
        except OSError as exc:
            fail(f"cannot write {report}: {exc}")
    if as_json:
        print_json(document)
    else:
        print(text)
