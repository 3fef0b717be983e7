"""Judges what can be judged: at a command line in one go, in the server a little at a time.

It can be stopped anywhere and begun again: what is written is whole conversations, in transactions, and what is missing
is found by looking. Several may run at once; they write the same.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from bot import flocks
from bot.errors import StoreError
from bot.ids import now
from bot.outcomes.definition import outcome_of, parse, stamp, window_of
from bot.outcomes.reading import Due, due, later_ids, read_transcripts
from bot.outcomes.rules import Rules, rules_of
from bot.settings import OutcomeSection
from bot.store.outcomes import OutcomeRow, delete_outcomes, write_definition, write_outcomes
from bot.store.reader import Reader
from bot.store.writer import Writer, connect

logger = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
BATCH, SMALL_BATCH = 500, 25
"""Conversations in one transaction: at a command line, and beside customers who are being answered."""
SETTLED_S = 60.0
"""What was written less long ago is left for the next time: a transaction may be late."""
FIRST_S = 30.0
"""After the start of a server, before it looks for the first time."""
REST = 4.0
"""How many times as long as it worked the job in the server rests."""


class Judged(NamedTuple):
    """What a run did."""

    definition: str
    judged: int
    open: int
    """Looked at, and their window has not ended."""


class Batch(NamedTuple):
    """Some conversations, judged."""

    outcomes: list[OutcomeRow]
    open: list[str]
    """Their window has not ended."""

    def write(self, db: Database) -> None:
        """Store it, in the transaction that is open."""
        write_outcomes(db, self.outcomes)
        delete_outcomes(db, self.open)


def judge(path: Path, as_of: str, settings: OutcomeSection, show: Progress | None = None) -> Judged:
    """Judge every conversation of a store whose window has ended and that is not judged for good.

    Args:
        path: the store.
        as_of: ISO-8601; what counts as now, also in the future, to look at fresh conversations as if time had passed.
        settings: the `[outcomes]` table.
        show: is told the stage, conversations done, and conversations in all.

    Raises:
        StoreError: the store cannot be read or written.
        ValueError: `as_of` is no time.
    """
    rules, at = rules_of(settings), stamp(parse(as_of))
    if not path.is_file():
        raise StoreError(f"no store at {path}: expected the conversations of a server that has run; start it once")
    try:
        with closing(connect(path).conn) as connection:
            return _judge_all(Database(connection), rules, at, show or _nothing)
    except sqlite3.Error as exc:
        raise StoreError(f"the outcomes in {path} could not be judged: {exc}") from exc


def judged(db: Database, conversations: Sequence[Due], rules: Rules, as_of: str) -> Batch:
    """Judge some conversations, reading what they need; writes nothing."""
    judged_at = now()
    later = later_ids(db, conversations)
    wanted = dict.fromkeys([*later, *(other for others in later.values() for other in others)])
    transcripts = read_transcripts(db, list(wanted))
    batch = Batch([], [])
    for transcript in (transcripts[id_] for id_ in later if id_ in transcripts):
        window = window_of(transcript, rules)
        if stamp(window.ends_at) > as_of:
            batch.open.append(transcript.id)
            continue
        others = [transcripts[other] for other in later[transcript.id] if other in transcripts]
        others = [other for other in others if other.source == transcript.source]
        batch.outcomes.append(outcome_of(transcript, others, rules, window=window, judged_at=judged_at))
    return batch


def _judge_all(db: Database, rules: Rules, as_of: str, show: Progress) -> Judged:
    _in_transaction(db, lambda: write_definition(db, rules.definition))
    waiting = due(db, rules, as_of)
    done = Judged(rules.definition, 0, 0)
    for some in _batches(waiting, BATCH):
        batch = judged(db, some, rules, as_of)
        _in_transaction(db, lambda batch=batch: batch.write(db))  # type: ignore[misc]
        done = Judged(rules.definition, done.judged + len(batch.outcomes), done.open + len(batch.open))
        show("conversations judged", done.judged + done.open, len(waiting))
    return done


def _in_transaction(db: Database, write: Callable[[], object]) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        write()
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _batches(waiting: Sequence[Due], most: int) -> Iterator[Sequence[Due]]:
    for start in range(0, len(waiting), most):
        yield waiting[start : start + most]


def _nothing(stage: str, done: int, total: int) -> None:
    """Show no progress."""


class Judge:
    """The chore of a server: judges at intervals, behind everything else. One of a home's workers at a time."""

    def __init__(
        self,
        writer: Writer,
        reader: Reader,
        settings: OutcomeSection,
        home: Path,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._rules = rules_of(settings)
        self._every_s = settings.judge_minutes * 60
        self._lock = home / "outcomes.lock"
        self._sleep = sleep

    async def run(self) -> None:
        """Judge until cancelled; a store that cannot be written is tried again."""
        await self._sleep(min(FIRST_S, self._every_s))
        while True:
            try:
                await self.judge(stamp(datetime.now(UTC) - timedelta(seconds=SETTLED_S)))
            except (StoreError, OSError) as exc:
                logger.warning("judging_failed", extra={"detail": str(exc)})
            await self._sleep(self._every_s)

    async def judge(self, as_of: str) -> Judged:
        """Judge what can be judged; nothing while another worker does.

        Raises:
            StoreError: the store cannot be read or written.
            OSError: the lock cannot be taken.
        """
        lock = await asyncio.to_thread(flocks.take, self._lock)
        if lock is None:
            return Judged(self._rules.definition, 0, 0)
        try:
            return await self._judge(as_of)
        finally:
            lock.close()

    async def _judge(self, as_of: str) -> Judged:
        rules = self._rules
        await self._writer.write(lambda db: write_definition(db, rules.definition))
        done = Judged(rules.definition, 0, 0)
        for some in _batches(await self._reader.read(lambda db: due(db, rules, as_of)), SMALL_BATCH):
            began = time.monotonic()
            batch = await self._reader.read(lambda db, some=some: judged(db, some, rules, as_of))  # type: ignore[misc]
            await self._writer.write(batch.write)
            done = Judged(rules.definition, done.judged + len(batch.outcomes), done.open + len(batch.open))
            await self._sleep(REST * (time.monotonic() - began))
        if done.judged:
            logger.info("conversations_judged", extra={"outcome": done.definition, "detail": f"{done.judged}"})
        return done
