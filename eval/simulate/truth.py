"""The truth file: one line of JSON a conversation, what really happened and whether the goal was met."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from eval.simulate.customer import Difficulty
from eval.simulate.move import Left


class TruthError(ValueError):
    """The file cannot be used; says why."""


class Truth(BaseModel):
    """One conversation."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    conversation_id: str | None
    """None when the line broke before there was one."""
    customer_id: str
    """The visitor id, the same for all visits of one customer."""
    scenario: str
    goal: str
    goal_met: bool | None
    """Everything asked for was given; None when the simulator was at fault, or line or server failed."""
    resolved: bool | None
    """The goal was met by bots alone: nobody was passed to a person."""
    difficulty: Difficulty
    left: Left | None
    arm: str | None
    turns: int
    fault: str | None
    """Why the line is excluded; `infrastructure: …` when line or server failed."""
    believed: bool = False
    """The customer took a wrong answer for the right one."""
    persona: str
    customer: int
    """Number of the customer, counted from 0."""
    trial: int
    """Which repetition of the customer, counted from 0."""
    visit: int
    """0, or 1 when the customer came back."""
    is_last: bool
    """The customer has finished."""
    wishes: tuple[tuple[bool, bool | None], ...] = ()
    """For each thing asked for: met on the screen, met on record."""
    phrased: int = 0
    """Messages worded by a language model."""
    fell_back: int = 0
    """Messages it should have worded but could not be trusted with."""
    seconds: float
    plan: str
    """Short hash of everything the customers are drawn from."""

    @property
    def is_infrastructure(self) -> bool:
        """Line or server failed; nobody is to blame but the machines."""
        return (self.fault or "").startswith("infrastructure")


class TruthFile:
    """Appends lines; what is in it already need not be played again."""

    def __init__(self, path: Path | None, plan: str) -> None:
        """Open a file, or keep the lines in memory alone. A last line that a kill has cut off is removed.

        Raises:
            TruthError: the file is unreadable, or belongs to other customers.
        """
        self._path = path
        self.plan = plan
        self.lines: list[Truth] = []
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            whole = _whole_lines(path)
        except (OSError, UnicodeDecodeError) as exc:
            raise TruthError(f"cannot use {path}: {exc}") from exc
        self.lines = list(_parse(whole, path))
        strange = {line.plan for line in self.lines} - {plan}
        if strange:
            raise TruthError(
                f"{path} holds customers of another plan ({', '.join(sorted(strange))}, this one is {plan}):"
                " the seed, --difficult, --repeat and the scenarios must be the same. Choose another file."
            )

    @property
    def finished(self) -> set[tuple[int, int]]:
        """(customer, trial) of those who need not come again."""
        return {(line.customer, line.trial) for line in self.lines if line.is_last and not line.is_infrastructure}

    def add(self, lines: list[Truth]) -> None:
        """Write the conversations of one customer at once."""
        self.lines += lines
        if self._path is not None and lines:
            with self._path.open("a", encoding="utf-8") as file:
                file.write("".join(line.model_dump_json() + "\n" for line in lines))


def plan_of(parts: Mapping[str, Any]) -> str:
    """Short hash of what the customers are drawn from."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def _whole_lines(path: Path) -> list[str]:
    """Read the lines of a file, none if there is no file; what follows the last line feed is cut off it."""
    if not path.is_file():
        return []
    content = path.read_bytes()
    whole, end, torn = content.rpartition(b"\n")
    if torn:
        with path.open("r+b") as file:
            file.truncate(len(whole) + len(end))
    return whole.decode("utf-8").split("\n") if whole else []


def _parse(rows: list[str], path: Path) -> Iterator[Truth]:
    for number, row in enumerate(rows, start=1):
        try:
            yield Truth.model_validate_json(row)
        except ValidationError as exc:
            told = exc.errors(include_url=False)[0]
            raise TruthError(f"{path}:{number}: {'.'.join(map(str, told['loc'])) or 'line'}: {told['msg']}") from exc
