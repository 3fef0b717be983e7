"""Where a prompted technique's endpoint is: one that somebody runs, or the embedded model in a server of its own.

Each technique starts its own embedded server, so that its processor time and memory are its own, and no other cell
ends it.
"""

import asyncio
import os
import tempfile
import threading
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import psutil

from backends.contract import BackendError
from backends.rag.llm import Address, is_loopback
from backends.rag.local_llm import MODEL, EmbeddedEndpoint
from training.techniques.prompted.errors import CallFailed, EndpointRefused
from training.techniques.prompted.settings import EndpointSettings


class Server(Protocol):
    """An endpoint, and what it costs this machine."""

    model: str
    is_embedded: bool
    identity: str
    """Tells its answers from those of others."""

    def address(self) -> Address:
        """Where it is now; starts it where that is in our hands.

        Raises:
            CallFailed: there is none now.
        """
        ...

    def lost(self) -> None:
        """It could not be reached: look again next time."""
        ...

    def cpu_s(self) -> float:
        """Processor seconds it has used on this machine so far."""
        ...

    def memory_bytes(self) -> int:
        """Memory it holds on this machine now."""
        ...

    def close(self) -> None:
        """End what was started; safe to call twice."""
        ...


class FarServer:
    """An endpoint somebody else runs."""

    is_embedded = False

    def __init__(self, settings: EndpointSettings) -> None:
        """Read the key from the environment.

        Raises:
            EndpointRefused: the endpoint is not on this machine, and there is no key.
        """
        self.model, self.identity = str(settings.model), str(settings.base_url)
        self._address = Address(str(settings.base_url).rstrip("/"), os.environ.get(settings.api_key_env, ""))
        if not self._address.api_key and not is_loopback(self._address.base_url):
            raise EndpointRefused(
                f"no key for {self._address.base_url}: the environment variable {settings.api_key_env} is empty;"
                " set it, or name another one in [endpoint] api_key_env"
            )

    def address(self) -> Address:
        """Where it is."""
        return self._address

    def lost(self) -> None:
        """Nothing of ours could bring it back."""

    def cpu_s(self) -> float:
        """Nothing on this machine."""
        return 0.0

    def memory_bytes(self) -> int:
        """Nothing on this machine."""
        return 0

    def close(self) -> None:
        """Nothing was started."""


class EmbeddedServer:
    """The embedded model, started with the first question."""

    model = MODEL
    is_embedded = True

    def __init__(self, *, threads: int = 1) -> None:
        """Start nothing yet."""
        self.identity = f"xllamacpp {version('xllamacpp')}" if find_spec("xllamacpp") else "no xllamacpp"
        self._threads = threads
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._endpoint: EmbeddedEndpoint | None = None
        self._process: psutil.Process | None = None
        self._address: Address | None = None
        self._ended_cpu_s = 0.0
        self._known_cpu_s = 0.0
        self._guard = threading.Lock()

    def address(self) -> Address:
        """Find it, or start it again.

        Raises:
            CallFailed: it cannot be started.
        """
        with self._guard:
            if self._address is not None:
                return self._address
            if self._endpoint is None:
                self._folder = tempfile.TemporaryDirectory(prefix="study-llm-")
                self._endpoint = EmbeddedEndpoint(Path(self._folder.name), threads=self._threads)
            try:
                served = self._endpoint.ensure()
            except BackendError as exc:
                raise CallFailed("unreachable", str(exc)) from exc
            if self._process is None or self._process.pid != served.pid:
                self._ended_cpu_s, self._known_cpu_s = self._ended_cpu_s + self._known_cpu_s, 0.0
                self._process = psutil.Process(served.pid)
            self._address = Address(f"{served.url}/v1", served.api_key)
            return self._address

    def lost(self) -> None:
        """Look again next time."""
        self._address = None

    def cpu_s(self) -> float:
        """Processor seconds of all servers this one has started."""
        if self._process is not None:
            with suppress(psutil.Error):
                times = self._process.cpu_times()
                self._known_cpu_s = times.user + times.system
        return self._ended_cpu_s + self._known_cpu_s

    def memory_bytes(self) -> int:
        """Resident memory of the server."""
        if self._process is not None:
            with suppress(psutil.Error):
                return int(self._process.memory_info().rss)
        return 0

    def close(self) -> None:
        """End the server."""
        endpoint, self._endpoint, self._process, self._address = self._endpoint, None, None, None
        if endpoint is not None:
            asyncio.run(endpoint.aclose())
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def open_server(settings: EndpointSettings, *, threads: int) -> Server:
    """The endpoint that settings mean."""
    return EmbeddedServer(threads=threads) if settings.is_embedded else FarServer(settings)
