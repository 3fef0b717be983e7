"""Ends conversations that have been silent for long, so that their slot values do not outlive them.

After each sweep whatever was kept long enough is removed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from bot.conversation import Closed
from bot.desk import Desk
from bot.errors import Refused, StoreError
from bot.queueing import since
from bot.store.reader import Reader, idle_conversations

logger = logging.getLogger(__name__)

EVERY_S = 60.0
"""How often the store is looked through, seconds."""


class Sweeper:
    """One for each worker; two that close the same conversation do no harm."""

    def __init__(
        self,
        reader: Reader,
        desk: Desk,
        idle_minutes: float,
        message_days: float = 14.0,
        keep: Callable[[datetime], Awaitable[object]] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._reader = reader
        self._desk = desk
        self._idle = timedelta(minutes=idle_minutes)
        self._message = timedelta(days=message_days)
        self._keep = keep
        self._sleep = sleep

    async def run(self) -> None:
        """Sweep until cancelled; a store that cannot be written is tried again."""
        while True:
            await self._sleep(EVERY_S)
            try:
                await self.sweep(datetime.now(UTC))
                if self._keep is not None:
                    await self._keep(datetime.now(UTC))
            except StoreError as exc:
                logger.warning("sweep_failed", extra={"detail": str(exc)})

    async def sweep(self, at: datetime) -> int:
        """Close what has been silent for too long; returns how many. Messages that were left wait longer.

        Raises:
            StoreError: the store cannot be read or written.
        """
        before = since(at, self._idle.total_seconds())
        left_before = since(at, self._message.total_seconds())
        ids = await self._reader.read(lambda db: idle_conversations(db, before, left_before=left_before))
        for conversation_id in ids:
            with suppress(Refused):  # closed by somebody else meanwhile
                await self._desk.step(conversation_id, Closed("idle"))
        return len(ids)
