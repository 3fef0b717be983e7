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
        accepted: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Load at once.

        Args:
            bot_dir: the bot folder.
            webhook_secret: key that signs calls of webhooks.
            accepted: file of replies that people accepted since; None for none.
            clock: seconds that only rise.

        Raises:
            ContentError: the content is broken from the start.
        """
        self._bot_dir = bot_dir
        self._secret = webhook_secret
        self._clock = clock
        self._accepted = accepted
        self._signature = self._signed()
        self._content = Content.load(bot_dir, webhook_secret=webhook_secret, accepted=accepted)
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
        signature = self._signed()
        if signature != self._signature:
            self._is_loading = True
            try:
                await self._load(signature)
            finally:
                self._is_loading = False
        return self._content

    async def _load(self, signature: Signature) -> None:
        job = asyncio.to_thread(Content.load, self._bot_dir, webhook_secret=self._secret, accepted=self._accepted)
        # gather: whatever a half-written actions.py raises is a value here, and the old content stays.
        (outcome,) = await asyncio.gather(job, return_exceptions=True)
        self._signature = signature
        if isinstance(outcome, Content):
            self._content, self.problem = outcome, None
            logger.info("content reloaded", extra={"event": "content_reloaded"})
        else:
            self.problem = str(outcome)
            logger.error("content kept: the edit is broken: %s", outcome, extra={"event": "content_refused"})

    def _signed(self) -> Signature:
        """Time and size of each file; None for one that is not there."""
        paths = [self._bot_dir / name for name in FILES]
        return tuple(_stamp(path) for path in (*paths, *([self._accepted] if self._accepted else ())))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_mtime_ns, stat.st_size
