"""Opens and finds conversations: who is there, which session it is, and when a new one begins."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from bot.conversation import Closed
from bot.desk import Desk
from bot.errors import Conflict, NotFound
from bot.ids import new_id, new_session_id
from bot.routing import Routing
from bot.settings import Settings
from bot.store.opening import Opening, find_session, find_unit, identify, open_conversation
from bot.store.reader import Reader
from bot.store.rows import ConversationRow
from bot.store.tables import read_conversation
from bot.store.writer import Writer


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who opens a chat."""

    language: str
    source: str = "live"
    visitor_id: str | None = None
    customer_id: str | None = None
    """Verified: the shop has vouched for it."""


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation as one client holds it."""

    session_id: str
    conversation_id: str
    visitor: Visitor
    row: ConversationRow | None = None
    """None until the first message: an opened page stores nothing."""
    active_at: float = 0.0
    """Seconds since the epoch of the last message known here."""


def negotiated(wanted: str | None, spoken: tuple[str, ...]) -> str:
    """The language of a conversation: the customer's if the bot speaks it, else the bot's first.

    Args:
        wanted: BCP 47 tag of the customer's interface, or None.
        spoken: languages of the bot's replies; not empty.
    """
    primary = (wanted or "").partition("-")[0].lower()
    return next((tag for tag in spoken if tag.partition("-")[0].lower() == primary), spoken[0])


class Reception:
    """Makes sessions and keeps them usable."""

    def __init__(
        self, settings: Settings, writer: Writer, reader: Reader, desk: Desk, routing: Callable[[], Routing]
    ) -> None:
        self._settings = settings
        self._writer = writer
        self._reader = reader
        self._desk = desk
        self._routing = routing

    async def begin(self, visitor: Visitor, session_id: str | None = None) -> Session:
        """Find the session of a secret, or make a new one when there is none.

        Raises:
            StoreError: the store cannot be read.
        """
        row = await self._reader.read(lambda db: find_session(db, session_id)) if session_id else None
        if row is None:
            return Session(new_session_id(), new_id("c"), visitor)
        if visitor.customer_id is not None and row.customer_id != visitor.customer_id:
            if row.customer_id is not None:  # another customer at the same browser: what was said is not for them
                return Session(new_session_id(), new_id("c"), visitor)
            customer_id = visitor.customer_id
            await self._writer.write(lambda db: identify(db, row.id, customer_id))
        return Session(session_id or "", row.id, _merged(visitor, row), row, _seconds(row.updated_at))

    async def of_unit(self, visitor: Visitor) -> Session:
        """The open conversation of a sender who keeps no secret (other channels), or a new one."""
        unit = _unit(visitor, "")
        row = await self._reader.read(lambda db: find_unit(db, unit))
        if row is None:
            return Session(new_session_id(), new_id("c"), visitor)
        return Session("", row.id, visitor, row, _seconds(row.updated_at))

    async def ready(self, session: Session) -> Session:
        """Make sure the session can take a message: stored, not closed, not long idle. May be another one.

        Raises:
            StoreError: it could not be stored.
        """
        if session.row is None:
            return await self._store(session)
        try:
            row = self._reader.read_now(lambda db: read_conversation(db, session.conversation_id))
        except NotFound:  # it was erased
            return await self._renew(session)
        idle_s = self._settings.store.idle_close_minutes * 60
        last = max(session.active_at, _seconds(row.updated_at))
        if row.owner == "closed":
            return await self._renew(session)
        if time.time() - last > idle_s and row.owner != "queue":  # a message that was left waits for days
            with suppress(Conflict):  # somebody else has closed it meanwhile
                await self._desk.step(session.conversation_id, Closed("idle"))
            return await self._renew(session)
        return replace(session, row=row, active_at=time.time())

    async def _renew(self, session: Session) -> Session:
        return await self._store(Session(new_session_id(), new_id("c"), session.visitor))

    async def _store(self, session: Session) -> Session:
        visitor = session.visitor
        opening = Opening(
            session.conversation_id,
            session.session_id,
            _unit(visitor, session.conversation_id),
            visitor.source,
            visitor.language,
            visitor.visitor_id,
            visitor.customer_id,
        )
        seed = self._settings.routing.seed
        row = await self._writer.write(lambda db: open_conversation(db, opening, self._routing(), seed))
        return replace(session, row=row, active_at=time.time())


def _merged(visitor: Visitor, row: ConversationRow) -> Visitor:
    return replace(
        visitor,
        source=row.source,
        visitor_id=row.visitor_id or visitor.visitor_id,
        customer_id=visitor.customer_id or row.customer_id,
    )


def _unit(visitor: Visitor, otherwise: str) -> str:
    if visitor.customer_id is not None:
        return f"customer:{visitor.customer_id}"
    return f"visitor:{visitor.visitor_id or otherwise}"


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()
