"""The texts of a study: read once, in one fixed order, and small enough to be sent to where a cell runs."""

import csv
import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from eval.study.protocol import Data, Protocol, Shift
from training.dataset import OOS, DataError, Example, read_bot, read_data, read_file
from training.split import hold_out, normalise

SPLIT_SEED = 0
"""Of what all seeds of a study share: the split of a bot folder and the order of the test rows."""

Rows = tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that cells draw from."""

    train: Rows
    test: Rows
    """In the fixed stratified order: each beginning of it holds the intents in about their shares."""
    outside: Rows = ()
    """Texts out of scope to test with."""
    plain: Rows = ()
    """For `shift`: rows of the style that is trained on."""
    plain_test: Rows = ()
    styled_test: Rows = ()
    """For `shift`: rows of the style that is tested only."""
    left_out: int = 0
    """Test rows of intents without an example, which nobody is asked."""

    @property
    def intents(self) -> tuple[str, ...]:
        """Names of the intents to learn, sorted."""
        return tuple(sorted({row.intent for row in self.train}))

    @property
    def repeated(self) -> int:
        """Test rows whose text is among the examples, but for case and spaces."""
        known = {normalise(row.text) for row in self.train}
        return sum(normalise(row.text) in known for row in self.test)

    def hashes(self) -> dict[str, str]:
        """Hash of each part that has rows, of texts and labels in their order."""
        return {name: _digest(rows) for name, rows in self._parts().items() if rows}

    def to_document(self) -> dict[str, Any]:
        """Its rows, as JSON has them: pairs of text and intent."""
        return {name: [[row.text, row.intent] for row in rows] for name, rows in self._parts().items()}

    @classmethod
    def from_document(cls, document: Mapping[str, Sequence[Sequence[str]]]) -> Self:
        """Build it again."""
        parts: dict[str, Any] = {
            name: tuple(Example(text, intent) for text, intent in rows) for name, rows in document.items()
        }
        return cls(**parts)

    def _parts(self) -> dict[str, Rows]:
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "left_out"}


def read_material(protocol: Protocol) -> Material:
    """Read what the protocol names.

    Raises:
        DataError: a file is missing, malformed or too small.
    """
    train, test, outside = _read(protocol.data)
    known = {row.intent for row in train}
    there, test = len(test), tuple(row for row in test if row.intent in known)
    if len(known) < 2 or not test:
        raise DataError(f"expected examples of two intents and test rows of them, got {len(known)} and {len(test)}")
    styles: dict[str, Any] = dict(_read_styles(protocol.shift)) if protocol.shift else {}
    return Material(train, fixed_order(test), _shuffled(outside), **styles, left_out=there - len(test))


def fixed_order(rows: Iterable[Example], seed: int = SPLIT_SEED) -> Rows:
    """Put rows in an order whose every beginning holds the intents in about their shares.

    Each row stands somewhere in its slice of those of its intent: between rank / count and (rank + 1) / count.
    """
    by_intent: dict[str, list[Example]] = defaultdict(list)
    for row in rows:
        by_intent[row.intent].append(row)
    placed = []
    for intent in sorted(by_intent):
        own, draw = sorted(by_intent[intent], key=lambda row: row.text), random.Random(f"{seed}:{intent}")
        draw.shuffle(own)
        placed += [((rank + draw.random()) / len(own), intent, row.text, row) for rank, row in enumerate(own)]
    return tuple(row for *_, row in sorted(placed, key=lambda item: item[:3]))


def _read(data: Data) -> tuple[Rows, Rows, Rows]:
    if data.bot is not None:
        dataset = read_bot(data.bot)
        split = hold_out(dataset.examples, data.test_share, seed=SPLIT_SEED)
        train = tuple(dataset.examples[place] for place in split.train)
        return train, tuple(dataset.examples[place] for place in split.held_out), _without_source(dataset.oos)
    train_set, test_set = read_data([data.train or Path()]), read_data([data.test or Path()])
    outside = read_file(data.oos) if data.oos else test_set.oos
    return train_set.examples, test_set.examples, _without_source(outside)


def _read_styles(shift: Shift) -> dict[str, Rows]:
    plain: list[Example] = []
    styled: list[Example] = []
    for row, flags in _flagged(shift.data):
        (styled if set(flags) & set(shift.style) else plain).append(row)
    seen = {row.text.lower() for row in plain}
    known = {row.intent for row in plain}
    styled = [row for row in styled if row.text.lower() not in seen and row.intent in known]
    if not plain or not styled:
        raise DataError(
            f"{shift.data}: {len(styled)} rows have a flag of {shift.style}, {len(plain)} none; both needed"
        )
    share = min(0.3, shift.test_rows / len(plain))
    split = hold_out(plain, share, seed=SPLIT_SEED)
    return {
        "plain": tuple(plain[place] for place in split.train),
        "plain_test": fixed_order(plain[place] for place in split.held_out)[: shift.test_rows],
        "styled_test": fixed_order(styled)[: shift.test_rows],
    }


def _flagged(path: Path) -> list[tuple[Example, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            found = [
                (Example((row.get("text") or row["instruction"]).strip(), row["intent"]), row["flags"])
                for row in csv.DictReader(file, restval="")
            ]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as exc:
        raise DataError(f"{path}: expected CSV with the columns text, intent and flags ({exc!r})") from exc
    return list({row.text.lower(): (row, flags) for row, flags in found if row.text}.values())


def _without_source(rows: Iterable[Example]) -> Rows:
    return tuple(Example(row.text, OOS) for row in rows)


def _shuffled(rows: Rows) -> Rows:
    ordered = sorted(rows, key=lambda row: row.text)
    random.Random(SPLIT_SEED).shuffle(ordered)
    return tuple(ordered)


def _digest(rows: Rows) -> str:
    return hashlib.sha256(json.dumps([[row.text, row.intent] for row in rows]).encode()).hexdigest()[:16]
