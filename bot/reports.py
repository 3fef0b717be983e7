"""The report of resolution for consoles: made by a child process when somebody asks, kept in the home, told at once.

Whoever asks gets the last report there is. If it is old, or audits were judged since, a new one is begun; one is made
at a time, whichever worker's it is.
"""

import asyncio
import hashlib
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backends.bundle import replace_text
from bot import flocks
from bot.jobs import Ended, run_child, threads

logger = logging.getLogger(__name__)

COMMAND: tuple[str, ...] = (sys.executable, "-m", "switchboard", "eval", "resolution")
FRESH_S = 300.0
"""Age from which on a report is made again."""
LEAST_S = 10.0
"""Age before which it never is."""
AGAIN_S = 30.0
"""How long a failure stands before the next try."""
MOST_KEPT = 40
"""Reports of different spans that are kept."""
TOLD = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """Which report is wanted."""

    since: str | None
    """UTC ISO-8601."""
    as_of: str | None
    """UTC ISO-8601; None is the time of the making."""
    source: str

    @property
    def name(self) -> str:
        """Of its file."""
        return hashlib.sha256(json.dumps([self.since, self.as_of, self.source]).encode()).hexdigest()[:16]

    def options(self) -> list[str]:
        """As the command takes them."""
        given = {"--since": self.since, "--as-of": self.as_of, "--source": self.source}
        return [part for name, value in given.items() if value is not None for part in (name, value)]


@dataclass(frozen=True, slots=True)
class Made:
    """A report as it was kept."""

    document: Mapping[str, Any]
    computed_at: str
    age_s: float
    mark: str
    """What was known of the audits when it was made."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What there is to tell."""

    made: Made | None
    is_stale: bool
    problem: str | None
    """Why the last try failed."""


class Reports:
    """The reports of one home, as one worker sees them."""

    def __init__(
        self,
        bot: Path,
        home: Path,
        *,
        command: tuple[str, ...] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Nothing is made before `run`.

        Args:
            bot: the bot folder.
            home: the `var/` folder.
            command: what makes a report; options are added.
            clock: seconds since the epoch.
        """
        self._bot = bot
        self._home = home
        self._folder = home / "reports"
        self._command = command or COMMAND
        self._clock = clock
        self._wanted: asyncio.Queue[tuple[Asked, str]] = asyncio.Queue(maxsize=1)
        self._now: str | None = None
        self._failed: dict[str, tuple[float, str]] = {}

    async def run(self) -> None:
        """Make what is asked for, one after the other, until cancelled."""
        while True:
            asked, mark = await self._wanted.get()
            self._now = asked.name
            try:
                await self._make(asked, mark)
            except OSError as exc:
                self._fail(asked, f"the report could not be made: {exc}")
            finally:
                self._now = None

    async def ask(self, asked: Asked, mark: str) -> Answer:
        """Tell what is known, and begin a new report if that is old and none is being made.

        Args:
            asked: which report.
            mark: what is known of the audits; a report made under another one is old.
        """
        made = await asyncio.to_thread(self._read, asked)
        failed_at, problem = self._failed.get(asked.name, (0.0, None))
        is_old = made is None or made.age_s > FRESH_S or (made.mark != mark and made.age_s > LEAST_S)
        if is_old and self._clock() - failed_at > AGAIN_S and self._now is None and self._wanted.empty():
            self._wanted.put_nowait((asked, mark))
        return Answer(made, is_old, problem)

    async def _make(self, asked: Asked, mark: str) -> None:
        lock = await asyncio.to_thread(flocks.take, self._folder / "run.lock")
        if lock is None:  # another worker makes one
            return
        try:
            began = time.monotonic()
            out = self._folder / "last.out"
            command = (*self._command, *asked.options(), "--bot", str(self._bot), "--json")
            env = {"OMP_NUM_THREADS": str(threads()), **os.environ, "SWITCHBOARD_HOME": str(self._home)}
            ended = await run_child(command, out, self._folder / "last.log", env)
            document = await asyncio.to_thread(_whole, out)
            fields = {"duration_ms": round(1000 * (time.monotonic() - began)), "outcome": str(ended.code)}
            logger.info("report_made", extra=fields)
            if ended.code != 0 or document is None:
                self._fail(asked, _why(ended))
                return
            self._failed.pop(asked.name, None)
            await asyncio.to_thread(self._keep, asked, mark, document)
        finally:
            lock.close()

    def _fail(self, asked: Asked, why: str) -> None:
        logger.error("report_failed", extra={"detail": why})
        self._failed[asked.name] = (self._clock(), why)

    def _keep(self, asked: Asked, mark: str, document: Mapping[str, Any]) -> None:
        at = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="seconds")
        text = json.dumps({"computed_at": at, "mark": mark, "document": document})
        replace_text(self._folder / f"{asked.name}.json", text)
        for path in sorted(self._folder.glob("*.json"), key=lambda path: -path.stat().st_mtime)[MOST_KEPT:]:
            path.unlink(missing_ok=True)

    def _read(self, asked: Asked) -> Made | None:
        try:
            kept = json.loads((self._folder / f"{asked.name}.json").read_text(encoding="utf-8"))
            at = str(kept["computed_at"])
            age_s = self._clock() - datetime.fromisoformat(at).timestamp()
            return Made(kept["document"], at, age_s, str(kept["mark"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _whole(path: Path) -> Mapping[str, Any] | None:
    """The document on a child's standard output, however long."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _why(ended: Ended) -> str:
    said = ended.said.strip().splitlines()[-1:] or ["it said nothing"]
    return f"exit code {ended.code}: {said[0][:TOLD]}"
