"""Stored messages as the customer may see them: slot values put back while the conversation knows them."""

from collections.abc import Iterable, Mapping

from sqlite_utils import Database

from bot.masking import PLACE, show
from bot.store.rows import StoredEvent
from bot.store.tables import read_slots
from bot.wire import BotUttered, OperatorUttered

SPOKEN = BotUttered | OperatorUttered


def shown(events: Iterable[StoredEvent], slots: Mapping[str, str], *, said: str = "") -> list[StoredEvent]:
    """Put slot values back into what bot and operators said.

    Args:
        said: an operator's own words, where they are still at hand.
    """
    return [
        _with_text(event, said)
        if said and isinstance(event.frame, OperatorUttered)
        else (_filled(event, slots) if _has_place(event) else event)
        for event in events
    ]


def shown_from_store(db: Database, events: Iterable[StoredEvent]) -> list[StoredEvent]:
    """As `shown`, with the slots read from the store where a message has a place for one."""
    return [_filled(event, read_slots(db, event.conversation_id)) if _has_place(event) else event for event in events]


def _has_place(event: StoredEvent) -> bool:
    return isinstance(event.frame, SPOKEN) and PLACE.search(event.frame.text) is not None


def _filled(event: StoredEvent, slots: Mapping[str, str]) -> StoredEvent:
    assert isinstance(event.frame, SPOKEN)
    return _with_text(event, show(event.frame.text, slots))


def _with_text(event: StoredEvent, text: str) -> StoredEvent:
    return StoredEvent(event.seq, event.conversation_id, event.frame.model_copy(update={"text": text}))
