"""Finds what is wrong with training data before it costs a training. Pure functions of values."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from training.dataset import OOS, Dataset, Example
from training.split import normalise

Kind = Literal["contradiction", "leakage", "too_few_intents", "small_intent", "duplicate"]
SERIOUS: frozenset[Kind] = frozenset({"contradiction", "leakage", "too_few_intents", "small_intent"})
"""Problems that make a training fail or its figures wrong. Duplicates are dropped by training itself."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to mend."""

    kind: Kind
    message: str

    @property
    def is_serious(self) -> bool:
        """Whether it should stop a training."""
        return self.kind in SERIOUS


def validate(dataset: Dataset, test: Sequence[Example] = (), *, least: int = 2) -> tuple[Problem, ...]:
    """List the problems of a data set, the serious kinds first.

    Args:
        dataset: what would be trained on.
        test: rows of a test set; none may be in the training data.
        least: examples an intent should have.
    """
    rows = (*dataset.examples, *dataset.oos)
    return (
        *_too_few(dataset),
        *_contradictions(rows),
        *_leaks(rows, test),
        *_small(dataset, least),
        *_duplicates(rows),
    )


def _too_few(dataset: Dataset) -> Iterator[Problem]:
    if len(dataset.intents) < 2:
        yield Problem("too_few_intents", f"expected at least two intents, got {len(dataset.intents)}")


def _contradictions(rows: Sequence[Example]) -> Iterator[Problem]:
    for text, group in _by_text(rows).items():
        intents = sorted({row.intent for row in group})
        if len(intents) > 1:
            places = ", ".join(f"{row.intent} in {row.source}" for row in group)
            yield Problem("contradiction", f"{text[:80]!r} has {len(intents)} labels: {places}; keep one")


def _leaks(rows: Sequence[Example], test: Sequence[Example]) -> Iterator[Problem]:
    known = _by_text(rows)
    for row in test:
        if normalise(row.text) in known:
            yield Problem(
                "leakage", f"{row.text[:80]!r} of the test set ({row.source}) is training data; take it out of one"
            )


def _small(dataset: Dataset, least: int) -> Iterator[Problem]:
    for intent, count in sorted(dataset.counts().items()):
        if count < least and intent != OOS:
            yield Problem("small_intent", f"{intent} has {count} examples, expected at least {least}; add some")


def _duplicates(rows: Sequence[Example]) -> Iterator[Problem]:
    for text, group in _by_text(rows).items():
        if len(group) > 1 and len({row.intent for row in group}) == 1:
            yield Problem("duplicate", f"{text[:80]!r} is there {len(group)} times as {group[0].intent}")


def _by_text(rows: Sequence[Example]) -> dict[str, list[Example]]:
    groups: dict[str, list[Example]] = defaultdict(list)
    for row in rows:
        groups[normalise(row.text)].append(row)
    return groups
