"""Keeps the content of a bot folder up to date while the server runs: a broken edit never replaces a good one."""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

from backends.content.content import FILES, Content

logger = logging.getLogger(__name__)

CHECK_EVERY_S = 1.0
Signature = tuple[tuple[int, int] | None, ...]


class Reloading:
    """The content as of a moment ago, re-read after its files changed."""

    def __init__(
        self,
        bot_dir: Path,
        *,
        webhook_secret: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Load at once.

        Raises:
            ContentError: the content is broken from the start.
        """
        self._bot_dir = bot_dir
        self._secret = webhook_secret
        self._clock = clock
        self._signature = _signature(bot_dir)
        self._content = Content.load(bot_dir, webhook_secret=webhook_secret)
        self._checked_at = clock()
        self._is_loading = False
        self.problem: str | None = None
        """Why the newest edit is not in use, or None when it is."""

    @property
    def content(self) -> Content:
        """What is in use now, without looking at the files."""
        return self._content

    async def fresh(self) -> Content:
        """Look at the files, at most once a second, and re-read them in a thread if they changed.

        Never raises for a broken edit: it is logged, `problem` says why, and the old content stays.
        """
        if self._is_loading or self._clock() - self._checked_at < CHECK_EVERY_S:
            return self._content
        self._checked_at = self._clock()
        signature = _signature(self._bot_dir)
        if signature != self._signature:
            self._is_loading = True
            try:
                await self._load(signature)
            finally:
                self._is_loading = False
        return self._content

    async def _load(self, signature: Signature) -> None:
        job = asyncio.to_thread(Content.load, self._bot_dir, webhook_secret=self._secret)
        # gather: whatever a half-written actions.py raises is a value here, and the old content stays.
        (outcome,) = await asyncio.gather(job, return_exceptions=True)
        self._signature = signature
        if isinstance(outcome, Content):
            self._content, self.problem = outcome, None
            logger.info("content reloaded", extra={"event": "content_reloaded"})
        else:
            self.problem = str(outcome)
            logger.error("content kept: the edit is broken: %s", outcome, extra={"event": "content_refused"})


def _signature(bot_dir: Path) -> Signature:
    """Time and size of each file; None for one that is not there."""
    return tuple(_stamp(bot_dir / name) for name in FILES)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_mtime_ns, stat.st_size
