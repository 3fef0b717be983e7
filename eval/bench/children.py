"""Server processes that the bench starts, looks at and stops: ours, and the other side's."""

import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

START_S, STOP_S = 120.0, 20.0
"""Seconds a process may take to come up, and to end."""


class ChildError(RuntimeError):
    """A server did not come up; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class Child:
    """A running server."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path
    begun: float
    """Reading of `perf_counter` just before it was started."""

    def rss_mb(self) -> float:
        """Resident memory of the process itself, its children left out, in MB (10^6 bytes)."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / 1e6

    def maps(self, part: str) -> bool:
        """Whether a file with this in its path is mapped into the process."""
        return part in Path(f"/proc/{self.process.pid}/maps").read_text(encoding="utf-8")

    def cpu_s(self) -> float:
        """Seconds of processor time so far."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    def check(self) -> None:
        """See that it is still running.

        Raises:
            ChildError: it is not.
        """
        if self.process.poll() is not None:
            tail = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise ChildError(f"the server ended with status {self.process.returncode}: {tail or 'it wrote nothing'}")


def raise_file_limit() -> int:
    """Let this process and its children open as many files as the system allows; gives the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


@contextmanager
def serving(bot: Path, home: Path, environment: Mapping[str, str] | None = None) -> Iterator[Child]:
    """Run `switchboard serve` on a free port of loopback; it accepts connections, but may still be loading.

    Args:
        bot: the bot folder.
        home: the `var/` folder; made if missing.
        environment: more settings.

    Raises:
        ChildError: it did not come up.
    """
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "switchboard", "serve", "--bot", str(bot), "--host", "127.0.0.1", "--port", "0"]
    given = {**(environment or {}), "SWITCHBOARD_HOME": str(home)}
    with _running(command, home / "serve.log", given) as (process, begun):
        address = home / "server.json"
        port = 0
        child = Child(process, port, home / "serve.log", begun)
        while not port:
            child.check()
            if time.perf_counter() - begun > START_S:
                raise ChildError(f"the server wrote no {address} within {START_S:.0f} seconds")
            port = _port_of(address)
            time.sleep(0.005)
        yield Child(process, port, child.log, begun)


@contextmanager
def naive(model: Path, log: Path) -> Iterator[Child]:
    """Run the FastAPI route around a transformers pipeline.

    Raises:
        ChildError: it did not come up.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as bound:
        bound.set_inheritable(True)
        descriptor = bound.fileno()
        command = [sys.executable, "-m", "eval.bench.naive", "--model", str(model), "--fd", str(descriptor)]
        with _running(command, log, {}, descriptor) as (process, begun):
            yield Child(process, bound.getsockname()[1], log, begun)


@contextmanager
def _running(
    command: list[str], log: Path, environment: dict[str, str], *descriptors: int
) -> Iterator[tuple["subprocess.Popen[bytes]", float]]:
    """Start a process with its output in a file, and end it afterwards."""
    kept = {name: value for name, value in os.environ.items() if name not in {"HOST", "PORT"}}
    with log.open("wb") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**kept, **environment},
            pass_fds=descriptors,
        )
    try:
        yield process, begun
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _port_of(address: Path) -> int:
    """The port a server has written down, 0 before that."""
    try:
        return int(json.loads(address.read_text(encoding="utf-8"))["url"].rpartition(":")[2])
    except (OSError, ValueError):
        return 0
