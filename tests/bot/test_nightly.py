"""One keeper of the schedule, one run at a time, and a record that any worker can read."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import flocks
from bot.errors import Conflict
from bot.jobs import Ended
from bot.metrics import Metrics
from bot.nightly import NIGHT_LOCK, Nightly, judged

Make = Callable[..., Nightly]


def said(document: dict[str, object], code: int = 0) -> tuple[str, ...]:
    """A command that prints a document and ends with an exit code."""
    return (sys.executable, "-c", f"import sys; print({json.dumps(document)!r}); sys.exit({code})")


PROMOTED = said({"decision": "promoted", "reasons": ["no worse"], "champion": "a", "challenger": "b", "more": "…"})
ENDLESS = (sys.executable, "-c", "import time; time.sleep(60)")


class Worker:
    """One worker of a home."""

    def __init__(self, nightly: Nightly) -> None:
        self.nightly = nightly
        self.step = asyncio.Event()
        self.task = asyncio.create_task(nightly.run(self._sleep))

    async def _sleep(self, _: float) -> None:
        await self.step.wait()
        self.step.clear()

    async def look(self) -> None:
        """Let it ask for the schedule once more."""
        self.step.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Makes workers: `await worker("02:30", command=…)`."""
    workers: list[Worker] = []

    async def make(at: str | None = None, command: tuple[str, ...] = PROMOTED) -> Worker:
        made = Worker(Nightly(at, tmp_path / "bot", tmp_path, Metrics("1"), command=command, zone=UTC))
        workers.append(made)
        await asyncio.sleep(0)
        return made

    yield make
    for each in workers:
        await each.stop()


async def until(true: Callable[[], object], timeout_s: float = 20) -> None:
    async with asyncio.timeout(timeout_s):
        while not true():  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.02)


def soon(minutes: float = 2) -> str:
    return f"{datetime.now(UTC) + timedelta(minutes=minutes):%H:%M}"


def noted(home: Path, at: str, ago: timedelta) -> None:
    """Make the home say that a run was due some time ago."""
    (home / "nights").mkdir()
    due = (datetime.now(UTC) - ago).isoformat()
    (home / "nights" / "schedule.json").write_text(json.dumps({"at": f"{at}:00", "next_run_at": due}))


async def test_without_a_time_nothing_is_due(worker: Callable[..., Any]) -> None:
    one = await worker(None)
    assert one.nightly.state() == {"next_run_at": None, "running": None, "last": None}


async def test_a_run_is_recorded_and_counted(worker: Callable[..., Any]) -> None:
    one = await worker()
    await one.nightly.start("ada")
    await until(lambda: one.nightly.state()["last"])
    state = one.nightly.state()
    assert state["running"] is None
    last = state["last"]
    assert (last["result"], last["by"], last["exit_code"]) == ("promoted", "ada", 0)
    assert (last["champion"], last["challenger"], last["reasons"]) == ("a", "b", ["no worse"])
    assert "more" not in last
    assert last["started_at"] <= last["ended_at"]
    assert b'chatbot_training_runs_total{result="promoted",worker="1"} 1.0' in one.nightly._metrics.render()


async def test_a_second_run_is_refused_in_every_worker(worker: Callable[..., Any]) -> None:
    one, other = await worker(command=ENDLESS), await worker()
    await one.nightly.start("ada")
    for each in (one, other):
        assert each.nightly.state()["running"]["by"] == "ada"
        with pytest.raises(Conflict, match="is on"):
            await each.nightly.start("bob")


async def test_a_run_that_cron_started_is_not_disturbed(worker: Callable[..., Any], tmp_path: Path) -> None:
    one = await worker()
    night = flocks.take(tmp_path / NIGHT_LOCK)
    assert night is not None
    with pytest.raises(Conflict, match="outside this server"):
        await one.nightly.start("ada")
    assert one.nightly.state()["running"] == {"by": "command line", "started_at": None}
    night.close()
    await one.nightly.start("ada")
    await until(lambda: one.nightly.state()["last"])


async def test_stopping_a_worker_ends_its_run(worker: Callable[..., Any]) -> None:
    one, other = await worker(command=ENDLESS), await worker()
    await one.nightly.start("ada")
    await one.stop()
    assert other.nightly.state()["running"] is None
    assert other.nightly.state()["last"]["result"] == "stopped"
    await other.nightly.start("bob")
    await until(lambda: other.nightly.state()["running"] is None)
    assert other.nightly.state()["last"]["result"] == "promoted"


