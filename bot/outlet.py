"""Sends frames to one socket, in order, without letting a slow client hold up anybody else.

Stored events leave in the order of their offsets, each once; what is missing is fetched from the store. When the client
reads too slowly, transient frames are dropped and stored ones are fetched again later; when it does not read at all,
the socket is given up.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from pydantic import BaseModel

from bot.errors import StoreError
from bot.store.rows import StoredEvent
from bot.wire import UserUtteredOut

MOST_ANSWERS = 512
"""Answers to its own frames that may wait for a client, beside the frames it did not ask for."""
Fetch = Callable[[int], Awaitable[list[StoredEvent]]]
"""Events of the conversation behind an offset."""


class Outlet:
    """The way out to one client. There are thousands, mostly idle: it keeps no task, and what it keeps is small."""

    __slots__ = (
        "_behind",
        "_closed",
        "_fetch",
        "_give_up",
        "_is_stuck",
        "_most",
        "_own",
        "_send",
        "_sent",
        "_task",
        "_timeout_s",
        "_waiting",
        "_watch",
        "last",
    )

    def __init__(
        self,
        send: Callable[[str], Awaitable[None]],
        give_up: Callable[[], Awaitable[None]],
        *,
        most: int,
        timeout_s: float,
    ) -> None:
        self._send = send
        self._give_up = give_up
        self._most = most
        self._timeout_s = timeout_s
        self._waiting: list[str] = []
        self._task: asyncio.Task[None] | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._sent = 0
        self._is_stuck = False
        self._fetch: Fetch | None = None
        self._behind = False
        self._closed = False
        self._own: set[str] = set()
        self.last = 0
        """Offset of the last stored event that was sent or need not be."""

    def attach(self, fetch: Fetch, seen: int) -> None:
        """Begin with a conversation of which the client has seen everything up to an offset."""
        self._fetch = fetch
        self.last = seen
        self._own.clear()

    def catch_up(self) -> None:
        """Send what the store holds behind `last`."""
        self._behind = True
        self._wake()

    def own(self, message_id: str) -> None:
        """Note a message this client sent itself: it is acknowledged, not echoed."""
        self._own.add(message_id)

    def stored(self, event: StoredEvent) -> None:
        """Take a stored event."""
        offset = event.frame.offset
        if offset <= self.last or self._closed:
            return
        if offset > self.last + 1 or self._behind or len(self._waiting) >= self._most:
            self._behind = True
            self._wake()
            return
        self._enqueue(event)

    def transient(self, frame: BaseModel) -> None:
        """Take a frame that may be dropped when the client is slow."""
        if not self._closed and len(self._waiting) < self._most:
            self._waiting.append(frame.model_dump_json())
            self._wake()

    def must(self, frame: BaseModel) -> None:
        """Take a frame that is an answer to the client's own: never dropped while the socket lives.

        A client that asks much and reads little would make the queue grow for ever: it is given up.
        """
        if self._closed:
            return
        if len(self._waiting) >= self._most + MOST_ANSWERS and self._task is not None:
            self._is_stuck = True
            self._task.cancel()
            return
        self._waiting.append(frame.model_dump_json())
        self._wake()

    async def flush(self) -> None:
        """Wait until everything has left."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def close(self) -> None:
        """Send nothing more."""
        self._closed = True
        self._waiting.clear()
        if self._watch is not None:
            self._watch.cancel()
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
            await asyncio.wait([self._task])

    def _enqueue(self, event: StoredEvent) -> None:
        self.last = event.frame.offset
        frame = event.frame
        if isinstance(frame, UserUtteredOut) and frame.message_id in self._own:
            self._own.discard(frame.message_id)
            return
        self._waiting.append(frame.model_dump_json())
        self._wake()

    def _wake(self) -> None:
        if self._task is None:
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._drain())
            if self._watch is None:
                self._watch = loop.call_later(self._timeout_s, self._look, self._sent)

    def _look(self, sent: int) -> None:
        """See whether a frame has left since the last look: one timer for a busy spell, not one for each frame."""
        self._watch = None
        if self._task is None:
            return
        if self._sent == sent:
            self._is_stuck = True
            self._task.cancel()
        else:
            self._watch = asyncio.get_running_loop().call_later(self._timeout_s, self._look, self._sent)

    async def _drain(self) -> None:
        try:
            while not self._closed and (self._waiting or self._behind):
                if self._waiting:
                    await self._send(self._waiting.pop(0))
                    self._sent += 1
                else:
                    await self._catch_up()
        except asyncio.CancelledError:
            if not self._is_stuck:
                raise
            self._closed = True
            self._waiting.clear()
            with suppress(RuntimeError, ConnectionError):
                await self._give_up()
        except (RuntimeError, ConnectionError):
            self._closed = True  # the socket is gone; its reader ends by itself
            self._waiting.clear()
        except StoreError:
            self._behind = True  # fetched with the next event
        finally:
            self._task = None
            if self._waiting and not self._closed:
                self._wake()  # they came while the store could not be read

    async def _catch_up(self) -> None:
        self._behind = False
        if self._fetch is None:
            return
        for event in await self._fetch(self.last):
            if event.frame.offset == self.last + 1:
                self._enqueue(event)
