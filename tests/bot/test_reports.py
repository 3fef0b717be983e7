"""Reports made by child processes, one at a time, and kept."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot import flocks
from bot.reports import AGAIN_S, FRESH_S, LEAST_S, MOST_KEPT, Answer, Asked, Reports

COUNT = (
    "import json, pathlib, sys; path = pathlib.Path('{home}/count');"
    " n = int(path.read_text()) + 1 if path.exists() else 1;"
    " path.write_text(str(n)); print(json.dumps({{'n': n, 'options': sys.argv[1:]}}))"
)
ASKED = Asked(None, None, "live")


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def running(home: Path, clock: Clock, program: str = COUNT) -> AsyncIterator[Reports]:
    reports = Reports(home / "bot", home, command=(sys.executable, "-c", program.format(home=home)), clock=clock)
    chore = asyncio.create_task(reports.run())
    try:
        yield reports
    finally:
        chore.cancel()
        await asyncio.gather(chore, return_exceptions=True)


async def until(reports: Reports, mark: str, asked: Asked = ASKED, *, stale: bool = False) -> Answer:
    """Ask until there is a report, or a failure."""
    async with asyncio.timeout(20):
        while True:
            found = await reports.ask(asked, mark)
            if found.problem or (found.made and found.is_stale == stale):
                return found
            await asyncio.sleep(0.02)


async def test_a_report_is_made_once_and_kept(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, clock) as reports:
        assert (await reports.ask(ASKED, "a")).made is None
        first = await until(reports, "a")
        assert first.made is not None
        assert first.made.document["n"] == 1
        assert first.made.document["options"] == ["--source", "live", "--bot", str(tmp_path / "bot"), "--json"]
        again = await until(reports, "a")
        assert again.made is not None
        assert again.made.document["n"] == 1
    async with running(tmp_path, clock) as other:  # another worker, or the next start
        assert (await other.ask(ASKED, "a")).made == first.made


@pytest.mark.parametrize(("age", "mark"), [(FRESH_S + 1, "a"), (LEAST_S + 1, "b")])
async def test_an_old_report_is_told_while_a_new_one_is_made(tmp_path: Path, age: float, mark: str) -> None:
    clock = Clock()
    async with running(tmp_path, clock) as reports:
        await until(reports, "a")
        clock.now += age
        old = await reports.ask(ASKED, mark)
        assert old.made is not None
        assert (old.made.document["n"], old.is_stale) == (1, True)
        new = await until(reports, mark)
        assert new.made is not None
        assert (new.made.document["n"], new.is_stale) == (2, False)


async def test_a_report_just_made_stands_even_when_audits_go_on(tmp_path: Path) -> None:
    async with running(tmp_path, Clock()) as reports:
        await until(reports, "a")
        assert not (await reports.ask(ASKED, "b")).is_stale


async def test_each_span_has_its_own_report_and_one_is_made_at_a_time(tmp_path: Path) -> None:
    other = Asked("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "all")
    async with running(tmp_path, Clock()) as reports:
        await reports.ask(ASKED, "a")
        await reports.ask(other, "a")  # refused for now: one is wanted already
        assert reports._wanted.qsize() <= 1
        first, second = await until(reports, "a"), await until(reports, "a", other)
    assert first.made is not None
    assert second.made is not None
    assert {first.made.document["n"], second.made.document["n"]} == {1, 2}
    assert second.made.document["options"][:4] == ["--since", other.since, "--as-of", other.as_of]


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("import sys; sys.exit('no room on the disk')", "exit code 1: no room on the disk"),
        ("print('no document')", "exit code 0: it said nothing"),
    ],
)
async def test_a_failure_is_told_and_not_tried_again_at_once(tmp_path: Path, program: str, told: str) -> None:
    clock = Clock()
    async with running(tmp_path, clock, program) as reports:
        assert (await until(reports, "a")).problem == told
        assert reports._wanted.empty()
        clock.now += AGAIN_S + 1
        await reports.ask(ASKED, "a")
        assert reports._wanted.qsize() == 1 or reports._now is not None


async def test_a_program_that_is_not_there_is_a_failure_too(tmp_path: Path) -> None:
    reports = Reports(tmp_path, tmp_path / "file", command=("/no/such/program",))
    (tmp_path / "file").write_text("in the way of the folder")
    chore = asyncio.create_task(reports.run())
    assert "could not be made" in str((await until(reports, "a")).problem)
    chore.cancel()


async def test_another_workers_report_is_waited_for(tmp_path: Path) -> None:
    lock = flocks.take(tmp_path / "reports" / "run.lock")
    assert lock is not None
    async with running(tmp_path, Clock()) as reports:
        await reports._make(ASKED, "a")
        assert not (tmp_path / "count").exists()
        lock.close()
        assert (await until(reports, "a")).made is not None


async def test_old_spans_are_forgotten(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    for number in range(MOST_KEPT + 5):
        (folder / f"{number}.json").write_text("{}")
    async with running(tmp_path, Clock()) as reports:
        await until(reports, "a")
    assert len(list(folder.glob("*.json"))) == MOST_KEPT


async def test_a_torn_file_is_no_report(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / f"{ASKED.name}.json").write_text(json.dumps({"computed_at": "never"}))
    async with running(tmp_path, Clock()) as reports:
        assert (await reports.ask(ASKED, "a")).made is None
