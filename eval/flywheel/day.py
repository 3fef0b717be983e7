"""How a day goes: what the bot in service says to each message, and what customers and operators say to that.

Pure functions of messages, the classifier's opinions and a seed. The shares are those of `plan`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from backends.content.content import NONE_OF_THESE
from backends.content.heard import Heard, Thresholds, judge
from backends.contract import Parse
from eval.flywheel.plan import (
    CHOICE_ERRORS,
    CHOOSING,
    CONFIRMED,
    NEAR_WRONG,
    OPERATOR_ERRORS,
    OPERATOR_OF_ANSWERED,
    OPERATOR_OF_UNANSWERED,
    POISON_CONFIDENCE,
    WRONG_REPLIES,
)
from eval.flywheel.stream import Asked

Draws = npt.NDArray[np.float64]
"""Numbers from 0 to 1, one for each thing that may happen."""


@dataclass(frozen=True, slots=True)
class Talk:
    """One message, the bot's answer to it, and what was said about that."""

    asked: Asked
    intent: str | None = None
    """The intent whose reply was given; None where none was."""
    confidence: float | None = None
    reason: str | None = None
    """Why there was no reply."""
    offered: tuple[str, ...] = ()
    """Intents under a "did you mean"."""
    pressed: str | None = None
    """The one that the customer chose, or `none_of_these`."""
    is_confirmed: bool = False
    """Whether the customer said that this solved it."""
    corrected: str | None = None
    """An operator's label."""

    @property
    def self_label(self) -> str | None:
        """What the bot's own reply says the intent was, if it gave one by itself."""
        return self.intent if self.intent is not None and not self.offered else None


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who talks and who looks on."""

    names: tuple[str, ...]
    """Intents that an operator chooses from."""
    seed: tuple[int, int]
    """Of the shop, and number of the day: both loops meet the same people."""


def live(asked: Sequence[Asked], parses: Sequence[Parse], thresholds: Thresholds, crowd: Crowd) -> tuple[Talk, ...]:
    """Let a day pass.

    Args:
        asked: the messages.
        parses: what the classifier in service thinks of each.
        thresholds: when its opinion counts.
        crowd: who talks.
    """
    rng = np.random.default_rng([*crowd.seed, 1])
    draws = rng.random((len(asked), 6))
    heard = [judge(parse, thresholds) for parse in parses]
    made = _made_share(asked, heard)
    talks = []
    for row, parse, said, draw in zip(asked, parses, heard, draws, strict=True):
        if row.planted is not None:
            talks.append(_attack(row, row.planted, crowd, is_choice=bool(draw[0] < 0.5)))
        else:
            talks.append(_honest(row, _mistaken(said, row, parse, made, draw), crowd, draw))
    return tuple(talks)


def _made_share(asked: Sequence[Asked], heard: Sequence[Heard]) -> float:
    """Share of the right replies that must be made wrong so that the day's share of wrong ones is as planned."""
    given = [(row.intent, said.intent) for row, said in zip(asked, heard, strict=True) if said.intent is not None]
    wrong = sum(meant != said for meant, said in given) / len(given) if given else 0.0
    return max(0.0, (WRONG_REPLIES - wrong) / (1 - wrong)) if wrong < 1 else 0.0


def _mistaken(heard: Heard, row: Asked, parse: Parse, made: float, draw: Draws) -> Heard:
    """A confident reply, or one for another intent in its place."""
    if heard.intent != row.intent or draw[0] >= made or len(parse.ranking) < 2:
        return heard
    others = [name for name, _ in parse.ranking if name != row.intent]
    place = 0 if draw[1] < NEAR_WRONG else int(draw[2] * len(others))
    return replace(heard, intent=others[place])


def _honest(row: Asked, heard: Heard, crowd: Crowd, draw: Draws) -> Talk:
    confidence = heard.confidence
    if heard.intent is not None:
        talk = Talk(row, heard.intent, confidence, is_confirmed=bool(draw[3] < CONFIRMED))
    elif heard.candidates:
        talk = Talk(row, None, confidence, heard.reason, heard.candidates, _pressed(row, heard.candidates, draw))
    else:
        talk = Talk(row, None, confidence, heard.reason)
    is_answered = talk.intent is not None or talk.pressed not in {None, NONE_OF_THESE}
    if draw[4] >= (OPERATOR_OF_ANSWERED if is_answered else OPERATOR_OF_UNANSWERED):
        return talk
    return replace(talk, corrected=_corrected(row, crowd.names, float(draw[5])))


def _pressed(row: Asked, offered: Sequence[str], draw: Draws) -> str | None:
    if draw[3] >= CHOOSING:
        return None
    right = row.intent if row.intent in offered else NONE_OF_THESE
    wrong = [name for name in offered if name != row.intent]
    return wrong[int(draw[2] * len(wrong))] if wrong and draw[1] < CHOICE_ERRORS else right


def _corrected(row: Asked, names: Sequence[str], draw: float) -> str:
    """What an operator says it was; the draw, 0..1, also picks the mistake."""
    if draw >= OPERATOR_ERRORS:
        return row.intent
    others = [name for name in names if name != row.intent]
    return others[int(draw / OPERATOR_ERRORS * len(others))]


def _attack(row: Asked, planted: str, crowd: Crowd, *, is_choice: bool) -> Talk:
    """Attackers have found words that get the reply they want, and praise it."""
    if not is_choice:
        return Talk(row, planted, POISON_CONFIDENCE, is_confirmed=True)
    other = next(name for name in crowd.names if name not in {planted, row.intent})
    return Talk(row, None, 0.5, "ambiguous", (planted, other), planted)
