"""The challenger of a night: trained, examined, and described for the report. Promotes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from backends.bundle import bundles_dir
from backends.intent.classifier import Classifier
from training.dataset import OOS, Dataset, Example
from training.harvest.finding import merge
from training.harvest.labels import Provenance
from training.nightly import account, canary, intake
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
from training.nightly.inputs import Begun
from training.nightly.sides import Lesson, gold_candidates
from training.settings import Recipe

SHARED_CONFIDENCE = 0.975
"""Confidence of the certificate where the gate picks one of two models by rows that the certificate rests on too: with
2.5 % for each of them, at most 5 % for whichever is picked (union bound)."""


class Challenge(NamedTuple):
    """A challenger and what the gate says of it."""

    begun: Begun
    """The night, with turns set aside that turned canaries."""
    challenger: Path
    examined: Examined
    sections: Mapping[str, Any]
    """For the report."""


def gold_of(begun: Begun) -> Extended:
    """Tonight's gold set: a new version if there are new rows. The bot's own rows fill it up while it is small."""
    snapshot, home = begun.snapshot, begun.inputs.home
    gold = load_gold(home)
    rows = [GoldRow(row.text, row.intent, "file", row.source) for row in snapshot.gold_file]
    rows += gold_candidates(begun.intake.passed, snapshot.own, begun.inputs.settings.gold_share)
    filled = extend(gold, rows)
    if begun.champion is not None and _from_logs(filled) < ENOUGH_FROM_LOGS:
        unseen = frozenset(read_card(begun.champion).get("data", {}).get("unseen", ()))
        rows += seeds([(row.text, row.intent, row.source) for row in snapshot.own], unseen)
        filled = extend(gold, rows)
    if filled.added and not begun.inputs.dry_run:
        write_gold(home, filled.gold)
    return filled


def challenge(begun: Begun, extended: Extended, taught: Lesson) -> Challenge:
    """Train a challenger and put it before the gate.

    Raises:
        DataError: the rows cannot train a classifier.
        TrainingFailed: no bundle came out.
        BackendError: a bundle is damaged.
        OSError: something could not be written.
    """
    progress = begun.inputs.progress
    challenger = _train(begun, extended, taught.dataset)
    progress("gate", 0, 1)
    task = Task(begun.inputs.home, begun.champion, challenger, extended.gold, taught.dataset)
    terms = _terms(begun, extended, taught)
    added = begun.added(taught)
    begun, examined = _with_canaries(begun, task, examine(task, terms), added)
    sections = {
        **account.of_gate(examined, taught.dataset, begun.snapshot),
        "wrong": wrong_rows(examined, added, challenger),
        "gold": {**account.of_gold(extended), **account.of_judges(examined, terms)},
    }
    progress("gate", 1, 1)
    return Challenge(begun, challenger, examined, sections)


def _with_canaries(begun: Begun, task: Task, examined: Examined, added: Sequence[Example]) -> tuple[Begun, Examined]:
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
    stopped = intake.stop(begun.intake, report.set_aside)._replace(report=merged)
    return begun._replace(intake=stopped), replace(examined, verdict=verdict)


def _train(begun: Begun, extended: Extended, dataset: Dataset) -> Path:
    """Train into the night's folder, so that a killed training leaves nothing elsewhere; then move the bundle."""
    draft = begun.folder / "challenger"
    begun.inputs.train(dataset, draft, _recipe(begun, extended), begun.inputs.progress)
    place = bundles_dir(begun.inputs.home) / str(read_card(draft)["id"])
    place.parent.mkdir(parents=True, exist_ok=True)
    draft.rename(place)
    return place


def _recipe(begun: Begun, extended: Extended) -> Recipe | None:
    """The recipe, with a stricter certificate where the gate picks by the rows that it rests on."""
    is_shared = any(row.origin == "nlu" for row in extended.gold.rows) and _from_logs(extended) < ENOUGH_FROM_LOGS
    if begun.champion is None or not is_shared:
        return begun.inputs.recipe
    return (begun.inputs.recipe or Recipe()).model_copy(update={"certify_confidence": SHARED_CONFIDENCE})


def _from_logs(extended: Extended) -> int:
    return in_scope([row for row in extended.gold.rows if row.origin != "nlu"])


def _terms(begun: Begun, extended: Extended, taught: Lesson) -> Terms:
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
