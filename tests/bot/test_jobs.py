"""A child runs behind everything else, says what it has to say, and leaves nothing behind."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bot.jobs import Ended, run_child, threads
from bot.lowered import NICE


async def run(folder: Path, code: str) -> Ended:
    command = (sys.executable, "-c", code)
    return await run_child(command, folder / "out", folder / "err", {**os.environ, "COLOUR": "green"})


async def appeared(path: Path) -> str:
    async with asyncio.timeout(20):
        while not path.is_file() or not path.read_text():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.02)
    return path.read_text()


async def test_a_child_gives_back_its_document_and_its_exit_code(tmp_path: Path) -> None:
    code = "import sys, os; print('noise'); print('{\"a\": 1}'); sys.stderr.write('first\\nlast\\n'); sys.exit(3)"
    assert await run(tmp_path, code) == Ended(3, {"a": 1}, "first\nlast\n")


async def test_what_is_no_document_is_none(tmp_path: Path) -> None:
    assert await run(tmp_path, "print('[1]')") == Ended(0, {}, "")


async def test_a_child_has_the_lowest_priority_and_its_own_environment(tmp_path: Path) -> None:
    code = (
        "import json, os, psutil; p = psutil.Process(); print(json.dumps({'nice': p.nice(), 'colour':"
        " os.environ['COLOUR'], 'io': int(p.ionice().ioclass), 'leads': os.getpgid(0) == os.getpid()}))"
    )
    ended = await run(tmp_path, code)
    nice = min(19, psutil.Process().nice() + NICE)
    assert ended.document == {"nice": nice, "colour": "green", "io": int(psutil.IOPRIO_CLASS_IDLE), "leads": True}


async def test_a_killed_child_tells_the_signal(tmp_path: Path) -> None:
    assert (await run(tmp_path, "import os; os.kill(os.getpid(), 9)")).code == -9


async def test_cancelling_ends_the_child_and_its_children(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, pathlib; c = subprocess.Popen(['sleep', '60']);"
        f"pathlib.Path({str(tmp_path / 'pids')!r}).write_text(str(c.pid)); c.wait()"
    )
    running = asyncio.create_task(run(tmp_path, code))
    grandchild = psutil.Process(int(await appeared(tmp_path / "pids")))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    psutil.wait_procs([grandchild], timeout=5)
    assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE


async def test_a_child_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.jobs.END_S", 0.2)
    code = (
        "import signal, time, pathlib; signal.signal(15, signal.SIG_IGN);"
        f"pathlib.Path({str(tmp_path / 'deaf')!r}).write_text('yes'); time.sleep(60)"
    )
    running = asyncio.create_task(run(tmp_path, code))
    await appeared(tmp_path / "deaf")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_child_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    child = f"import os, time, pathlib; pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); time.sleep(60)"
    parent = (
        "import asyncio, sys, os, pathlib; from bot.jobs import run_child; p = pathlib.Path(sys.argv[1]);"
        "asyncio.run(run_child((sys.executable, '-c', sys.argv[2]), p / 'o', p / 'e', os.environ))"
    )
    with subprocess.Popen([sys.executable, "-c", parent, str(tmp_path), child]) as other:  # noqa: ASYNC220
        orphan = psutil.Process(int(await appeared(pid)))
        other.kill()
    psutil.wait_procs([orphan], timeout=5)
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE


async def test_a_child_that_cannot_be_started_says_so(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="out"):
        await run_child((sys.executable,), tmp_path / "no" / "out", tmp_path / "err", {})
    ended = await run_child(("/no/such/program",), tmp_path / "out", tmp_path / "err", dict(os.environ))
    assert ended.code == 1
    assert "FileNotFoundError" in ended.said


def test_a_job_gets_half_of_the_cores() -> None:
    assert 1 <= threads() <= max(1, (os.cpu_count() or 1) // 2)
