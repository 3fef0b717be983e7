"""A customer's client for tests: a real WebSocket, every frame kept, every wait with a deadline."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

Frame = dict[str, Any]
Match = Callable[[Frame], bool]

WAIT_S = 30.0
"""Default deadline of a wait, seconds."""
STORED = ("user_uttered", "bot_uttered", "operator_uttered", "owner_changed", "conversation_closed")


class Chat:
    """One open chat window."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[Frame] = []
        self.session_id = ""
        self.conversation_id = ""
        self._waiting: list[tuple[Match, asyncio.Future[Frame]]] = []
        self._reader: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, url: str, *, read: bool = True, **request: Any) -> "Chat":
        """Connect and begin or resume a conversation.

        Args:
            url: of `/ws`.
            read: False leaves everything after the confirmation unread.
            request: fields of the `session_request`.
        """
        chat = cls(await connect(url, max_size=None, max_queue=4, proxy=None, ping_interval=None))
        await chat.send({"type": "session_request", **request})
        async with asyncio.timeout(WAIT_S):
            confirm = json.loads(await chat.socket.recv())
        assert confirm["type"] == "session_confirm", confirm
        chat.session_id, chat.conversation_id = confirm["session_id"], confirm["conversation_id"]
        chat.frames.append(confirm)
        if read:
            chat.read()
        return chat

    def read(self) -> None:
        """Begin to read."""
        self._reader = asyncio.get_running_loop().create_task(self._read())

    @property
    def last_offset(self) -> int:
        """Highest offset seen."""
        return max((frame["offset"] for frame in self.stored()), default=0)

    @property
    def local_port(self) -> int:
        """Port of this end."""
        return int(self.socket.local_address[1])

    def stored(self) -> list[Frame]:
        """The numbered frames, in the order they came."""
        return [frame for frame in self.frames if frame["type"] in STORED]

    def of(self, *types: str) -> list[Frame]:
        """The frames of some types, in the order they came."""
        return [frame for frame in self.frames if frame["type"] in types]

    async def send(self, frame: Mapping[str, Any] | str | bytes) -> None:
        """Send a frame; text and bytes go out as they are."""
        await self.socket.send(json.dumps(frame) if isinstance(frame, Mapping) else frame)

    async def say(self, text: str, message_id: str | None = None) -> str:
        """Send a message and give its id."""
        message_id = message_id or uuid4().hex
        await self.send({"type": "user_uttered", "message_id": message_id, "text": text})
        return message_id

    async def ask(self, text: str, timeout_s: float = WAIT_S) -> Frame:
        """Send a message and wait for the bot's answer to it."""
        return await self.answer_to(await self.say(text), timeout_s)

    async def answer_to(self, message_id: str, timeout_s: float = WAIT_S) -> Frame:
        """Wait for the bot's final answer to a message."""
        return await self.wait(lambda f: f["type"] == "bot_uttered" and f["reply_to"] == message_id, timeout_s)

    async def acknowledged(self, message_id: str, timeout_s: float = WAIT_S) -> Frame:
        """Wait until a message is acknowledged."""
        return await self.wait(
            lambda f: f["type"] == "status" and f["state"] == "acknowledged" and f["message_id"] == message_id,
            timeout_s,
        )

    async def came(self, type_: str, timeout_s: float = WAIT_S, **fields: Any) -> Frame:
        """Wait for a frame of a type, with some values."""
        return await self.wait(
            lambda f: f["type"] == type_ and all(f.get(name) == value for name, value in fields.items()), timeout_s
        )

    async def wait(self, match: Match, timeout_s: float = WAIT_S, since: int = 0) -> Frame:
        """Wait for a frame, which may have come already.

        Args:
            since: frames that came before this many are not looked at.

        Raises:
            TimeoutError: it did not come.
            ConnectionClosed: the server hung up.
        """
        for frame in self.frames[since:]:
            if match(frame):
                return frame
        future: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._waiting.append((match, future))
        async with asyncio.timeout(timeout_s):
            return await future

    async def hung_up(self, timeout_s: float = WAIT_S) -> None:
        """Wait until the server closes the connection."""
        async with asyncio.timeout(timeout_s):
            await self.socket.wait_closed()

    async def close(self) -> None:
        """Hang up."""
        await self.socket.close()
        if self._reader is not None:
            with suppress(asyncio.CancelledError):
                await self._reader

    async def _read(self) -> None:
        gone: Exception = ConnectionError("the chat is over")
        try:
            async for text in self.socket:
                self._take(json.loads(text))
        except ConnectionClosed as exc:
            gone = exc
        for _, future in self._waiting:
            if not future.done():
                future.set_exception(gone)

    def _take(self, frame: Frame) -> None:
        self.frames.append(frame)
        for entry in [entry for entry in self._waiting if entry[1].done() or entry[0](frame)]:
            self._waiting.remove(entry)
            if not entry[1].done():
                entry[1].set_result(frame)
