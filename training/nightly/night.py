"""One night: snapshot → guards → split → train → gate → promote or keep → report. It may be interrupted anywhere.

The champion changes in one place, by one rename, after everything else has succeeded. `run_night` is the boundary:
whatever breaks inside ends as a report that says so.
"""

import errno
import hashlib
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from backends.bundle import bundles_dir, current, current_id, promote, retire
from training.nightly import account, intake
from training.nightly.challenge import Challenge, challenge, gold_of
from training.nightly.examination import read_card
from training.nightly.inputs import Begun, Inputs, embed_for
from training.nightly.ledger import (
    clear_interrupted,
    last_finished,
    load_ledger,
    night_of,
    nights_dir,
    read_reports,
    retire_nights,
    write_ledger,
)
from training.nightly.lock import night_lock
from training.nightly.missing import propose
from training.nightly.report import Decision, Report, write_page, write_report
from training.nightly.sides import Lesson, lesson
from training.nightly.snapshot import read_gold_file, read_own, take, write_snapshot
from training.nightly.teaching import ask_teacher
from training.nightly.witness import forget

__all__ = ["Inputs", "run_night"]

logger = logging.getLogger(__name__)


def run_night(inputs: Inputs) -> Report:
    """Go through one night.

    Returns:
        The report, which also lies in `nights/<time>-<hash>/` of the home folder. A night that broke has the decision
        `failed`; the champion is what it was.

    Raises:
        Busy: another night is on in this home folder.
        OSError: the home folder cannot be written.
    """
    started, now = time.monotonic(), (inputs.now or datetime.now(UTC)).astimezone(UTC)
    with night_lock(inputs.home):
        try:
            begun, report = _decide(_begin(inputs, now))
            return _finish(begun, replace(report, seconds=round(time.monotonic() - started, 1)))
        except Exception as exc:
            logger.exception("night_failed")
            return _fail(inputs, now, exc, time.monotonic() - started)


def _begin(inputs: Inputs, now: datetime) -> Begun:
    interrupted = clear_interrupted(inputs.home)
    notes = [f"The night {name} was interrupted; what it left was removed." for name in interrupted]
    champion = current(inputs.home)
    embed = embed_for(inputs, champion)
    ledger, reports = load_ledger(inputs.home), read_reports(inputs.home)
    inputs.progress("read", 0, 1)
    own, judges = read_own(inputs.bot), read_gold_file(inputs.bot)
    turns = intake.read_turns(inputs.home, now)
    if inputs.teacher is not None and embed is not None:
        ledger = replace(ledger, taught=ask_teacher(turns, own, ledger.taught, embed, inputs.teacher))
    taken = intake.take_in(turns, inputs.settings, ledger)
    if not intake.has_store(inputs.home):
        notes.append(f"No store in {inputs.home}: nobody has talked to the bot yet.")
    snapshot = take(now, taken.passed, own, judges)
    inputs.progress("read", 1, 1)
    return Begun(inputs, now, champion, ledger, reports, taken, snapshot, embed, tuple(notes))


def _decide(begun: Begun) -> tuple[Begun, Report]:
    last = last_finished(begun.reports)
    if last is not None and last.get("state") == _state(begun, begun.champion.name if begun.champion else None):
        return begun, _report(begun, Decision.NOTHING_TO_DO, f"Nothing is new since the night {last['night']}.")
    write_snapshot(begun.folder, begun.snapshot)
    inputs, own = begun.inputs, begun.snapshot.own
    inputs.progress("guards", 0, 1)
    begun = begun._replace(intake=intake.inspect(begun.intake, own, begun.ledger, begun.embed, inputs.guard))
    inputs.progress("guards", 1, 1)
    if begun.intake.report.refuse:
        why = [finding.message for finding in begun.intake.report.findings]
        return begun, _report(begun, Decision.REFUSED, "The guards refuse tonight's labels.", *why)
    extended = gold_of(begun)
    taught = lesson(begun.intake.passed, own, extended.gold, inputs.settings.gold_share)
    begun = begun._replace(notes=(*begun.notes, *account.notes(taught)))
    sections = {"gold": account.of_gold(extended), "training": account.of_training(taught)}
    early = _too_little(begun, taught)
    if early is not None:
        return begun, replace(early, sections={**early.sections, **sections})
    met = challenge(begun, extended, taught)
    report = _judged(met)
    return met.begun, replace(report, sections={**report.sections, **sections, **met.sections})


def _judged(met: Challenge) -> Report:
    verdict = met.examined.verdict
    if not verdict.passed:
        report = _report(met.begun, Decision.REFUSED, *verdict.reasons)
    elif met.begun.inputs.dry_run:
        report = _report(met.begun, Decision.KEPT, "It would have been promoted: this was a dry run.")
    else:
        report = _report(met.begun, Decision.PROMOTED, *account.praise(met.examined))
    return replace(report, challenger=met.challenger.name)


