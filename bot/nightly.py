"""Starts the nightly run on time, or when asked, and knows how the last one ended. The run is a child process.

Every worker of a home has one; a lock elects who keeps the schedule, another that there is one run at a time. What
they know is in files of the home, so any worker can tell it, and a worker that dies is followed by another.
"""

import asyncio
import json
import logging
import os
import sys
import time as clock
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, time, tzinfo
from io import FileIO
from pathlib import Path
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from tzlocal import get_localzone

from backends.bundle import replace_text
from bot import flocks
from bot.errors import Conflict
from bot.jobs import Ended, run_child, threads
from bot.metrics import Metrics
from bot.schedule import Daily, next_at

logger = logging.getLogger(__name__)

COMMAND: tuple[str, ...] = (sys.executable, "-m", "switchboard", "nightly")
NIGHT_LOCK = "nightly.lock"
"""In the home folder: held by a run, also by one that cron started."""
ELECT_EVERY_S = 20.0
"""How often a worker asks for the schedule that another keeps."""
LATE_S = 3600
"""Seconds after its time that a run is still started: the machine slept, or the keeper of the schedule died."""
TOLD = ("decision", "reasons", "champion", "challenger", "report")
"""What of a run's document is kept."""
DECISIONS = ("promoted", "kept", "refused", "nothing_to_do")
FINISHED = (0, 3)
"""Exit codes of a run that came to a decision; 3: the gate said no."""


