"""Carries out the retention times, in small steps, and says what was removed."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from bot.metrics import Metrics
from bot.queueing import since
from bot.settings import RetentionSection
from bot.store.retention import BATCH, purge_notes, purge_slots, purge_transcripts
from bot.store.writer import Writer

logger = logging.getLogger(__name__)

DAY_S = 86_400.0
Purge = Callable[[Database, str], int]


class Rule(NamedTuple):
    """One kind of thing and how long it is kept."""

    kind: str
    days: float
    purge: Purge


class Keeper:
    """One for each worker; two that remove the same do no harm."""

    def __init__(self, writer: Writer, settings: RetentionSection, metrics: Metrics) -> None:
        self._writer = writer
        self._metrics = metrics
        self._rules = (
            Rule("transcripts", settings.transcript_days, purge_transcripts),
            Rule("slots", settings.slot_days, purge_slots),
            Rule("notes", settings.note_days, purge_notes),
        )

    async def keep(self, at: datetime) -> dict[str, int]:
        """Remove what is too old by now; returns how much of each kind.

        Raises:
            StoreError: the store cannot be written.
        """
        removed = {rule.kind: await self._apply(rule, at) for rule in self._rules if rule.days > 0}
        for kind, count in removed.items():
            if count:
                self._metrics.removed(kind, count)
                logger.info("retention", extra={"event": kind, "detail": f"{count} removed"})
        return removed

    async def _apply(self, rule: Rule, at: datetime) -> int:
        before, total = since(at, rule.days * DAY_S), 0
        while True:
            count = await self._writer.write(lambda db: rule.purge(db, before))
            total += count
            if count < BATCH:
                return total
            await asyncio.sleep(0)  # whoever waits for the writer is first