async def test_a_run_whose_worker_was_killed_is_told_as_interrupted(worker: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "nights").mkdir()
    (tmp_path / "nights" / "running.json").write_text('{"by": "schedule", "started_at": "then"}')
    one = await worker()
    assert one.nightly.state()["running"] is None
    assert one.nightly.state()["last"] == {"by": "schedule", "started_at": "then", "result": "interrupted"}


async def test_one_worker_keeps_the_schedule_and_another_follows(worker: Callable[..., Any], tmp_path: Path) -> None:
    at = soon()
    one, other = await worker(at), await worker(at)
    assert [w.nightly._scheduler is not None for w in (one, other)] == [True, False]
    assert one.nightly.state()["next_run_at"] == other.nightly.state()["next_run_at"]
    await other.look()
    assert other.nightly._scheduler is None
    await one.stop()
    await other.look()
    assert other.nightly._scheduler is not None


async def test_a_run_is_started_when_its_time_has_come(worker: Callable[..., Any], tmp_path: Path) -> None:
    at = soon(-1)
    noted(tmp_path, at, timedelta(minutes=1))
    one = await worker(at)
    await until(lambda: one.nightly.state()["last"])
    assert one.nightly.state()["last"]["by"] == "schedule"
    following = json.loads((tmp_path / "nights" / "schedule.json").read_text())["next_run_at"]
    assert datetime.fromisoformat(following) > datetime.now(UTC) + timedelta(hours=22)
    assert one.nightly._scheduler.get_jobs()[0].next_run_time == datetime.fromisoformat(following)


async def test_a_run_missed_by_far_is_left_out(worker: Callable[..., Any], tmp_path: Path) -> None:
    at = soon(-1)
    noted(tmp_path, at, timedelta(days=3))
    one = await worker(at)
    await until(lambda: one.nightly._scheduler.get_jobs()[0].next_run_time > datetime.now(UTC))
    assert one.nightly.state()["last"] is None


async def test_a_changed_time_does_not_inherit_what_was_missed(worker: Callable[..., Any], tmp_path: Path) -> None:
    noted(tmp_path, "01:01", timedelta(minutes=1))
    one = await worker(soon())
    assert one.nightly._scheduler.get_jobs()[0].next_run_time > datetime.now(UTC)


async def test_a_home_that_cannot_be_written_is_told(worker: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "nights").write_text("in the way")
    one = await worker(soon())
    assert one.nightly._scheduler is None
    with pytest.raises(OSError, match="nights"):
        await one.nightly.start("ada")
    (tmp_path / "nights").unlink()
    await one.look()
    assert one.nightly._scheduler is not None


async def test_a_run_that_says_nothing_has_failed(worker: Callable[..., Any]) -> None:
    one = await worker(command=(sys.executable, "-c", "raise SystemExit('no memory')"))
    await one.nightly.start("ada")
    await until(lambda: one.nightly.state()["last"])
    assert one.nightly.state()["last"]["result"] == "failed"
    assert one.nightly.state()["last"]["detail"] == "exit code 1: no memory"


@pytest.mark.parametrize(
    ("ended", "result", "detail"),
    [
        (Ended(0, {"decision": "kept"}, ""), "kept", None),
        (Ended(3, {"decision": "refused", "reasons": ["worse"]}, ""), "refused", None),
        (Ended(1, {"decision": "failed", "reasons": ["disk full"]}, "trace"), "failed", "exit code 1: disk full"),
        (Ended(0, {}, ""), "failed", "exit code 0: it said nothing"),
        (Ended(0, {"decision": "dreamt"}, "odd"), "failed", "exit code 0: odd"),
        (Ended(-9, {}, "one\ntwo\n"), "failed", "killed by signal 9: two"),
        (Ended(1, {"decision": "promoted"}, "then it broke"), "failed", "exit code 1: then it broke"),
    ],
)
def test_a_run_is_judged_by_its_exit_code_and_its_decision(ended: Ended, result: str, detail: str | None) -> None:
    outcome = judged(ended)
    assert (outcome["result"], outcome.get("detail")) == (result, detail)
