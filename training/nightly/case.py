"""What the gate judges by: what bundles said to the gold rows, what else is known, and the words for its verdict."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from training.dataset import OOS
from training.nightly.paired import Bools, Floats, Pairs


@dataclass(frozen=True, slots=True)
class Answers:
    """What one bundle says to the gold rows."""

    bundle: str
    intents: frozenset[str]
    """All it knows."""
    top: tuple[str, ...]
    """Its first intent for each row, thresholds ignored."""
    confidence: Floats
    """(n,), calibrated probability of that intent."""
    strangeness: Floats
    """(n,), out-of-scope score."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What else is known of the challenger; None where it could not be measured."""

    agreement: float | None = None
    """Share of texts on which the served model agrees with the trained one."""
    slower: float | None = None
    """Its p95 latency divided by the champion's, measured in turn."""
    larger: float | None = None
    """Bytes of its model divided by the champion's."""
    accuracy: float | None = None
    """On its own held-out rows, as its card has it."""
    majority: float | None = None
    """Share of the most frequent intent among the training rows."""
    corrections: int = 0
    """Operators' labels of earlier nights that the challenger was taught: each is a test. Those of the gold side, which
    nobody is taught, judge as gold rows."""
    forgotten: int = 0
    """Those of them that the champion has right and the challenger wrong."""
    dropped: tuple[str, ...] = ()
    """Intents the champion knows and the challenger does not, although there are rows of them."""


class Check(NamedTuple):
    """One question of the gate."""

    name: str
    passed: bool
    told: str
    """What was seen, in a sentence."""
    figures: Mapping[str, Any]
    is_skipped: bool = False
    """Whether there was too little to judge by; it passes then."""


class IntentCheck(NamedTuple):
    """One intent under both models."""

    intent: str
    n: int
    old: float
    """Accuracy of the champion on its rows."""
    new: float
    p: float
    """Exact one-sided p-value of harm."""
    is_harmed: bool


class Overall(NamedTuple):
    """The paired comparison over all shared intents."""

    against: str
    n: int
    old: float
    new: float
    low: float
    """Ends of the 90 % interval of the difference."""
    high: float
    p: float
    power: float
    """For an equally good model."""
    pairs: Pairs


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says."""

    checks: tuple[Check, ...]
    overall: tuple[Overall, ...] = ()
    """Against the champion, then against the best bundle of late."""
    by_intent: tuple[IntentCheck, ...] = ()
    wrong: tuple[int, ...] = field(default=())
    """Places of the rows that the champion has right and the challenger wrong."""

    @property
    def passed(self) -> bool:
        """Whether no check said no."""
        return all(check.passed for check in self.checks)

    @property
    def reasons(self) -> tuple[str, ...]:
        """What was seen by the checks that said no."""
        return tuple(check.told for check in self.checks if not check.passed)


@dataclass(frozen=True, slots=True)
class Case:
    """Everything the gate is told."""

    truth: tuple[str, ...]
    """The right intent of each gold row; may be `oos`."""
    challenger: Answers
    champion: Answers | None
    best: Answers | None
    """The best bundle of late on these rows, if that is not the champion."""
    facts: Facts
    margin: float
    """Accuracy a challenger may lose, 0..1."""


def shared_rows(truth: Sequence[str], old: Answers, new: Answers) -> Bools:
    """(n,): rows whose intent both models know. New intents and those out of scope are judged elsewhere."""
    shared = (old.intents & new.intents) - {OOS}
    return np.array([intent in shared for intent in truth], dtype=bool)


def is_right(truth: Sequence[str], answers: Answers) -> Bools:
    """(n,): whether the first intent is the right one."""
    return np.array([said == meant for said, meant in zip(answers.top, truth, strict=True)], dtype=bool)


def newly_wrong(case: Case, old: Answers) -> tuple[int, ...]:
    """Places of the rows of shared intents that were right and are wrong now."""
    rows = shared_rows(case.truth, old, case.challenger)
    lost = rows & is_right(case.truth, old) & ~is_right(case.truth, case.challenger)
    return tuple(int(place) for place in np.flatnonzero(lost))


def accuracy_on(truth: Sequence[str], answers: Answers, known: Iterable[str]) -> float:
    """Share of the rows of these intents it has right; 0 without a row."""
    wanted = frozenset(known)
    rows = np.array([intent in wanted for intent in truth], dtype=bool)
    return float(is_right(truth, answers)[rows].mean()) if rows.any() else 0.0
