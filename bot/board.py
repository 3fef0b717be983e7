"""The routing in force: read from the store, changed by operators, watched for changes by other processes."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from sqlite_utils import Database

from bot import routing as routes
from bot.routing import Routing
from bot.settings import RoutingSection
from bot.store.opening import read_routing, write_routing
from bot.store.reader import Reader
from bot.store.writer import Writer


class Board:
    """One for each worker; `current` is always a whole version."""

    def __init__(self, writer: Writer, reader: Reader, known: Iterable[str]) -> None:
        self._writer = writer
        self._reader = reader
        self._known = frozenset(known)
        self._listeners: list[Callable[[Routing], None]] = []
        self.current = Routing(0, ())

    def on_change(self, listener: Callable[[Routing], None]) -> None:
        """Call this with every new version."""
        self._listeners.append(listener)

    async def open(self, section: RoutingSection) -> None:
        """Read the newest version; the settings give the first one.

        Raises:
            ValueError: the arms in the settings cannot work.
            StoreError: the store cannot be read or written.
        """
        first = Routing(0, section.arms, error_budget=section.error_budget)
        routes.check(first, self._known)

        def ensure(db: Database) -> Routing:
            return read_routing(db) or write_routing(db, first, expected=None, who="settings", why="first start")

        self.current = await self._writer.write(ensure)

    async def put(self, routing: Routing, *, expected: int, who: str, why: str) -> Routing:
        """Put a new version in force.

        Raises:
            ValueError: it cannot work; says why.
            Conflict: `expected` is not the version in force.
            StoreError: it could not be stored.
        """
        routes.check(routing, self._known)
        written = await self._writer.write(
            lambda db: write_routing(db, replace(routing), expected=expected, who=who, why=why)
        )
        self._set(written)
        return written

    def refresh(self) -> None:
        """Read the newest version, if it is newer.

        Raises:
            StoreError: the store cannot be read.
        """
        newest = self._reader.read_now(read_routing)
        if newest is not None:
            self._set(newest)

    def _set(self, routing: Routing) -> None:
        if routing.version > self.current.version:
            self.current = routing
            for listener in self._listeners:
                listener(routing)
