"""Looks after customers who wait for a person: tells them their place, and gives back what nobody answers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

from sqlite_utils import Database

from bot.boundary import Crashed, boundary
from bot.conversation import DutyEnded
from bot.desk import Desk
from bot.errors import Refused, StoreError
from bot.hub import Hub
from bot.queueing import Place, minutes, places, since
from bot.settings import PeopleSection
from bot.store.duty import end_duty, on_duty
from bot.store.queue import read_line, read_overdue, read_paces
from bot.store.reader import Reader, data_version
from bot.store.writer import Writer
from bot.wire import QueueOut

logger = logging.getLogger(__name__)

EVERY_S = 1.0
"""How often places in line are told, if they have changed, seconds."""
LOOK_EVERY = 5
"""In how many such rounds the store is looked through once for customers who have waited too long."""
STALE_ROUNDS = 15
"""After how many rounds without a change of the store estimates are made anew."""


class Line(NamedTuple):
    """The queue at one moment."""

    places: dict[str, Place]
    staffed: bool


class Shared(NamedTuple):
    """What the usher works with."""

    reader: Reader
    writer: Writer
    hub: Hub
    desk: Desk
    staffed: Callable[[Database], bool]


class Usher:
    """One for each worker; each tells those who are connected to it, and whoever is first gives back."""

    def __init__(
        self, shared: Shared, settings: PeopleSection, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._shared = shared
        self._settings = settings
        self._sleep = sleep
        self._told: dict[str, QueueOut] = {}
        self._version = -1
        self._quiet = 0

    async def run(self) -> None:
        """Look after the queue until cancelled; a store that cannot be read or written is tried again."""
        rounds = 0
        while True:
            await self._sleep(EVERY_S)
            rounds += 1
            try:
                with boundary("usher"):
                    self.tell(datetime.now(UTC))
                    if rounds % LOOK_EVERY == 0:
                        await self.look(datetime.now(UTC))
            except (StoreError, Crashed) as exc:
                logger.warning("usher_failed", extra={"detail": str(exc)})

    def welcome(self, conversation_id: str) -> None:
        """Tell a customer who has just come back, even if nothing has changed."""
        self._told.pop(conversation_id, None)
        self._version = -1

    def tell(self, at: datetime) -> None:
        """Tell every customer here who waits what has changed for him.

        Raises:
            StoreError: the store cannot be read.
        """
        version = self._shared.reader.read_now(data_version)
        self._quiet = self._quiet + 1 if version == self._version else 0
        if self._quiet and self._quiet % STALE_ROUNDS:
            return
        self._version = version
        line = self._shared.reader.read_now(lambda db: self._line(db, at))
        for conversation_id, place in line.places.items():
            if not self._shared.hub.is_heard(conversation_id):
                continue
            frame = _frame(place, staffed=line.staffed)
            if self._told.get(conversation_id) != frame:
                self._told[conversation_id] = frame
                self._shared.hub.tell(conversation_id, frame)
        for conversation_id in self._told.keys() - line.places.keys():
            del self._told[conversation_id]

    async def look(self, at: datetime) -> int:
        """Put off duty who is away, turn waiting without anybody there into a message, give back what is overdue.

        Returns:
            How many conversations were changed.

        Raises:
            StoreError: the store cannot be read or written.
        """
        reader, patience = self._shared.reader, self._settings.patience
        present = since(at, self._settings.away_minutes * 60)
        if await reader.read(lambda db: on_duty(db, "")) != await reader.read(lambda db: on_duty(db, present)):
            await self._shared.writer.write(lambda db: end_duty(db, present, since(at, 0)))
        changed = 0
        line = await reader.read(lambda db: self._line(db, at))
        if not line.staffed:
            for conversation_id in [name for name, place in line.places.items() if place.position is not None]:
                with suppress(Refused):  # closed or erased meanwhile
                    changed += bool((await self._shared.desk.step(conversation_id, DutyEnded())).effects)
        for conversation_id in await reader.read(lambda db: read_overdue(db, at, patience)):
            with suppress(Refused):
                changed += await self._shared.desk.give_back(conversation_id, at, patience)
        return changed

    def _line(self, db: Database, at: datetime) -> Line:
        waiting = read_line(db)
        paces = {source: read_paces(db, source, at) for source in {one.source for one in waiting}}
        return Line(places(waiting, paces), bool(waiting) and self._shared.staffed(db))


def _frame(place: Place, *, staffed: bool) -> QueueOut:
    told = None if place.estimate_s is None else minutes(place.estimate_s) * 60
    return QueueOut(position=place.position, waiting=place.waiting, estimate_s=told, on_duty=staffed)
