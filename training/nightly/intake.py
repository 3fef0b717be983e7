"""What tonight's logs bring: labelled turns, watched by the guards. Reads the store, writes nothing."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from bot.house import STORE
from bot.settings import NightlySection
from training.dataset import Example
from training.harvest.finding import GuardReport, Known, Night
from training.harvest.guards import Past
from training.harvest.labels import Harvest, LabelledTurn, Provenance, harvest
from training.harvest.logged import LoggedTurn, read_logged
from training.nightly.ledger import Ledger
from training.nightly.paired import Floats

Embed = Callable[[Sequence[str]], Floats]
"""Texts → (n, dim), rows of length 1."""


class Guard(Protocol):
    """Looks at a night's labels before anything learns from them; `harvest.guards.guard` is one."""

    def __call__(self, night: Night, past: Past, known: Known, *, vouched: frozenset[str]) -> GuardReport:
        """Say what is to be set aside, and whether the night must be refused."""


class Intake(NamedTuple):
    """What the logs brought."""

    turns: tuple[LoggedTurn, ...]
    harvest: Harvest
    passed: tuple[LabelledTurn, ...]
    """Labels to learn from and to judge by, those of earlier nights included."""
    new: tuple[LabelledTurn, ...]
    """Those of them that no earlier night took in."""
    stopped: tuple[LabelledTurn, ...]
    """Labels that a person should look at first."""
    report: GuardReport
    notes: tuple[str, ...]


def has_store(home: Path) -> bool:
    """Whether anybody can have talked to the bot."""
    return (home / STORE).is_file()


def read_turns(home: Path, now: datetime) -> tuple[LoggedTurn, ...]:
    """Read the turns of live conversations asked before now; none without a store.

    Raises:
        StoreError: the store cannot be read.
    """
    if not has_store(home):
        return ()
    until = now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return read_logged(home / STORE, until=until)


def take_in(turns: Sequence[LoggedTurn], settings: NightlySection, ledger: Ledger) -> Intake:
    """Label turns; those set aside by earlier nights stay aside until a person labels them.

    Args:
        turns: as `read_turns` gives them.
        settings: of the night.
        ledger: what earlier nights accepted and set aside, and what the teacher said.
    """
    taught = {turn_id: intent for turn_id, intent in ledger.taught.items() if intent} if settings.teacher else {}
    found = harvest(turns, cap=settings.customer_cap, taught=taught)
    vouched = vouched_for(turns)
    stopped = tuple(row for row in found.labelled if ledger.is_set_aside(row) and row.turn_id not in vouched)
    barred = {row.turn_id for row in stopped}
    passed = tuple(row for row in found.labelled if row.turn_id not in barred)
    new = tuple(row for row in passed if ledger.night_of(row) is None)
    notes = (f"{len(stopped)} turns are still set aside until a person labels them.",) if stopped else ()
    return Intake(tuple(turns), found, passed, new, stopped, GuardReport(), notes)


def vouched_for(turns: Sequence[LoggedTurn]) -> frozenset[str]:
    """Turns that two operators labelled alike: nobody needs to look at them again."""
    found = set()
    for turn in turns:
        by_intent = defaultdict(set)
        for label in turn.labels:
            if label.provenance == Provenance.OPERATOR:
                by_intent[label.intent].add(label.by)
        if any(len(people) > 1 for people in by_intent.values()):
            found.add(turn.turn_id)
    return frozenset(found)


def inspect(intake: Intake, own: Sequence[Example], ledger: Ledger, embed: Embed | None, guard: Guard) -> Intake:
    """Let the guards look at the new labels; what they set aside is taken out.

    Args:
        intake: the logs' labels.
        own: rows of the bot's NLU files.
        ledger: what earlier nights accepted.
        embed: turns texts into vectors. Without one (there is no model yet) new labels wait for the next night.
        guard: what looks.
    """
    if not intake.new:
        return intake
    new = {row.turn_id for row in intake.new}
    if embed is None:
        passed = tuple(row for row in intake.passed if row.turn_id not in new)
        note = f"{len(new)} new labels wait for the next night: the guards need a model to look at them."
        return intake._replace(passed=passed, new=(), notes=(*intake.notes, note))
    earlier = [row for row in intake.passed if row.turn_id not in new]
    trusted = [*((row.text, row.intent) for row in own), *((row.text, row.intent) for row in earlier)]
    vectors = np.asarray(embed([*(row.text for row in intake.new), *(text for text, _ in trusted)]), dtype=np.float32)
    known = Known(tuple(text for text, _ in trusted), tuple(intent for _, intent in trusted), vectors[len(new) :])
    report = guard(
        Night(intake.new, vectors[: len(new)]), _past(earlier, ledger), known, vouched=vouched_for(intake.turns)
    )
    named = {turn_id for finding in report.findings for turn_id in finding.turn_ids} if report.refuse else set()
    return stop(intake._replace(report=report), report.set_aside | named)


def stop(intake: Intake, turn_ids: Collection[str]) -> Intake:
    """Set turns aside."""
    return intake._replace(
        passed=tuple(row for row in intake.passed if row.turn_id not in turn_ids),
        new=tuple(row for row in intake.new if row.turn_id not in turn_ids),
        stopped=(*intake.stopped, *(row for row in intake.passed if row.turn_id in turn_ids)),
    )


def _past(earlier: Sequence[LabelledTurn], ledger: Ledger) -> Past:
    """Accepted labels by the night that took them in, oldest night first."""
    nights: dict[str, list[LabelledTurn]] = defaultdict(list)
    for row in earlier:
        nights[ledger.night_of(row) or ""].append(row)
    return Past(tuple(tuple(nights[name]) for name in sorted(nights)))


def told(intake: Intake, most: int = 20) -> dict[str, Any]:
    """Describe what the guards found, with the rows."""
    by_id = {row.turn_id: row for row in (*intake.stopped, *intake.passed)}
    return {
        "refuse": intake.report.refuse,
        "set_aside": [row.turn_id for row in intake.stopped],
        "findings": [
            {
                "kind": finding.kind,
                "intent": finding.intent,
                "message": finding.message,
                "turn_ids": list(finding.turn_ids),
                "rows": [
                    {"turn_id": turn_id, "text": by_id[turn_id].text, "intent": by_id[turn_id].intent}
                    for turn_id in finding.turn_ids[:most]
                    if turn_id in by_id
                ],
            }
            for finding in intake.report.findings
        ],
    }