def _too_little(begun: Begun, taught: Lesson) -> Report | None:
    """Whether there is no reason to train: too few intents, or the very rows that the champion learned."""
    intents = taught.dataset.intents
    if len(intents) < 2:
        named = f"only {intents[0]}" if intents else "none"
        nothing = not begun.snapshot.own and not begun.intake.passed
        reason = f"A classifier needs at least two intents with examples, there is {named}: add some to the bot's nlu/."
        return _report(begun, Decision.NOTHING_TO_DO if nothing and begun.champion else Decision.REFUSED, reason)
    if begun.champion is None or _learned(begun) != taught.dataset.digest():
        return None
    if not begun.intake.passed:
        return _report(begun, Decision.NOTHING_TO_DO, "The logs hold no labels, and the bot's own rows are unchanged.")
    return _report(begun, Decision.KEPT, "The champion has learned these very rows: tonight's labels only judge.")


def _learned(begun: Begun) -> str | None:
    """Digest of the rows that the champion was trained on, from the report of its night or else its card."""
    if begun.champion is None:
        return None
    for report in reversed(begun.reports):
        if report.get("challenger") == begun.champion.name and "training" in report:
            return str(report["training"]["digest"])
    return str(read_card(begun.champion).get("data", {}).get("digest"))


def _state(begun: Begun, serving: str | None) -> str:
    """Name everything a night's outcome depends on; equal states need no second night."""
    inputs, snapshot = begun.inputs, begun.snapshot
    after = take(begun.now, begun.intake.passed, snapshot.own, snapshot.gold_file)
    recipe = inputs.recipe.model_dump_json() if inputs.recipe else ""
    told = "\n".join([after.digest, inputs.settings.model_dump_json(), recipe, serving or ""])
    return hashlib.sha256(told.encode()).hexdigest()


# --- the end -----------------------------------------------------------------------------------------------------


def _finish(begun: Begun, report: Report) -> Report:
    """Remove what nobody needs, note what the night took in, promote, and write the report last."""
    inputs, home = begun.inputs, begun.inputs.home
    serving = report.challenger if report.decision is Decision.PROMOTED else report.champion
    kept = frozenset(filter(None, [report.night, night_of(begun.reports, serving) if serving else None]))
    retired = {
        "bundles": list(retire(home, keep_days=inputs.settings.keep_days, now=begun.now)),
        "nights": retire_nights(home, keep_days=inputs.settings.keep_days, now=begun.now, kept=kept),
    }
    forget(home, [path.name for path in bundles_dir(home).glob("[!.]*")])
    more = {
        "retired": retired,
        "state": None if begun.intake.report.refuse else _state(begun, serving),
        "discovery": [] if report.decision is Decision.NOTHING_TO_DO else _missing(begun),
    }
    report = replace(report, sections={**report.sections, **more})
    if inputs.page:
        write_page(begun.folder, report, begun.reports)
    if not inputs.dry_run and report.decision is not Decision.NOTHING_TO_DO:
        passed = () if begun.intake.report.refuse else begun.intake.passed
        write_ledger(home, begun.ledger.after(report.night, passed, begun.intake.stopped))
    if report.decision is Decision.PROMOTED and report.challenger is not None:
        promote(home, report.challenger, why=f"nightly {report.night}")
    write_report(begun.folder, report)
    return report


def _missing(begun: Begun) -> list[dict[str, Any]]:
    if begun.embed is None:
        return []
    days = begun.inputs.settings.keep_days
    return propose(begun.intake.turns, begun.snapshot.own, begun.embed, now=begun.now, days=days)


def _fail(inputs: Inputs, now: datetime, exc: Exception, seconds: float) -> Report:
    """Tell what broke; the folder of the broken night goes, which also makes room on a full disk."""
    serving = current_id(inputs.home)
    is_full = isinstance(exc, OSError) and exc.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    what = f"the disk is full ({exc}); make room and run it again" if is_full else str(exc) or type(exc).__name__
    report = Report(
        f"{now:%Y%m%dT%H%M%SZ}-failed",
        now.isoformat(timespec="seconds"),
        Decision.FAILED,
        (f"The night failed: {what}. In service: {serving or 'no bundle yet'}.",),
        serving,
        None,
        seconds=round(seconds, 1),
        dry_run=inputs.dry_run,
    )
    try:
        clear_interrupted(inputs.home)
        write_report(nights_dir(inputs.home) / report.night, report)
    except OSError:
        logger.exception("night_not_reported")
    return report


def _report(begun: Begun, decision: Decision, *reasons: str) -> Report:
    return Report(
        begun.snapshot.id,
        begun.now.isoformat(timespec="seconds"),
        decision,
        reasons,
        begun.champion.name if begun.champion else None,
        None,
        (*begun.notes, *begun.intake.notes),
        dry_run=begun.inputs.dry_run,
        sections=account.of_intake(begun.snapshot, begun.intake),
    )
