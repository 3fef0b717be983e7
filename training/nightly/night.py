"""One night: snapshot → guards → split → train → gate → promote or keep → report. It may be interrupted anywhere.

The champion changes in one place, by one rename, after everything else has succeeded. `run_night` is the boundary:
whatever breaks inside ends as a report that says so.
"""

import errno
import hashlib
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from backends.bundle import bundles_dir, current, current_id, promote, retire
from backends.intent.classifier import Classifier
from bot.settings import NightlySection
from training.dataset import OOS, Dataset, Example
from training.harvest.finding import merge
from training.harvest.guards import guard
from training.harvest.labels import Provenance
from training.nightly import account, canary
from training.nightly import intake as intakes
from training.nightly.child import Progress, Train, train_in_child
from training.nightly.examination import (
    ENOUGH_FROM_LOGS,
    Examined,
    Task,
    Terms,
    examine,
    read_card,
    wrong_rows,
)
from training.nightly.gold import Extended, GoldRow, disputed, extend, in_scope, load_gold, seeds, write_gold
from training.nightly.intake import Embed, Guard, Intake
from training.nightly.ledger import (
    Ledger,
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
from training.nightly.report import Decision, Report, write_page, write_report
from training.nightly.sides import Lesson, gold_candidates, lesson
from training.nightly.snapshot import (
    Snapshot,
    read_gold_file,
    read_labelled,
    read_own,
    take,
    write_snapshot,
)
from training.nightly.witness import embed_with, forget
from training.settings import Recipe
from training.split import normalise

logger = logging.getLogger(__name__)

SHARED_CONFIDENCE = 0.975
"""Confidence of the certificate where the gate picks one of two models by rows that the certificate rests on too: with
2.5 % for each of them, at most 5 % for whichever is picked (union bound)."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything a night depends on."""

    home: Path
    bot: Path
    settings: NightlySection
    now: datetime | None = None
    """When the night begins, aware; the present when None."""
    recipe: Recipe | None = None
    embed: Embed | None = None
    """Turns texts into unit vectors for guards and discovery; the champion's own encoder when None."""
    train: Train = train_in_child
    guard: Guard = guard
    progress: Progress = lambda _stage, _done, _all: None
    dry_run: bool = False
    """Go through the night and promote nothing."""
    page: bool = True
    """Whether to write the HTML page beside the JSON report."""


class _Begun(NamedTuple):
    """A night that has read what it works with."""

    inputs: Inputs
    now: datetime
    champion: Path | None
    ledger: Ledger
    reports: list[dict[str, Any]]
    intake: Intake
    snapshot: Snapshot
    folder: Path
    notes: tuple[str, ...]


def run_night(inputs: Inputs) -> Report:
    """Go through one night.

    Returns:
        The report, which also lies in `nights/<time>-<hash>/` of the home folder. A night that broke has the decision
        `failed`; the champion is what it was.

    Raises:
        Busy: another night is on in this home folder.
    """
    started, now = time.monotonic(), (inputs.now or datetime.now(UTC)).astimezone(UTC)
    with night_lock(inputs.home):
        try:
            begun, report = _decide(_begin(inputs, now))
            return _finish(begun, replace(report, seconds=round(time.monotonic() - started, 1)))
        except Exception as exc:
            logger.exception("night_failed")
            return _fail(inputs, now, exc, time.monotonic() - started)


def _begin(inputs: Inputs, now: datetime) -> _Begun:
    interrupted = clear_interrupted(inputs.home)
    notes = [f"The night {name} was interrupted; what it left was removed." for name in interrupted]
    champion = current(inputs.home)
    ledger, reports = load_ledger(inputs.home), read_reports(inputs.home)
    inputs.progress("read", 0, 1)
    own, judges = read_own(inputs.bot), read_gold_file(inputs.bot)
    intake = intakes.take_in(inputs.home, inputs.settings, now, ledger)
    snapshot = take(now, intake.passed, own, judges)
    inputs.progress("read", 1, 1)
    folder = nights_dir(inputs.home) / snapshot.id
    return _Begun(inputs, now, champion, ledger, reports, intake, snapshot, folder, (*notes, *intake.notes))


def _decide(begun: _Begun) -> tuple[_Begun, Report]:
    last = last_finished(begun.reports)
    if last is not None and last.get("state") == _state(begun, begun.champion.name if begun.champion else None):
        return begun, _report(begun, Decision.NOTHING_TO_DO, f"Nothing is new since the night {last['night']}.")
    write_snapshot(begun.folder, begun.snapshot)
    begun = begun._replace(intake=_inspected(begun))
    if begun.intake.report.refuse:
        why = [finding.message for finding in begun.intake.report.findings]
        return begun, _report(begun, Decision.REFUSED, "The guards refuse tonight's labels.", *why)
    extended = _gold(begun)
    taught = lesson(begun.intake.passed, begun.snapshot.own, extended.gold, begun.inputs.settings.gold_share)
    begun = begun._replace(notes=(*begun.notes, *account.notes(taught)))
    sections = {"gold": account.of_gold(extended), "training": account.of_training(taught)}
    early = _too_little(begun, taught)
    if early is not None:
        return begun, replace(early, sections={**early.sections, **sections})
    return _challenge(begun, extended, taught, sections)


def _too_little(begun: _Begun, taught: Lesson) -> Report | None:
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


def _challenge(begun: _Begun, extended: Extended, taught: Lesson, sections: Mapping[str, Any]) -> tuple[_Begun, Report]:
    inputs = begun.inputs
    challenger = _train(begun, extended, taught.dataset)
    inputs.progress("gate", 0, 1)
    task = Task(inputs.home, begun.champion, challenger, extended.gold, taught.dataset)
    terms = _terms(begun, extended, taught)
    begun, examined = _with_canaries(begun, task, examine(task, terms), _added(begun, taught))
    found = {
        **sections,
        **account.of_gate(examined, taught.dataset, begun.snapshot),
        "wrong": wrong_rows(examined, _added(begun, taught), challenger),
        "gold": {**sections["gold"], **account.of_judges(examined, terms)},
    }
    inputs.progress("gate", 1, 1)
    if not examined.verdict.passed:
        report = _report(begun, Decision.REFUSED, *examined.verdict.reasons)
    elif inputs.dry_run:
        report = _report(begun, Decision.KEPT, "It would have been promoted: this was a dry run.")
    else:
        report = _report(begun, Decision.PROMOTED, *account.praise(examined))
    return begun, replace(report, challenger=challenger.name, sections={**report.sections, **found})


def _with_canaries(begun: _Begun, task: Task, examined: Examined, added: Sequence[Example]) -> tuple[_Begun, Examined]:
    """Ask about the canaries too; turns that turned too many of them are set aside."""
    if task.champion is None:
        return begun, examined
    unseen = frozenset(examined.card.get("data", {}).get("unseen", ()))
    canaries = canary.choose(begun.snapshot.own, unseen)
    sources = {row.source for row in added}
    turns = [row for row in begun.intake.passed if f"turn:{row.turn_id}" in sources]
    report = canary.look(canaries, Classifier.load(task.champion), Classifier.load(task.challenger), turns)
    verdict = examined.verdict
    verdict = replace(verdict, checks=(*verdict.checks, canary.check(report, len(canaries))))
    merged = merge((begun.intake.report, replace(report, refuse=False)))
    intake = intakes.stop(begun.intake, report.set_aside)._replace(report=merged)
    return begun._replace(intake=intake), replace(examined, verdict=verdict)


def _train(begun: _Begun, extended: Extended, dataset: Dataset) -> Path:
    """Train into the night's folder, so that a killed training leaves nothing elsewhere; then move the bundle."""
    draft = begun.folder / "challenger"
    begun.inputs.train(dataset, draft, _recipe(begun, extended), begun.inputs.progress)
    place = bundles_dir(begun.inputs.home) / str(read_card(draft)["id"])
    place.parent.mkdir(parents=True, exist_ok=True)
    draft.rename(place)
    return place


def _recipe(begun: _Begun, extended: Extended) -> Recipe | None:
    """The recipe, with a stricter certificate where the gate picks by the rows that it rests on."""
    told = [row for row in extended.gold.rows if row.origin != "nlu"]
    shares = len(told) < len(extended.gold.rows) and in_scope(told) < ENOUGH_FROM_LOGS
    if begun.champion is None or not shares or "certify_confidence" not in Recipe.model_fields:
        return begun.inputs.recipe
    recipe = begun.inputs.recipe or Recipe()
    return recipe.model_copy(update={"certify_confidence": SHARED_CONFIDENCE})


def _terms(begun: _Begun, extended: Extended, taught: Lesson) -> Terms:
    operators = [row for row in begun.intake.passed if row.provenance == Provenance.OPERATOR]
    earlier = {f"turn:{row.turn_id}" for row in operators if begun.ledger.night_of(row) is not None}
    settings = begun.inputs.settings
    return Terms(
        margin=settings.margin,
        keep_days=settings.keep_days,
        now=begun.now,
        disputed=disputed(extended.gold, [(row.text, row.intent, row.at) for row in operators]),
        corrections=tuple(row for row in taught.dataset.examples if row.source in earlier),
        wanted=begun.snapshot.intents() - {OOS},
    )


def _inspected(begun: _Begun) -> Intake:
    embed = begun.inputs.embed
    if embed is None and begun.champion is not None and begun.intake.new:
        classifier = Classifier.load(begun.champion)
        embed = lambda texts: embed_with(classifier, texts)  # noqa: E731 - a name for one of two functions
    return intakes.inspect(begun.intake, begun.snapshot.own, begun.ledger, embed, begun.inputs.guard)


def _gold(begun: _Begun) -> Extended:
    """Tonight's gold set: a new version if there are new rows. The bot's own rows fill it up while it is small."""
    snapshot, home = begun.snapshot, begun.inputs.home
    gold = load_gold(home)
    rows = [GoldRow(row.text, row.intent, "file", row.source) for row in snapshot.gold_file]
    rows += gold_candidates(begun.intake.passed, snapshot.own, begun.inputs.settings.gold_share)
    filled = extend(gold, rows)
    if begun.champion is not None and in_scope([r for r in filled.gold.rows if r.origin != "nlu"]) < ENOUGH_FROM_LOGS:
        unseen = frozenset(read_card(begun.champion).get("data", {}).get("unseen", ()))
        rows += seeds([(row.text, row.intent, row.source) for row in snapshot.own], unseen)
        filled = extend(gold, rows)
    if filled.added and not begun.inputs.dry_run:
        write_gold(home, filled.gold)
    return filled


# --- the end -----------------------------------------------------------------------------------------------------


def _finish(begun: _Begun, report: Report) -> Report:
    """Remove what nobody needs, note what the night took in, promote, and write the report last."""
    inputs, home = begun.inputs, begun.inputs.home
    serving = report.challenger if report.decision is Decision.PROMOTED else report.champion
    kept = frozenset(filter(None, [report.night, night_of(begun.reports, serving) if serving else None]))
    retired = {
        "bundles": list(retire(home, keep_days=inputs.settings.keep_days, now=begun.now)),
        "nights": retire_nights(home, keep_days=inputs.settings.keep_days, now=begun.now, kept=kept),
    }
    forget(home, [path.name for path in bundles_dir(home).glob("[!.]*")])
    state = None if report.sections["guards"]["refuse"] else _state(begun, serving)
    report = replace(report, sections={**report.sections, "retired": retired, "state": state})
    if inputs.page:
        write_page(begun.folder, report, begun.reports)
    if not inputs.dry_run and report.decision is not Decision.NOTHING_TO_DO:
        passed = () if begun.intake.report.refuse else begun.intake.passed
        write_ledger(home, begun.ledger.after(report.night, passed, begun.intake.stopped))
    if report.decision is Decision.PROMOTED and report.challenger is not None:
        promote(home, report.challenger, why=f"nightly {report.night}")
    write_report(begun.folder, report)
    return report


def _fail(inputs: Inputs, now: datetime, exc: Exception, seconds: float) -> Report:
    """Tell what broke; the folder of the broken night goes, which also makes room on a full disk."""
    champion = current_id(inputs.home)
    full = isinstance(exc, OSError) and exc.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    what = f"the disk is full ({exc}); make room and run the night again" if full else str(exc) or type(exc).__name__
    reason = f"The night failed: {what}. The bundle in service is {champion or 'none yet'}, as before."
    report = Report(
        f"{now:%Y%m%dT%H%M%SZ}-failed",
        now.isoformat(timespec="seconds"),
        Decision.FAILED,
        (reason,),
        champion,
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


def _report(begun: _Begun, decision: Decision, *reasons: str) -> Report:
    return Report(
        begun.snapshot.id,
        begun.now.isoformat(timespec="seconds"),
        decision,
        reasons,
        begun.champion.name if begun.champion else None,
        None,
        begun.notes,
        dry_run=begun.inputs.dry_run,
        sections=account.of_intake(begun.snapshot, begun.intake),
    )


def _state(begun: _Begun, serving: str | None) -> str:
    """Name everything a night's outcome depends on; equal states need no second night."""
    inputs, snapshot = begun.inputs, begun.snapshot
    after = take(begun.now, begun.intake.passed, snapshot.own, snapshot.gold_file)
    recipe = inputs.recipe.model_dump_json() if inputs.recipe else ""
    told = "\n".join([after.digest, inputs.settings.model_dump_json(), recipe, serving or ""])
    return hashlib.sha256(told.encode()).hexdigest()


def _learned(begun: _Begun) -> str | None:
    """Digest of the rows that the champion was trained on, from the report of its night or else its card."""
    if begun.champion is None:
        return None
    for report in reversed(begun.reports):
        if report.get("challenger") == begun.champion.name and "training" in report:
            return str(report["training"]["digest"])
    return str(read_card(begun.champion).get("data", {}).get("digest"))


def _added(begun: _Begun, taught: Lesson) -> list[Example]:
    """Rows from the logs that the champion did not learn, by the snapshot of its night."""
    night = night_of(begun.reports, begun.champion.name) if begun.champion else None
    before = read_labelled(nights_dir(begun.inputs.home) / night) if night else ()
    known = {(normalise(row.text), row.intent) for row in before}
    rows = [row for row in (*taught.dataset.examples, *taught.dataset.oos) if row.source.startswith("turn:")]
    return [row for row in rows if (normalise(row.text), row.intent) not in known]
