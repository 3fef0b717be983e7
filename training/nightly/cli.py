"""`switchboard nightly`: the logs of the day to tonight's classifier."""

import os
from collections.abc import Callable
from typing import Annotated, Any

import typer

from backends.rag.settings import RagSettings
from bot.cli.output import REFUSED, Bot, Json, fail, note, print_json, stages
from bot.errors import SettingsError
from bot.settings import Settings, bot_dir, home_dir, load
from training.harvest.teacher import Teacher
from training.nightly.inputs import Inputs
from training.nightly.ledger import nights_dir
from training.nightly.lock import Busy
from training.nightly.night import run_night
from training.nightly.report import PAGE, Decision, Report

nightly = typer.Typer(add_completion=False)
NICENESS = 10
"""How much the night steps back behind the server, as nice(1) counts."""


@nightly.command()
def run(
    bot: Bot = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything but promote.")] = False,
    as_json: Json = False,
) -> None:
    """Learn from the logs: labels, guards, training, gate; promote the new model or keep the one in service.

    It ends as one of these; the model in service changes in the first case only:

    promoted: the new model serves. kept: nothing said no, but there was no new row to train on, or this was a dry
    run. nothing_to_do: no label, row or setting has changed since the last night. refused (exit status 3): a guard or
    the gate said no; the report names the reasons and the rows. Exit status 1: something broke.

    The report lies in nights/ of the home folder, as report.json and as a page, report.html.
    """
    os.setpriority(os.PRIO_PROCESS, 0, max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
    try:
        folder = bot_dir(bot)
        settings = load(folder)
        teacher = _teacher(settings) if settings.nightly.teacher else None
        with stages() as show:
            report = run_night(
                Inputs(home_dir(), folder, settings.nightly, teacher=teacher, progress=show, dry_run=dry_run)
            )
    except (SettingsError, Busy, OSError) as exc:
        fail(str(exc))
    if report.decision is Decision.FAILED:
        fail(report.reasons[0])
    if as_json:
        print_json({**report.document(), "report": str(_page(report))})
    else:
        _tell(report)
    if report.decision is Decision.REFUSED:
        raise typer.Exit(REFUSED)


def _teacher(settings: Settings) -> Callable[[], Teacher]:
    """The endpoint of `[backends.rag]`, checked before the night begins."""
    try:
        rag = RagSettings.model_validate(settings.backends.get("rag", {}))
        Teacher(rag)
    except ValueError as exc:
        raise SettingsError(f"[nightly] teacher: {exc}") from exc
    return lambda: Teacher(rag)


def _page(report: Report) -> Any:
    return nights_dir(home_dir()) / report.night / PAGE


def _tell(report: Report) -> None:
    for line in (*report.reasons, *report.notes):
        note(line)
    note(f"{report.decision.value.replace('_', ' ')} · report: {_page(report)}")
    print(report.decision.value)
