"""What the desk works with, and what it is given: values and seams, no behaviour but the masking of texts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlite_utils import Database

from backends.contract import FlowState
from bot.engine import Engine
from bot.hub import Hub
from bot.masking import hidden_values, hide
from bot.metrics import Metrics
from bot.routing import Routing
from bot.settings import Settings
from bot.store.operations import Phrases
from bot.store.writer import Writer


class SlotReading(Protocol):
    """What was found in a raw text, and the text without it."""

    @property
    def text(self) -> str:
        """The text with free slot values replaced by their names."""
        ...

    @property
    def found(self) -> Mapping[str, str]:
        """Slot values by name."""
        ...


ReadSlots = Callable[[str, FlowState | None], SlotReading]
Redact = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Tools:
    """What the desk works with."""

    settings: Settings
    writer: Writer
    hub: Hub
    engine: Engine
    metrics: Metrics
    phrases: Phrases
    read_slots: ReadSlots
    redact: Redact
    private: Callable[[], frozenset[str]]
    """Names of the slots whose values must not be stored in a text."""
    routing: Callable[[], Routing]
    worker: str
    settings_hash: str
    staffed: Callable[[Database], bool] = lambda _: True
    """Whether somebody is on duty to answer the queue."""

    def hider(self, slots: Mapping[str, str]) -> Redact:
        """The function that keeps these slot values out of a text before it is stored."""
        values = hidden_values(slots, self.private(), self.redact)
        return lambda text: hide(text, values)


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a customer wrote, raw: it is read for slots and masked before anything is stored."""

    message_id: str
    text: str
    payload: str | None = None
    reply_to: str | None = None
