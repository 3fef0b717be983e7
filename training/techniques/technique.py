"""One way to tell intents: what a study asks of it, and what it costs. Knows no technique; standard library only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from training.dataset import Example

Step = Callable[[int, int], None]
"""Told how far a training is: steps done, steps in all."""


class Guess(NamedTuple):
    """What a technique makes of one text."""

    intent: str | None
    """One of the labels it was fitted on, `oos` for a text out of scope; None when there was no valid answer."""
    confidence: float
    """How sure it is, 0..1; 0 without an answer."""
    failure: str | None = None
    """Why there is no answer (refusal, prose, time-out): counted apart from wrong answers."""


@dataclass(slots=True)
class Meter:
    """What one cell has cost so far."""

    train_cpu_s: float = 0.0
    predict_cpu_s: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    peak_bytes: int = 0
    """Most memory in use."""
    disk_bytes: int = 0
    """What must be kept for one bot."""
    calls: int = 0
    """Requests to an endpoint."""
    failures: int = 0
    """Texts without a valid answer."""


class Technique(Protocol):
    """One way to tell intents. Built anew for each cell of the study."""

    name: str
    """As in `study.toml` and the report."""
    meter: Meter

    def fit(self, examples: Sequence[Example], *, seed: int, progress: Step) -> None:
        """Learn; intents known are those of the examples, and rows out of scope have the intent `oos`."""
        ...

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        """Guess the intent of each text, in order."""
        ...

    def close(self) -> None:
        """Free what was opened; safe to call twice."""
        ...
