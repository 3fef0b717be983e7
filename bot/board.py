"""The routing in force: read from the store, changed by operators, watched for changes by other processes."""

from collections.abc import Callable, Iterable

from sqlite_utils import Database

from bot import routing as routes
from bot.accounts import Person
from bot.routing import Routing
from bot.settings import RoutingSection
from bot.store.journal import write_change
from bot.store.opening import read_routing, write_routing
from bot.store.reader import Reader
from bot.store.writer import Writer


class Board:
    """One for each worker; `current` is always a whole version."""

    def __init__(self, writer: Writer, reader: Reader, known: Iterable[str]) -> None:
        self._writer = writer
        self._reader = reader
        self.known = frozenset(known)
        """Names a routing may use."""
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
        routes.check(first, self.known)

        def ensure(db: Database) -> Routing:
            return read_routing(db) or write_routing(db, first, expected=None, who="settings", why="first start")

        self.current = await self._writer.write(ensure)

    async def put(
        self, routing: Routing, *, expected: int, by: Person, why: str, restores: int | None = None
    ) -> Routing:
        """Put a new version in force, and note it in the journal.

        Args:
            expected: the version it replaces.
            restores: the earlier version it is equal to, if it is an undo.

        Raises:
            ValueError: it cannot work; says why.
            Conflict: `expected` is not the version in force.
            StoreError: it could not be stored.
        """
        routes.check(routing, self.known)

        def write(db: Database) -> Routing:
            before = read_routing(db)
            after = write_routing(db, routing, expected=expected, who=by.name, why=why, restores=restores)
            changes = routes.differences(before, after) if before else []
            action = "routing.put" if restores is None else "routing.undo"
            write_change(db, by.change(action, str(after.version), why=why, changes=changes))
            return after

        written = await self._writer.write(write)
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