class Nightly:
    """The nightly run of one home, as one worker sees it."""

    def __init__(
        self,
        at: str | None,
        bot: Path,
        home: Path,
        metrics: Metrics,
        *,
        command: tuple[str, ...] | None = None,
        zone: tzinfo | None = None,
    ) -> None:
        """Nothing is started before `run` or `start`.

        Args:
            at: local time of day, HH:MM; None for no schedule.
            bot: the bot folder.
            home: the `var/` folder.
            metrics: counts the runs.
            command: what to run; `--bot` and `--json` are added.
            zone: whose clocks `at` means; by default this machine's.
        """
        self._at = time.fromisoformat(at) if at else None
        self._zone = zone or _local_zone()
        self._bot = bot
        self._home = home
        self._folder = home / "nights"
        self._metrics = metrics
        self._command = command or COMMAND
        self._keeper: FileIO | None = None
        self._scheduler: Any = None
        self._night: asyncio.Task[None] | None = None

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Keep the schedule, or wait to take it over, until cancelled; a run that is on then ends."""
        try:
            while True:
                try:
                    self.elect()
                except OSError as exc:
                    logger.warning("nightly_not_scheduled", extra={"detail": str(exc)})
                await sleep(ELECT_EVERY_S)
        finally:
            if self._scheduler is not None:
                self._scheduler.shutdown(wait=False)
            if self._night is not None:
                self._night.cancel()
                await asyncio.wait([self._night])
            if self._keeper is not None:
                self._keeper.close()

    def elect(self) -> None:
        """Take the schedule if nobody else keeps it.

        Raises:
            OSError: the home folder cannot be written.
        """
        if self._scheduler is not None:
            self._scheduler.wakeup()  # timers stand still while a machine sleeps
        elif self._at is not None and (keeper := flocks.take(self._folder / "schedule.lock")) is not None:
            self._keeper = keeper
            self._scheduler = AsyncIOScheduler(timezone=UTC)
            self._scheduler.start()
            self._scheduler.add_job(
                self._scheduled,
                Daily(self._at, self._zone),
                next_run_time=self._due(),
                misfire_grace_time=LATE_S,
                coalesce=True,
                max_instances=1,
            )

    async def start(self, by: str) -> None:
        """Begin a run.

        Args:
            by: who wants it, for the record.

        Raises:
            Conflict: one is on already.
            OSError: the home folder cannot be written.
        """
        begun = {"by": by, "started_at": _now()}
        lock = await asyncio.to_thread(self._begin, begun)
        self._night = asyncio.create_task(self._run(begun), name="nightly")
        self._night.add_done_callback(lambda _: lock.close())

    def state(self) -> dict[str, Any]:
        """When the next run is due, which one is on, and how the last one ended, whichever worker's it was."""
        running = _read(self._folder / "running.json")
        last = _read(self._folder / "last.json")
        if running is not None and not flocks.is_held(self._folder / "run.lock"):
            last, running = {**running, "result": "interrupted"}, None
        elif running is None and flocks.is_held(self._home / NIGHT_LOCK):
            running = {"by": "command line", "started_at": None}
        due = None if self._at is None else next_at(self._at, datetime.now(UTC), self._zone)
        next_run_at = None if due is None else due.isoformat(timespec="seconds")
        return {"next_run_at": next_run_at, "running": running, "last": last}

    def _begin(self, begun: Mapping[str, Any]) -> FileIO:
        lock = flocks.take(self._folder / "run.lock")
        if lock is None:
            raise Conflict("a nightly run is on; wait for it to end")
        try:
            if flocks.is_held(self._home / NIGHT_LOCK):
                raise Conflict("a nightly run that was started outside this server is on; wait for it to end")
            replace_text(self._folder / "running.json", json.dumps(begun))
        except (Conflict, OSError):
            lock.close()
            raise
        return lock

    async def _scheduled(self) -> None:
        """One run on time; the next one is noted first, so that whoever takes over does not repeat this one."""
        try:
            await asyncio.to_thread(self._note, next_at(self._at or time(), datetime.now(UTC), self._zone))
            await self.start("schedule")
        except (Conflict, OSError) as exc:
            logger.error("nightly_not_started", extra={"detail": str(exc)})
        else:
            assert self._night is not None
            await asyncio.wait([self._night])

    def _due(self) -> datetime:
        """The time noted last, past or not; a new schedule begins with the next."""
        noted = _read(self._folder / "schedule.json") or {}
        assert self._at is not None
        with suppress(KeyError, TypeError, ValueError):
            if noted["at"] == str(self._at):
                return datetime.fromisoformat(noted["next_run_at"])
        due = next_at(self._at, datetime.now(UTC), self._zone)
        self._note(due)
        return due

    def _note(self, due: datetime) -> None:
        told = {"at": str(self._at), "next_run_at": due.isoformat()}
        replace_text(self._folder / "schedule.json", json.dumps(told))

    async def _run(self, begun: Mapping[str, Any]) -> None:
        """One run from start to end."""
        started, outcome = clock.monotonic(), {"result": "failed"}
        logger.info("nightly_started", extra={"detail": begun["by"]})
        try:
            outcome = judged(await self._child())
        except OSError as exc:
            outcome = {"result": "failed", "detail": f"could not be started: {exc}"}
        except asyncio.CancelledError:
            outcome = {"result": "stopped", "detail": "the server stopped"}
            raise
        finally:
            seconds = clock.monotonic() - started
            ended = {**begun, "ended_at": _now(), "seconds": round(seconds, 1), **outcome}
            self._metrics.training_run(ended["result"])
            level = logging.ERROR if ended["result"] == "failed" else logging.INFO
            fields = {"outcome": ended["result"], "duration_ms": round(seconds * 1000), "detail": outcome.get("detail")}
            logger.log(level, "nightly_ended", extra=fields)
            await asyncio.to_thread(self._keep, ended)

    async def _child(self) -> Ended:
        env = {"OMP_NUM_THREADS": str(threads()), **os.environ, "SWITCHBOARD_HOME": str(self._home)}
        command = (*self._command, "--bot", str(self._bot), "--json")
        return await run_child(command, self._folder / "last.out", self._folder / "last.log", env)

    def _keep(self, ended: Mapping[str, Any]) -> None:
        try:
            replace_text(self._folder / "last.json", json.dumps(ended, default=str))
            (self._folder / "running.json").unlink(missing_ok=True)
        except OSError as exc:
            logger.error("nightly_not_recorded", extra={"detail": str(exc)})


def judged(ended: Ended) -> dict[str, Any]:
    """What a run came to, from how its process ended and what it said."""
    told = {name: ended.document[name] for name in TOLD if name in ended.document}
    decision = told.get("decision")
    if ended.code in FINISHED and decision in DECISIONS:
        return {"result": decision, "exit_code": ended.code, **told}
    how = f"exit code {ended.code}" if ended.code >= 0 else f"killed by signal {-ended.code}"
    said = ended.said.strip().splitlines()[-1:] or ["it said nothing"]
    why = [str(reason) for reason in told.get("reasons") or said]
    return {"result": "failed", "exit_code": ended.code, "detail": f"{how}: {why[0][:500]}", **told}


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _local_zone() -> tzinfo:
    try:
        return get_localzone()
    except (KeyError, ValueError) as exc:  # TZ names no zone; the C library takes UTC then
        logger.warning("no_local_zone", extra={"detail": f"UTC is used: {exc}"})
        return UTC


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
