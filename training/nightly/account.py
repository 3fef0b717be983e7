"""Puts what happened in a night into plain values for its report. Decides nothing, writes nothing."""

from collections import Counter
from typing import Any

from training.dataset import Dataset
from training.nightly.examination import Examined, Terms, new_intents, reliability
from training.nightly.gold import Extended, in_scope
from training.nightly.intake import Intake, told
from training.nightly.sides import Lesson
from training.nightly.snapshot import Snapshot


def of_intake(snapshot: Snapshot, intake: Intake) -> dict[str, Any]:
    """What came in, and what the guards say of it."""
    counts = Counter(row.provenance.value for row in intake.passed)
    left_out = Counter(row.reason for row in intake.harvest.left_out)
    return {
        "snapshot": {
            "digest": snapshot.digest,
            "turns": len(intake.turns),
            "labelled": len(intake.passed),
            "new": len(intake.new),
            "own": len(snapshot.own),
            "gold_file": len(snapshot.gold_file),
            "by_provenance": dict(counts.most_common()),
            "left_out": dict(left_out.most_common()),
            "disputes": [row._asdict() for row in intake.harvest.disputes],
        },
        "guards": told(intake),
    }


def of_gold(extended: Extended) -> dict[str, Any]:
    """The gold set, and what tonight added to it."""
    gold = extended.gold
    return {
        "version": gold.version,
        "digest": gold.digest,
        "rows": len(gold.rows),
        "in_scope": in_scope(gold.rows),
        "added": len(extended.added),
        "by_origin": dict(Counter(row.origin for row in gold.rows).most_common()),
    }


def of_judges(examined: Examined, terms: Terms) -> dict[str, Any]:
    """Which gold rows judged."""
    return {
        "judging": len(examined.rows),
        "shared_with_certificate": examined.shared_with_certificate,
        "disputed": sorted(terms.disputed),
    }


def of_training(lesson: Lesson) -> dict[str, Any]:
    """What was to be learned."""
    dataset = lesson.dataset
    rows = (*dataset.examples, *dataset.oos)
    return {
        "digest": dataset.digest(),
        "rows": len(dataset.examples),
        "oos": len(dataset.oos),
        "intents": len(dataset.intents),
        "from_logs": sum(row.source.startswith("turn:") for row in rows),
        "held_for_gold": lesson.held_for_gold,
        "outvoted": [row._asdict() for row in lesson.outvoted],
        "too_few": lesson.too_few,
    }


def of_gate(examined: Examined, dataset: Dataset, snapshot: Snapshot) -> dict[str, Any]:
    """What the gate saw."""
    verdict, champion = examined.verdict, examined.case.champion
    gone = champion.intents - examined.case.challenger.intents - snapshot.intents() if champion else frozenset()
    return {
        "checks": [check._asdict() for check in verdict.checks],
        "overall": [{**each._asdict(), "pairs": each.pairs._asdict()} for each in verdict.overall],
        "intents": [row._asdict() for row in verdict.by_intent],
        "new_intents": new_intents(examined, dataset),
        "retired_intents": sorted(gone),
        "reliability": reliability(examined),
        "certificates": list(examined.card.get("certificates", ())),
        "challenger_metrics": examined.card.get("metrics", {}),
    }


def notes(lesson: Lesson) -> list[str]:
    """What a person should know of the training rows."""
    found = []
    if lesson.too_few:
        named = ", ".join(f"{intent} ({count})" for intent, count in lesson.too_few.items())
        found.append(f"New intents with too few texts to learn yet: {named}.")
    if lesson.outvoted:
        found.append(
            f"{len(lesson.outvoted)} rows are not learned: somebody more trusted labels the same text otherwise."
        )
    return found


def praise(examined: Examined) -> list[str]:
    """Why a challenger is promoted."""
    if not examined.verdict.overall:
        return ["It passes every check; there was no champion to compare it with, or no gold row to do so."]
    return [
        "It passes every check.",
        *(check.told for check in examined.verdict.checks[: len(examined.verdict.overall)]),
    ]
