"""What a customer sees and what a customer does: the values that script, conversation and judge exchange."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.scenarios import Wish
from eval.simulate.phrasing import pattern

Left = Literal["thanked", "silent", "complained", "handed_off"]
"""How a customer leaves: with a sign of thanks, without a word, with a sign of displeasure, waiting for a person."""


@dataclass(frozen=True, slots=True)
class Button:
    """A quick reply as shown."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of the bot."""

    message_id: str
    text: str
    backend: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What came after a move."""

    shown: tuple[Shown, ...]
    owner: str
    """Who answers from now on."""
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class Say:
    """Write a message."""

    text: str
    """As it is typed."""
    script: str
    """As it was meant, before slips and rephrasing."""
    why: str
    """`ask`, `again`, `slot`, `yes`, `thanks`, …"""
    slot: str | None = None
    """The question it answers."""
    is_worded: bool = False
    """A language model has put it into other words."""


@dataclass(frozen=True, slots=True)
class Press:
    """Press a button."""

    reply_to: str
    button: Button
    why: str
    slot: str | None = None


@dataclass(frozen=True, slots=True)
class Thumb:
    """Thumbs up or down on a bot message."""

    message_id: str
    value: Literal[1, -1]


@dataclass(frozen=True, slots=True)
class Solved:
    """The answer to "did this solve it?"."""

    value: bool


@dataclass(frozen=True, slots=True)
class AskPerson:
    """The widget's own button for a person."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Go."""

    left: Left
    why: str
    """`met`, `enough`, `person`, `closed`, `exhausted`."""


Move = Say | Press | Thumb | Solved | AskPerson | Leave
Message = Say | Press
"""Moves that the bot answers."""


@dataclass(slots=True)
class Asked:
    """A wish in the course of one conversation."""

    wish: Wish
    values: Mapping[str, str]
    since: int | None = None
    """Number of the message with which it was first asked; None while it was not."""
    is_met: bool = False
    """As far as the customer can see."""
    said: list[str] = field(default_factory=list)
    """Ways to say it that are used up."""

    def look(self, seen: Seen) -> None:
        """See whether it is fulfilled by what was shown; once met stays met."""
        if self.since is not None and not self.is_met:
            self.is_met = fulfils(seen, self.wish, self.values)


def fulfils(seen: Seen, wish: Wish, values: Mapping[str, str]) -> bool:
    """Whether what was shown is what somebody wanted, as far as a customer can see."""
    if wish.met.person and seen.owner not in {"queue", "operator"}:
        return False
    facts = [pattern(fact, values) for fact in wish.met.facts]
    return not facts or any(all(fact.search(shown.text) for fact in facts) for shown in seen.shown)
