"""One way to tell intents: what a study asks of it, and what it costs. Knows no technique."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self

import psutil

from training.dataset import OOS, Example

Step = Callable[[int, int], None]
"""Told how far a training is: steps done, steps in all."""


BROKEN = frozenset({"bad_key", "budget", "rate_limit", "time_out", "unreachable", "server_error"})
"""Failures of what a technique runs on, by their names in `Guess.failure`; any other failure is the model's own."""


class Guess(NamedTuple):
    """What a technique makes of one text."""

    intent: str | None
    """One of the labels it was fitted on, `oos` for a text out of scope; None when there was no valid answer."""
    confidence: float
    """How sure it is, 0..1; 0 without an answer."""
    failure: str | None = None
    """Why there is no answer (`refusal`, `prose`, …, or one of `BROKEN`): counted apart from wrong answers."""
    oos_score: float | None = None
    """How sure it is that the text is out of scope, 0..1; None for techniques that have no score of their own."""

    @property
    def is_broken(self) -> bool:
        """Whether the infrastructure failed: such a text says nothing about the technique."""
        return self.failure in BROKEN

    @property
    def strangeness(self) -> float:
        """What texts are ordered by to tell those out of scope: its own score, or how unsure it is of an intent."""
        if self.oos_score is not None:
            return self.oos_score
        return self.confidence if self.intent == OOS else 1 - self.confidence


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
    held_bytes: int = 0
    """What answering holds in memory for a single bot: its model, a frozen one that others of its kind would share, and
    the process of an embedded language model; nothing of what training took."""
    calls: int = 0
    """Requests to an endpoint, those of kept answers too."""
    kept_s: float = 0.0
    """Seconds that answers had taken which were not asked for again."""
    failures: int = 0
    """Texts without a valid answer."""
    labels: int | None = None
    """Labelled examples it needs of those it is given; None for all."""

    @contextmanager
    def training(self) -> Iterator[None]:
        """Count the processor time of what is done inside as training."""
        began = time.process_time()
        try:
            yield
        finally:
            self.train_cpu_s += time.process_time() - began
            self._look_at_memory()

    @contextmanager
    def predicting(self) -> Iterator[None]:
        """Count the processor time of what is done inside as predicting."""
        began = time.process_time()
        try:
            yield
        finally:
            self.predict_cpu_s += time.process_time() - began
            self._look_at_memory()

    def plus(self, other: Self) -> Self:
        """What two techniques that work together have cost: sums, and the larger of the memory, which is shared.

        Together they need all examples.
        """
        summed = {name: getattr(self, name) + getattr(other, name) for name in self.__slots__ if name != "labels"}
        return type(self)(**{**summed, "peak_bytes": max(self.peak_bytes, other.peak_bytes)})

    def _look_at_memory(self) -> None:
        self.peak_bytes = max(self.peak_bytes, psutil.Process().memory_info().rss)


class Technique(Protocol):
    """One way to tell intents. Built anew for each cell of the study."""

    @property
    def name(self) -> str:
        """As in `study.toml` and the report."""
        ...

    @property
    def meter(self) -> Meter:
        """What it has cost so far."""
        ...

    def fit(self, examples: Sequence[Example], *, seed: int, progress: Step) -> None:
        """Learn; intents known are those of the examples, and rows out of scope have the intent `oos`."""
        ...

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        """Guess the intent of each text, in order."""
        ...

    def close(self) -> None:
        """Free what was opened; safe to call twice."""
        ...
