"""Finds what is wrong with training data before it costs a training. Pure functions of values.

What only the meaning of texts shows is found by `likeness`.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from training.dataset import OOS, Dataset, Example
from training.split import normalise

Kind = Literal[
    "too_few_intents",
    "contradiction",
    "leakage",
    "small_intent",
    "near_contradiction",
    "near_leakage",
    "suspect_label",
    "overlap",
    "duplicate",
    "near_duplicate",
]
SERIOUS: frozenset[Kind] = frozenset({"contradiction", "leakage", "too_few_intents", "small_intent"})
"""Problems that make a training fail or its figures wrong. The others are for a person to judge."""
WORDS = re.compile(r"[^\W_]+")
EMPTY_WORDS = frozenset({"a", "an", "the", "please", "pls", "kindly", "hi", "hey", "hello"})
"""Words that change no meaning; a text of nothing else keeps them."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that has to do with a problem."""

    text: str
    intent: str
    source: str
    """File, with the line where that is known; or folder and split, with the number of the row."""
    is_test: bool = False
    suggested: str | None = None
    """The intent it looks like, where that is another."""
    confidence: float | None = None
    """Probability of the intent it has, 0..1, where it was judged."""

    @classmethod
    def of(cls, example: Example, *, is_test: bool = False) -> "Row":
        """Name an example."""
        return cls(example.text, example.intent, example.source, is_test)

    def __str__(self) -> str:
        """`orders.yml:12 'where is it' (order_status)`."""
        return f"{self.source or 'row'} {self.text[:80]!r} ({self.intent})"

    def to_json(self) -> dict[str, Any]:
        """Give the row as reports have it, with `file` and `line` apart; `line` is None where it is not known."""
        file, _, line = self.source.rpartition(":")
        known = bool(file) and line.isdigit()
        return {
            "file": file if known else self.source,
            "line": int(line) if known else None,
            "text": self.text,
            "intent": self.intent,
            "set": "test" if self.is_test else "train",
            "suggested": self.suggested,
            "confidence": None if self.confidence is None else round(self.confidence, 4),
        }


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to mend or to look at."""

    kind: Kind
    message: str
    rows: tuple[Row, ...] = ()

    @property
    def is_serious(self) -> bool:
        """Whether it should stop a training."""
        return self.kind in SERIOUS

    def to_json(self) -> dict[str, Any]:
        """Give the problem as reports have it."""
        rows = [row.to_json() for row in self.rows]
        return {"kind": self.kind, "serious": self.is_serious, "message": self.message, "rows": rows}


def validate(dataset: Dataset, test: Sequence[Example] = (), *, least: int = 2) -> tuple[Problem, ...]:
    """List the problems of a data set that its letters show, the serious kinds first.

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
        *_near_contradictions(rows),
        *_near_leaks(rows, test),
        *_duplicates(rows),
        *_near_duplicates(rows),
    )


def essence(text: str) -> str:
    """What two texts share that differ in punctuation, spacing, articles or politeness only."""
    words = WORDS.findall(text.casefold())
    return "".join(word for word in words if word not in EMPTY_WORDS) or "".join(words) or normalise(text)


def _too_few(dataset: Dataset) -> Iterator[Problem]:
    if len(dataset.intents) < 2:
        yield Problem("too_few_intents", f"expected at least two intents, got {len(dataset.intents)}")


def _contradictions(rows: Sequence[Example]) -> Iterator[Problem]:
    for text, group in _by(normalise, rows).items():
        intents = {row.intent for row in group}
        if len(intents) > 1:
            places = ", ".join(f"{row.intent} in {row.source}" for row in group)
            message = f"{text[:80]!r} has {len(intents)} labels: {places}; keep one"
            yield Problem("contradiction", message, tuple(map(Row.of, group)))


def _leaks(rows: Sequence[Example], test: Sequence[Example]) -> Iterator[Problem]:
    known = _by(normalise, rows)
    for row in test:
        if group := known.get(normalise(row.text)):
            message = f"{row.text[:80]!r} of the test set ({row.source}) is training data ({group[0].source})"
            yield Problem("leakage", f"{message}; take it out of one", _with_test(row, group))


def _small(dataset: Dataset, least: int) -> Iterator[Problem]:
    groups = _by(lambda intent: intent, dataset.examples, of=lambda row: row.intent)
    for intent, group in sorted(groups.items()):
        if len(group) < least and intent != OOS:
            message = f"{intent} has {len(group)} examples, expected at least {least}; add some"
            yield Problem("small_intent", message, tuple(map(Row.of, group)))


def _near_contradictions(rows: Sequence[Example]) -> Iterator[Problem]:
    for group in _alike(rows):
        if len({row.intent for row in group}) > 1:
            message = f"hardly different, with different labels: {'; '.join(map(str, map(Row.of, group)))}"
            yield Problem("near_contradiction", message, tuple(map(Row.of, group)))


def _near_leaks(rows: Sequence[Example], test: Sequence[Example]) -> Iterator[Problem]:
    known, exact = _by(essence, rows), {normalise(row.text) for row in rows}
    for row in test:
        group = known.get(essence(row.text))
        if group and normalise(row.text) not in exact:
            yield near_leak(row, group)


def near_leak(row: Example, group: Sequence[Example]) -> Problem:
    """Say that a row of the test set is nearly one or several of the training data."""
    message = f"{row.text[:80]!r} of the test set ({row.source}) is nearly training data: {Row.of(group[0])}"
    return Problem("near_leakage", message, _with_test(row, group))


def _duplicates(rows: Sequence[Example]) -> Iterator[Problem]:
    for text, group in _by(normalise, rows).items():
        if len(group) > 1 and len({row.intent for row in group}) == 1:
            places = ", ".join(row.source for row in group)
            message = f"{text[:80]!r} is there {len(group)} times as {group[0].intent}: {places}"
            yield Problem("duplicate", message, tuple(map(Row.of, group)))


def _near_duplicates(rows: Sequence[Example]) -> Iterator[Problem]:
    for group in _alike(rows):
        if len({row.intent for row in group}) == 1:
            yield near_duplicate(group)


def near_duplicate(group: Sequence[Example]) -> Problem:
    """Say that rows of one intent hardly differ."""
    places = "; ".join(f"{row.source} {row.text[:80]!r}" for row in group)
    return Problem("near_duplicate", f"hardly different, all {group[0].intent}: {places}", tuple(map(Row.of, group)))


def _alike(rows: Sequence[Example]) -> Iterator[list[Example]]:
    """Groups of different texts with one essence, each text once for each of its labels."""
    for group in _by(essence, rows).values():
        distinct = {(normalise(row.text), row.intent): row for row in reversed(group)}
        if len({text for text, _ in distinct}) > 1:
            yield list(reversed(distinct.values()))


def _with_test(row: Example, group: Sequence[Example]) -> tuple[Row, ...]:
    return (Row.of(row, is_test=True), *map(Row.of, group))


def _by(
    key: Callable[[str], str], rows: Sequence[Example], of: Callable[[Example], str] = lambda row: row.text
) -> dict[str, list[Example]]:
    groups: dict[str, list[Example]] = defaultdict(list)
    for row in rows:
        groups[key(of(row))].append(row)
    return groups
