"""Which bundle was in service when: an append-only file of steps, and what follows from it.

Reading is tolerant: a line that a full disk or a crash cut off is passed over.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from backends.sealed import append_line

Action = Literal["promote", "rollback"]


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the bundle in service."""

    at: datetime
    id: str
    """The bundle that came into service."""
    previous: str | None
    """The one it took over from; None at the first."""
    action: Action
    why: str
    """Who or what did it, in words."""


def read_steps(path: Path) -> tuple[Step, ...]:
    """Read the history, oldest first; empty when there is none."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return ()
    steps = (_step(line) for line in lines)
    return tuple(step for step in steps if step is not None)


def remember(path: Path, step: Step) -> None:
    """Append a step.

    Raises:
        OSError: it could not be written.
    """
    append_line(path, json.dumps({**asdict(step), "at": step.at.isoformat(timespec="seconds")}))


def earlier(steps: Sequence[Step]) -> list[str]:
    """Replay: the bundles to go back to, the nearest last. A rollback forgets what it went back over."""
    stack: list[str] = []
    for step in steps:
        if step.action == "promote" and step.previous:
            stack.append(step.previous)
        elif step.action == "rollback" and step.id in stack:
            del stack[len(stack) - 1 - stack[::-1].index(step.id) :]
    return stack


def last_in_service(steps: Sequence[Step]) -> dict[str, datetime]:
    """When each bundle was last known to serve: at the step that began it, or the one that ended it."""
    return {id_: step.at for step in steps for id_ in (step.previous, step.id) if id_}


def _step(line: str) -> Step | None:
    try:
        told = json.loads(line)
        at = datetime.fromisoformat(told["at"])
        action: Action = "rollback" if told.get("action", told["why"]) == "rollback" else "promote"
        return Step(at if at.tzinfo else at.replace(tzinfo=UTC), told["id"], told["previous"], action, told["why"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
