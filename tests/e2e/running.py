"""A real server process for tests: started, killed, stopped and looked into."""

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import IO, Any

import httpx
import psutil

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "tests" / "e2e" / "plugin"
START_S, STOP_S = 60.0, 30.0
"""Deadlines, generous: the machine may be busy."""


@dataclass
class Running:
    """One `switchboard serve`, from start to end. Its home outlives it."""

    bot: Path
    home: Path
    workers: int = 1
    env: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    ready_s: float = 0.0
    """Seconds from the start of the process to the first HTTP answer."""
    process: "subprocess.Popen[str] | None" = None

    def start(self, port: int = 0) -> "Running":
        """Start on a port, 0 for a free one, and wait until it answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        begun = time.perf_counter()
        command = ["-m", "switchboard", "serve", "--json", "--bot", str(self.bot), "--port", str(port)]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command, "--workers", str(self.workers)],
                cwd=ROOT,
                env=self._environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self.url = json.loads(self._first_line(self.process))["url"]
        try:
            httpx.get(f"{self.url}/healthz", timeout=START_S, trust_env=False)  # waits in the queue of the bound port
        except httpx.TransportError as exc:
            raise AssertionError(f"the server went away:\n{self.log.read_text()[-4000:]}") from exc
        self.ready_s = time.perf_counter() - begun
        return self

    @property
    def pid(self) -> int:
        """Of the process that was started, the supervisor when there are several workers."""
        assert self.process is not None
        return self.process.pid

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.url.rpartition(":")[2])

    @property
    def socket_url(self) -> str:
        """Where customers connect."""
        return f"{self.url.replace('http', 'ws', 1)}/ws"

    @property
    def log(self) -> Path:
        """What all processes on this home wrote to standard error."""
        return self.home.with_suffix(".log")

    def operator(self) -> httpx.AsyncClient:
        """A client whose requests are an operator's."""
        token = (self.home / "operator.token").read_text().strip()
        headers = {"authorization": f"Bearer {token}", "x-operator": "ada"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, trust_env=False, timeout=30)

    def kill(self) -> None:
        """`kill -9` the process that was started."""
        assert self.process is not None
        self.process.kill()
        self._reap()

    def stop(self) -> int:
        """Ask for a graceful stop, as a supervisor would, and give the exit code."""
        assert self.process is not None
        self.process.terminate()
        return self._reap()

    def end(self) -> None:
        """Make sure that nothing of it is left."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self._reap()

    def children(self) -> list[psutil.Process]:
        """Its processes, workers and the embedded LLM among them."""
        return psutil.Process(self.pid).children(recursive=True)

    def worker_of(self, local_port: int) -> int:
        """Process id of the worker at the other end of a client's socket."""
        for process in [psutil.Process(self.pid), *self.children()]:
            for connection in process.net_connections("tcp4"):
                if connection.status == "ESTABLISHED" and connection.raddr and connection.raddr.port == local_port:
                    return process.pid
        raise AssertionError(f"no worker holds the socket of port {local_port}")

    def limit_files(self, most_bytes: int = resource.RLIM_INFINITY) -> None:
        """Let no file of the process grow beyond a size, as on a full disk; by default lift the limit."""
        hard = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (most_bytes, hard))

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Query the store, from outside."""
        with closing(sqlite3.connect(self.home / "switchboard.sqlite3", timeout=10)) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(sql, values)]

    def complaints(self) -> list[str]:
        """Lines of the log that tell of a bug."""
        words = ("Traceback", '"level": "error"', "never retrieved", "event_crashed")
        return [line for line in self.log.read_text().splitlines() if any(word in line for word in words)]

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("SWITCHBOARD")}
        own.pop("PORT", None)
        own.pop("HOST", None)
        path = os.pathsep.join([str(PLUGIN), str(ROOT)])
        return {**own, "SWITCHBOARD_HOME": str(self.home), "PYTHONPATH": path, **self.env}

    def _first_line(self, process: "subprocess.Popen[str]") -> str:
        """The line that tells the address; a process that does not come up is killed, which ends the wait."""
        out: IO[str] | None = process.stdout
        assert out is not None
        late = Timer(START_S, process.kill)
        late.start()
        try:
            line = out.readline()
        finally:
            late.cancel()
        assert line, f"the server did not start:\n{self.log.read_text()[-4000:]}"
        return line

    def _reap(self) -> int:
        assert self.process is not None
        code = self.process.wait(STOP_S)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code
