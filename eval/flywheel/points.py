"""The file of what is done: a line for the set-up, then one for each finished night of each loop of each seed."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from eval.flywheel.plan import DEFINITION, Plan
from eval.lines import make_ready, read_lines
from training.dataset import DataError

GATED, NAIVE, GOLD = "gated", "naive", "gold"
"""The loops: the real nights; one that believes everything; the true labels of the texts that the real nights may
train on."""
LABELLED, ALL = "labelled", "all"
"""After the last night only: the true labels of all texts that somebody labelled, those kept for the gate too; the true
labels of every text there was."""
NOT_ASKED = "-"
"""In `right`: a row of an intent that customers do not know of yet."""


@dataclass(frozen=True, slots=True)
class Point:
    """One finished night of one loop."""

    seed: int
    loop: str
    night: int
    """0 is the bot folder alone."""
    right: str
    """One sign for each test row of the seed: `1` right, `0` wrong, `-` not asked for yet."""
    decision: str
    reasons: Sequence[str] = ()
    rows: int = 0
    """Rows that were trained on."""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    more: Mapping[str, Any] = field(default_factory=dict)
    """What only the real nights have: see `gated.Night`."""

    @property
    def n(self) -> int:
        """Test rows that count."""
        return len(self.right) - self.right.count(NOT_ASKED)

    @property
    def accuracy(self) -> float:
        """Share of them that is right."""
        return self.right.count("1") / self.n if self.n else 0.0

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """Read one line."""
        fields = {name: value for name, value in values.items() if name not in {"n", "accuracy"}}
        return cls(**{**fields, "reasons": tuple(fields["reasons"])})

    def line(self) -> str:
        """Write it as one line."""
        return json.dumps({**asdict(self), "n": self.n, "accuracy": round(self.accuracy, 5)}) + "\n"


def open_points(path: Path, plan: Plan) -> list[Point]:
    """Read what is done, and make the file ready to be added to: a new one begins with the set-up, and a line that
    was cut off while it was written goes.

    Raises:
        DataError: the file belongs to another set-up, or cannot be read.
    """
    make_ready(path, _setup(plan))
    return read_points(path, plan)


def read_points(path: Path, plan: Plan) -> list[Point]:
    """Read what is done.

    Raises:
        DataError: the file belongs to another set-up, or cannot be read.
    """
    try:
        head, *lines = read_lines(path)
        found = [Point.read(line) for line in lines]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise DataError(f"{path}: not a file of finished nights ({exc}); remove it or give another --out") from exc
    if head != _setup(plan):
        raise DataError(f"{path}: made with {head}, asked for is {_setup(plan)}; remove it or give another --out")
    return found


def _setup(plan: Plan) -> dict[str, Any]:
    return {"definition": DEFINITION, "plan": asdict(plan)}


def add_point(path: Path, point: Point) -> None:
    """Append a night; several processes may do so at once."""
    with path.open("ab") as file:
        file.write(point.line().encode())
        file.flush()
        os.fsync(file.fileno())
