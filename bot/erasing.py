"""Erases a customer: open conversations end, the store is emptied, then whatever nights keep in files.

The last part is a child process and may have to wait for a night that is on; until then the certificate is pending,
and it is tried again.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from sqlite_utils import Database

from bot import flocks
from bot.conversation import Closed
from bot.errors import Refused, StoreError
from bot.jobs import Ended, run_child
from bot.store.erasure import Subject, conversations_of, erase, pending_erasures, read_certificate
from bot.store.journal import Change, write_change
from bot.store.reader import Reader
from bot.store.writer import Writer, empty_log

logger = logging.getLogger(__name__)

COMMAND: tuple[str, ...] = (sys.executable, "-m", "switchboard", "data", "forget", "--json")
EVERY_S = 300.0
"""How often what is pending is tried again, seconds."""
WAIT_S = 20.0
"""How long an erasure waits for its certificate to be complete, seconds."""
LOCK, OUT, LOG = "erasing.lock", "erasing.out", "erasing.log"
"""Files in the home folder."""
Search = Callable[[Path], Awaitable[Ended]]
"""Searches the files of a home folder and completes what is pending."""
Close = Callable[[str, Closed], Awaitable[object]]
"""Ends an open conversation."""


class Site(NamedTuple):
    """Where customers are erased."""

    writer: Writer
    reader: Reader
    home: Path
    store: Path


async def search_files(home: Path) -> Ended:
    """Let a child process do it.

    Raises:
        OSError: it could not be started.
    """
    env = {**os.environ, "SWITCHBOARD_HOME": str(home), "OMP_NUM_THREADS": "1"}
    return await run_child(COMMAND, home / OUT, home / LOG, env)


class Eraser:
    """One for each worker; one of them at a time looks at files."""

    def __init__(
        self,
        site: Site,
        close: Close,
        search: Search = search_files,
        *,
        wait_s: float = WAIT_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Nothing is read before `erase` or `run`.

        Args:
            site: where.
            close: ends an open conversation.
            search: searches files.
            wait_s: how long an erasure waits for its certificate to be complete; it goes on behind.
            sleep: between two tries.
        """
        self._site = site
        self._close = close
        self._find = search
        self._wait_s = wait_s
        self._sleep = sleep
        self._turn = asyncio.Lock()
        self._behind: set[asyncio.Task[bool]] = set()

    async def erase(self, subject: Subject, by: Change) -> Mapping[str, Any]:
        """Erase a customer and give the certificate, which is pending where files could not be searched at once.

        Args:
            subject: who.
            by: who does it; the journal says so, and not whom.

        Raises:
            NotFound: no conversation of this customer is stored.
            StoreError: nothing was erased.
        """
        writer, reader = self._site.writer, self._site.reader
        for conversation_id in await reader.read(lambda db: conversations_of(db, subject)):
            with suppress(Refused):  # it is closed
                await self._close(conversation_id, Closed("erased"))

        def write(db: Database) -> str:
            erasure_id = erase(db, conversations_of(db, subject), by=by.who)
            write_change(db, Change(by.who, by.role, by.action, erasure_id))
            return erasure_id

        erasure_id = await writer.write(write)
        task = asyncio.create_task(self.finish())
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)
        await asyncio.wait({task}, timeout=self._wait_s)
        return await reader.read(lambda db: read_certificate(db, erasure_id))

    async def run(self) -> None:
        """Try again what is pending, until cancelled."""
        try:
            while True:
                await self._sleep(EVERY_S)
                await self.finish()
        finally:
            for task in self._behind:
                task.cancel()
            await asyncio.gather(*self._behind, return_exceptions=True)

    async def finish(self) -> bool:
        """Complete what is pending; False when something still is."""
        async with self._turn:
            try:
                return not await self._site.reader.read(pending_erasures) or await self._search()
            except (StoreError, OSError) as exc:
                logger.warning("erasure_pending", extra={"detail": str(exc)})
                return False

    async def _search(self) -> bool:
        site = self._site
        lock = await asyncio.to_thread(flocks.take, site.home / LOCK)
        if lock is None:  # another worker is at it
            return False
        try:
            if not await asyncio.to_thread(empty_log, site.store):
                return False
            ended = await self._find(site.home)
        finally:
            lock.close()
        if ended.code != 0:
            logger.warning("erasure_pending", extra={"detail": ended.said[-500:]})
        return ended.code == 0
