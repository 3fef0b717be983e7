"""Notices what others wrote: events for the sockets here, new versions of the routing, edited replies and flows;
another model in service, a nightly run that began or ended."""

import asyncio
import logging
from collections.abc import Iterable
from pathlib import Path

from backends.content.reload import Reloading
from backends.sealed import Stamp, stamp
from bot.board import Board
from bot.boundary import Crashed, boundary
from bot.desk import Desk
from bot.errors import StoreError
from bot.hub import Hub
from bot.store.journal import changes_after, newest_change
from bot.store.reader import Reader, data_version, fresh_events, newest_seq
from bot.store.showing import shown_from_store
from bot.wire import TOPICS, Changed

logger = logging.getLogger(__name__)

EVERY_S = 0.1
"""How often the store is looked at, seconds. One look is one pragma."""


class Watch:
    """One for each worker."""

    def __init__(
        self, reader: Reader, hub: Hub, desk: Desk, board: Board, content: Reloading, models: Iterable[Path] = ()
    ) -> None:
        """Nothing is read before `look`.

        Args:
            reader: of the store.
            hub: tells those who listen here.
            desk: ends turns that were taken over elsewhere.
            board: the routing in force.
            content: the bot folder's.
            models: files that change with the model in service or a nightly run.
        """
        self._reader = reader
        self._hub = hub
        self._desk = desk
        self._board = board
        self._content = content
        self._models = tuple(models)
        self._stamps = self._stamped()
        self._seen: int | None = None
        self._change = 0
        self._version = -1

    async def run(self) -> None:
        """Watch until cancelled; a store that cannot be read is tried again."""
        while True:
            try:
                with boundary("watch"):
                    self.look()
                    self.look_at_models()
                    await self._content.fresh()
            except (StoreError, Crashed) as exc:
                logger.warning("watch_failed", extra={"detail": str(exc)})
            await asyncio.sleep(EVERY_S)

    def look(self) -> None:
        """Take in what has changed since the last look.

        Raises:
            StoreError: the store cannot be read.
        """
        if self._seen is None:
            self._seen = self._reader.read_now(newest_seq)
            self._change = self._reader.read_now(newest_change)
        version = self._reader.read_now(data_version)
        if version == self._version:
            return
        since = self._seen
        seen, events = self._reader.read_now(lambda db: fresh_events(db, since, self._hub.is_new))
        waiting = next(
            (place for place, one in enumerate(events) if self._hub.is_committing(one.conversation_id)), None
        )
        if waiting is not None:  # its slot values may be gone from the store already: the desk still has them
            seen, events, version = events[waiting].seq - 1, events[:waiting], self._version
        for event in events:
            self._desk.observe(event)
        self._hub.publish(self._reader.read_now(lambda db: shown_from_store(db, events)))
        self._board.refresh()
        self._change, changes = self._reader.read_now(lambda db: changes_after(db, self._change))
        for change in changes:
            if (topic := TOPICS.get(change.topic)) is not None:
                self._hub.announce(Changed(topic=topic, id=change.target))
        self._seen = seen
        self._version = version

    def look_at_models(self) -> None:
        """Tell consoles when a model came into service or a nightly run began or ended, whoever did it."""
        stamps = self._stamped()
        if stamps != self._stamps:
            self._stamps = stamps
            self._hub.announce(Changed(topic="model"))

    def _stamped(self) -> tuple[Stamp | None, ...]:
        return tuple(_stamp(path) for path in self._models)


def _stamp(path: Path) -> Stamp | None:
    try:
        return stamp(path)
    except OSError:
        return None
