"""Keeps the bundle in service in memory and follows the pointer while the server runs.

Model, labels and thresholds are swapped as one object; turns in flight finish on the old one. A bundle that
cannot be opened is refused and the old one stays. It does not know what the classifier's answers are for.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from backends.bundle import BUNDLES, MANIFEST, bundles_dir, current_id
from backends.classified.batcher import Batcher
from backends.content.heard import Thresholds
from backends.contract import BackendError, Parse, Status
from backends.memory import give_back

logger = logging.getLogger(__name__)

CHECK_EVERY_S = 0.1
"""How often the pointer is looked at, seconds. One look is two small system calls."""
TRY_AGAIN_S = 30.0
"""After which a refused bundle is opened again: the disk may have been full, or it was copied anew."""
NO_BUNDLE = "no model bundle; run `switchboard train`"
Signature = tuple[str, int] | None
"""Id of the current bundle and the time of its manifest, ns; None when there is none."""


class Model(Protocol):
    """What is needed of a classifier."""

    @property
    def bundle_id(self) -> str:
        """Id of its bundle."""
        ...

    @property
    def intents(self) -> tuple[str, ...]:
        """What it can tell apart."""
        ...

    @property
    def thresholds(self) -> Thresholds:
        """When its answers count."""
        ...

    def thresholds_for(self, error_budget: float) -> Thresholds:
        """The same for a share of wrong canned answers, 0..1, that operators put up with."""
        ...

    def classify(self, texts: Sequence[str]) -> list[Parse]:
        """Rank the intents of each masked text, in order."""
        ...


class Queue(Protocol):
    """What texts are handed to; a `Batcher` is one."""

    async def submit(self, text: str, /) -> Parse:
        """Rank the intents of one masked text, together with whatever else waits."""
        ...

    async def aclose(self) -> None:
        """Stop; safe to call twice."""
        ...


@dataclass(frozen=True, slots=True)
class Served:
    """A model in service with its queue."""

    model: Model
    batcher: Queue


@dataclass(slots=True)
class Live:
    """The bundle in service, which changes when another is promoted."""

    home: Path
    open_model: Callable[[Path], Model]
    """Opens a bundle folder; raises `BackendError` for one that is not whole."""
    max_batch: int = 32
    watches: bool = True
    """Follow the pointer in the background; else it is looked at when a turn comes."""
    clock: Callable[[], float] = time.monotonic
    shelf: str = BUNDLES
    """The folder of the home that it is about."""
    wanted: Callable[[Path], str | None] = current_id
    """Tells from the home which bundle is to be served now; None when there is none."""
    missing: str = NO_BUNDLE
    """What to tell operators then."""
    queue_of: Callable[[Any], Queue] | None = None
    """Makes the queue of an opened model; by default it gets one of its own."""
    served: Served | None = None
    problem: str | None = None
    """Why the newest bundle is not in service, or None when it is."""
    _seen: Signature = None
    _checked_at: float = float("-inf")
    _refused_at: float | None = None
    _watcher: "asyncio.Task[None] | None" = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _runner: ThreadPoolExecutor = field(default_factory=partial(ThreadPoolExecutor, 1, "batcher"))
    """The thread that models run in. It outlives them: a swap costs no thread, and no memory of one."""
    _opener: ThreadPoolExecutor = field(default_factory=partial(ThreadPoolExecutor, 1, "bundle-opener"))

    def open_current(self) -> None:
        """Open the current bundle now, in this thread; without one, or with a bad one, `problem` says why."""
        self._checked_at = self.clock()
        signature = self._signature()
        if self._is_due(signature):
            self._open(signature)

    async def get(self) -> Served:
        """Give what is in service.

        Raises:
            BackendError: there is no usable bundle.
        """
        self._watch()
        if self._watcher is None or self.served is None:
            await self._look()
        if self.served is None:
            raise BackendError(self.problem or self.missing)
        return self.served

    def status(self) -> Status:
        """Tell how it is doing, from memory."""
        self._watch()
        if self.served is None:
            return Status("down", self.problem or self.missing)
        serving = f"serving {self.served.model.bundle_id}"
        return Status("degraded", f"{self.problem}; {serving}") if self.problem else Status("ok", serving)

    async def aclose(self) -> None:
        """Stop following and free the model; safe to call twice."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.wait([self._watcher])
            self._watcher = None
        self.watches = False
        if self.served is not None:
            await self.served.batcher.aclose()
        for executor in (self._opener, self._runner):
            executor.shutdown(wait=False)

    def _watch(self) -> None:
        if not self.watches or (self._watcher is not None and not self._watcher.done()):
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._watcher = loop.create_task(self._follow(), name="bundle-watcher")

    async def _follow(self) -> None:
        while True:
            await self._look()
            await asyncio.sleep(CHECK_EVERY_S)

    async def _look(self) -> None:
        async with self._lock:
            if self.clock() - self._checked_at < CHECK_EVERY_S / 2:
                return
            self._checked_at = self.clock()
            signature = self._signature()
            if self._is_due(signature):
                loop = asyncio.get_running_loop()
                self._take(signature, await loop.run_in_executor(self._opener, self._opened, signature))
                await loop.run_in_executor(self._opener, give_back)

    def _is_due(self, signature: Signature) -> bool:
        was_refused = self._refused_at is not None and self.clock() - self._refused_at >= TRY_AGAIN_S
        return signature != self._seen or was_refused

    def _signature(self) -> Signature:
        try:
            bundle_id = self.wanted(self.home)
        except OSError:  # it cannot be read just now: nothing is known to have changed
            return self._seen
        if bundle_id is None:
            return None
        try:
            return bundle_id, (bundles_dir(self.home, self.shelf) / bundle_id / MANIFEST).stat().st_mtime_ns
        except (OSError, ValueError):  # gone, or a pointer edited into something that is no name
            return bundle_id, 0

    def _open(self, signature: Signature) -> None:
        self._take(signature, self._opened(signature))

    def _opened(self, signature: Signature) -> Model | str:
        """Open a bundle, which takes long and may be done in any thread; else say why not."""
        if signature is None:
            return "the pointer to the current bundle is gone"
        try:
            return self.open_model(bundles_dir(self.home, self.shelf) / signature[0])
        except BackendError as exc:
            return f"bundle {signature[0]} refused: {exc}"

    def _take(self, signature: Signature, opened: Model | str) -> None:
        """Put a model into service as one object; turns in flight keep the old one, which goes with the last."""
        self._seen = signature
        if isinstance(opened, str):
            self._refused_at = None if signature is None else self.clock()
            if opened != self.problem:
                logger.error("%s", opened, extra={"event": "bundle_refused"})
            self.problem = opened
            return
        self._refused_at, self.problem = None, None
        self.served = Served(opened, self._queue(opened))
        logger.info("bundle in service: %s", opened.bundle_id, extra={"event": "bundle_in_service"})

    def _queue(self, opened: Model) -> Queue:
        if self.queue_of is not None:
            return self.queue_of(opened)
        return Batcher(opened.classify, self.max_batch, executor=self._runner)
