"""Notes whose consoles are open in this process, so that people on duty stay so. Knows no socket."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable

from bot.errors import StoreError
from bot.ids import now
from bot.store.duty import touch_duty
from bot.store.writer import Writer

logger = logging.getLogger(__name__)

EVERY_S = 20.0
"""How often an open console is noted, seconds; far below any sensible `people.away_minutes`."""


class Duty:
    """One for each worker."""

    def __init__(self, writer: Writer, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._writer = writer
        self._sleep = sleep
        self._here: Counter[str] = Counter()

    def arrive(self, name: str) -> None:
        """Somebody opened a console; one person may have several."""
        self._here[name] += 1

    def leave(self, name: str) -> None:
        """A console was closed."""
        self._here[name] -= 1
        if self._here[name] <= 0:
            del self._here[name]

    async def run(self) -> None:
        """Note who is here until cancelled; a store that cannot be written is tried again."""
        while True:
            await self._sleep(EVERY_S)
            try:
                await self.beat()
            except StoreError as exc:
                logger.warning("duty_not_noted", extra={"detail": str(exc)})

    async def beat(self) -> None:
        """Note who is here.

        Raises:
            StoreError: the store cannot be written.
        """
        names = tuple(self._here)
        if names:
            await self._writer.write(lambda db: touch_duty(db, names, now()))
