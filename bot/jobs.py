"""Runs one command as a child process of low priority and gives back what it said. Knows no command.

Its output goes to files, not pipes: it can be followed while it runs, and no reader is needed to keep it going.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

END_S = 5.0
"""Seconds a child gets to end by itself."""
TAIL_BYTES = 256 * 1024
"""Of its output that are read when it has ended."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended."""

    code: int
    """Its exit code; negative: the number of the signal that ended it."""
    document: Mapping[str, Any]
    """The JSON document on its standard output, empty when there was none."""
    said: str
    """The end of its standard error."""


async def run_child(command: Sequence[str], out: Path, err: Path, env: Mapping[str, str]) -> Ended:
    """Run a command to its end, behind everything else, in a process group of its own.

    Cancelling ends it and all that it started: SIGTERM, and SIGKILL for what is still there after `END_S`. It also
    ends with this process, however that ends.

    Args:
        command: a program by its path, with arguments.
        out: file that gets its standard output, replaced.
        err: file that gets its standard error, replaced.
        env: its environment.

    Raises:
        OSError: it could not be started, or its files could not be opened.
    """
    lowered = (sys.executable, "-m", "bot.lowered", str(os.getpid()))
    with out.open("wb") as stdout, err.open("wb") as stderr:
        child = await asyncio.create_subprocess_exec(
            *lowered,
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=dict(env),
            start_new_session=True,
        )
    try:
        code = await child.wait()
    finally:
        await _end(child)
    return Ended(code, _document(_tail(out)), _tail(err))


def threads() -> int:
    """Cores a job beside a server may use: half of them, so that turns find the others free."""
    return max(1, len(os.sched_getaffinity(0)) // 2)


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        _signal(child.pid, signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(END_S):
                await child.wait()
    _signal(child.pid, signal.SIGKILL)  # whoever of its group is left
    await child.wait()


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            return file.read(TAIL_BYTES).decode(errors="replace")
    except OSError:
        return ""


def _document(text: str) -> Mapping[str, Any]:
    """The document is one line by contract; what a library printed before it is passed over."""
    for line in reversed(text.splitlines()):
        with suppress(ValueError):
            found = json.loads(line)
            if isinstance(found, dict):
                return found
    return {}
