"""Runs cells in child processes with a time limit: what hangs is cut, what dies has failed, and the study goes on."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from eval.study.cell import Batch, Cell, lesson_of
from eval.study.material import Material
from eval.study.outlook import Outlook
from eval.study.point import CUT, FAILED, Point
from eval.study.protocol import Protocol
from eval.study.trial import Tell, unscored

START_S = 120.0
"""What a process may take to be ready; the limit of a cell counts from then."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything a process needs to carry out cells, wherever it runs."""

    protocol: Protocol
    material: Material
    home: Path | None = None
    """The `var/` folder; None for that of the machine where the cell runs."""

    def to_document(self) -> dict[str, Any]:
        """Write it as JSON has it."""
        home = None if self.home is None else str(self.home)
        protocol = self.protocol.model_dump(mode="json")
        return {"protocol": protocol, "material": self.material.to_document(), "home": home}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Build it again."""
        home = Path(document["home"]) if document["home"] else None
        return cls(Protocol.model_validate(document["protocol"]), Material.from_document(document["material"]), home)


class Overtime(Exception):
    """A cell took longer than it may, or is heading for far more; the message says which."""


class Died(Exception):
    """The process ended before it gave a point; the message says why."""


_running: "set[Worker]" = set()


def end_all() -> None:
    """End every process that still runs, for the moment before this one ends without waiting for its threads."""
    for worker in tuple(_running):
        with suppress(OSError):  # its own thread may be at it
            worker.kill()


class Worker:
    """One child process."""

    def __init__(self, setup: Setup) -> None:
        document, threads = setup.to_document(), str(setup.protocol.study.threads)
        environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "TOKENIZERS_PARALLELISM": "false"}
        environment |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads)
        self._scratch = tempfile.TemporaryDirectory(prefix="study-", ignore_cleanup_errors=True)
        environment["TMPDIR"] = self._scratch.name  # what a killed process leaves behind goes with it
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        reading, writing = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "eval.study.child", str(writing)],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
            pass_fds=(writing,),
            env=environment,
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )
        os.close(writing)
        self._answers, self._rest = reading, b""
        self._is_ready = False
        _running.add(self)
        self._send(document)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Of the process, which leads a group with what it starts."""
        return self._process.pid

    def run(self, cell: Cell, limit_s: float, tell: Tell) -> Point:
        """Carry out a cell.

        Raises:
            Overtime: it took longer than the limit, or will by far.
            Died: the process ended.
        """
        self._send(cell.to_document())
        began = time.monotonic()
        until, outlook = began + (limit_s if self._is_ready else START_S), Outlook(limit_s, began)
        while said := self._heard(until):
            now = time.monotonic()
            match said:
                case {"ready": True}:
                    self._is_ready, until, outlook = True, now + limit_s, Outlook(limit_s, now)
                case {"point": point}:
                    return Point.read(point)
                case {"step": [str(stage), int(done), int(total)]}:
                    tell(stage, done, total)
                    if needed := outlook.seen(stage, done, total, now):
                        raise Overtime(f"would take about {needed / 60:.0f} min")
                case {"problem": str(text)}:
                    raise Died(text)
        raise Died(self._last_words())

    def _heard(self, until: float) -> Mapping[str, Any] | None:
        try:
            return self._next(until)
        except Overtime as exc:
            if self._is_ready:
                raise
            raise Died(f"the process was not ready within {START_S:.0f} s") from exc

    def kill(self) -> None:
        """End the process with everything it started, and remove what it left behind."""
        _running.discard(self)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        if self._answers >= 0:
            os.close(self._answers)
            self._answers = -1
        self._log.close()
        self._scratch.cleanup()

    def _send(self, document: Mapping[str, Any]) -> None:
        if self._process.stdin is None:
            raise Died("it was started without an input")
        with suppress(BrokenPipeError):  # it has ended: the answers tell why
            self._process.stdin.write(json.dumps(document).encode() + b"\n")
            self._process.stdin.flush()

    def _next(self, until: float) -> Mapping[str, Any] | None:
        """Give the next thing that the process says; None when it has ended.

        Raises:
            Overtime: it is too late.
        """
        while b"\n" not in self._rest:
            if not select.select([self._answers], [], [], max(until - time.monotonic(), 0))[0]:
                raise Overtime("took longer")
            piece = os.read(self._answers, 1 << 16)
            if not piece:
                return None
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        said: Mapping[str, Any] = json.loads(line)
        return said

    def _last_words(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=10)
        status = self._process.returncode if self._process.returncode is not None else -signal.SIGKILL
        self._log.seek(max(self._log.seek(0, os.SEEK_END) - 2000, 0))
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        how = f"ended by signal {-status}" if status < 0 else f"ended with status {status}"
        return f"the process {how}" + (f": {lines[-1][:300]}" if lines and status >= 0 else "")


def run_batch(
    setup: Setup, batch: Batch, tell: Callable[[Cell, str, int, int], None] = lambda *_: None
) -> Iterator[Point]:
    """Carry out the cells of one line, smallest first; a cell beyond one that was cut is not tried."""
    minutes = setup.protocol.study.cell_minutes
    worker: Worker | None = None
    over = ""
    try:
        for cell in batch:
            lesson = lesson_of(cell, setup.material, setup.protocol)
            if over:
                yield unscored(cell, lesson, CUT, f"not tried: size {over}, limit {minutes:g} min")
                continue
            try:
                worker = worker or Worker(setup)
                yield worker.run(cell, minutes * 60, lambda *step, cell=cell: tell(cell, *step))
            except Overtime as exc:
                over, worker = f"{cell.size} {exc}", _ended(worker)
                yield unscored(cell, lesson, CUT, f"{exc}, limit {minutes:g} min")
            except Died as exc:
                worker = _ended(worker)
                yield unscored(cell, lesson, FAILED, str(exc))
    finally:
        _ended(worker)


def _ended(worker: Worker | None) -> Worker | None:
    """End a process if there is one; there is none afterwards."""
    if worker is not None:
        worker.kill()
    return None
