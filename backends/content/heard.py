"""What a backend made of one message, in the terms the dialogue needs: a sure intent, candidates, or neither."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from backends.content.content import NONE_OF_THESE
from backends.contract import Parse, Reason

_MOST_CANDIDATES = 3


class Thresholds(Protocol):
    """When a classifier's answer counts; part of its bundle."""

    @property
    def min_confidence(self) -> float:
        """Below this calibrated probability an intent does not count."""
        ...

    def confidence_for(self, intent: str) -> float:
        """Below this calibrated probability this one does not count."""
        ...

    @property
    def min_margin(self) -> float:
        """Required lead of the first probability over the second."""
        ...


@dataclass(frozen=True, slots=True)
class Heard:
    """One message understood, or not."""

    intent: str | None = None
    """The intent, if it is sure enough to act on."""
    confidence: float | None = None
    """Calibrated probability of the top intent, 0..1, sure or not."""
    reason: str = Reason.LOW_CONFIDENCE
    """Why there is no intent; meaningless with one."""
    guess: str | None = None
    """The top intent, sure or not."""
    candidates: tuple[str, ...] = ()
    """Two or three intents the customer can be asked to choose from."""
    is_pressed: bool = False
    """A button said it, so the words do not matter."""
    detail: str = ""
    """For operators: the scores."""


def judge(parse: Parse, thresholds: Thresholds) -> Heard:
    """Turn a ranking into a decision.

    Out of scope comes first; then two intents close to each other and confident together are ambiguous; then the
    first must be confident by itself.
    """
    guess, confidence = parse.ranking[0] if parse.ranking else (parse.intent, parse.confidence)
    detail = ", ".join(f"{name} {value:.2f}" for name, value in parse.ranking[:3]) + f"; oos {parse.oos_score:.2f}"
    if parse.intent is None:
        return Heard(None, confidence, Reason.OUT_OF_SCOPE, guess, detail=detail)
    close = tuple(n for n, value in parse.ranking if confidence - value < thresholds.min_margin)
    both = sum(value for _, value in parse.ranking[:2])
    if len(close) > 1 and both >= thresholds.min_confidence:
        return Heard(None, confidence, Reason.AMBIGUOUS, guess, close[:_MOST_CANDIDATES], detail=detail)
    if confidence < thresholds.confidence_for(parse.intent):
        return Heard(None, confidence, Reason.LOW_CONFIDENCE, guess, detail=detail)
    return Heard(parse.intent, confidence, guess=guess, detail=detail)


def pressed(payload: str | None, is_known: Callable[[str], bool]) -> Heard | None:
    """Understand a button: `/intent` is that intent, `/none_of_these` none; None when the words must be read."""
    if payload is None or not payload.startswith("/"):
        return None
    intent = payload.removeprefix("/")
    if intent == NONE_OF_THESE:
        return Heard(None, None, Reason.AMBIGUOUS, detail="the customer chose none of these")
    return Heard(intent, 1.0, guess=intent, is_pressed=True) if is_known(intent) else None
