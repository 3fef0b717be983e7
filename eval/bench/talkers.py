"""Customers made of as little as possible, because they share the cores with the server they talk to.

A `Chat` speaks the documented frames over a WebSocket of its own; an `HttpChat` posts to the other side's route.
"""

import asyncio
import base64
import json
import os
from itertools import count
from typing import Protocol, Self

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
"""Opcodes. Source: RFC 6455, section 5.2."""
ANSWER_S = 60.0
"""Seconds without an answer after which a talker gives up."""


class Talker(Protocol):
    """Somebody who says a text and waits for the reply."""

    async def ask(self, text: str) -> str:
        """Say a text; gives the id of the message once the reply is there.

        Raises:
            ConnectionError: the connection ended, or no answer came.
        """
        ...

    async def aclose(self) -> None:
        """Leave."""
        ...


class Refused(ConnectionError):
    """The server answered with an error frame or status, or not at all."""


class Chat(asyncio.Protocol):
    """One conversation over `/ws`, one message at a time."""

    def __init__(self) -> None:
        """Make one; `open` is the way in."""
        loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._opened: asyncio.Future[None] = loop.create_future()
        self._waiting: asyncio.Future[dict[str, object]] | None = None
        self._awaited = ""
        self._numbers = count()

    @classmethod
    async def open(cls, port: int, *, host: str = "127.0.0.1", source: str | None = None) -> Self:
        """Connect and begin a session.

        Args:
            port: of a server on this machine.
            host: its address.
            source: address to connect from; several are needed beyond some 28,000 connections.

        Raises:
            ConnectionError: the server does not want it.
        """
        loop = asyncio.get_running_loop()
        local = (source, 0) if source else None
        transport, chat = await loop.create_connection(cls, host, port, local_addr=local)
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /ws HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        await asyncio.wait_for(chat._opened, ANSWER_S)
        await chat.exchange({"type": "session_request"}, "session_confirm")
        return chat

    async def ask(self, text: str) -> str:
        """See `Talker.ask`."""
        message_id = f"b{next(self._numbers)}-{id(self):x}"
        await self.exchange({"type": "user_uttered", "message_id": message_id, "text": text}, "bot_uttered")
        return message_id

    async def exchange(self, frame: dict[str, object], awaited: str) -> dict[str, object]:
        """Send a frame and wait for one of a type.

        Raises:
            ConnectionError: the connection ended, an error frame came, or nothing did.
        """
        self._awaited = awaited
        self._waiting = asyncio.get_running_loop().create_future()
        self._send(TEXT, json.dumps(frame).encode())
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._waiting
        except TimeoutError as exc:
            raise Refused(f"no {awaited} within {ANSWER_S:.0f} seconds") from exc

    async def aclose(self) -> None:
        """See `Talker.aclose`."""
        if self._transport is not None:
            self._transport.close()

    # --- asyncio.Protocol ----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Read the handshake's answer, then frames."""
        self._buffer += data
        if not self._opened.done():
            head, end, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not end:
                return
            self._buffer = bytearray(rest)
            if b" 101 " not in head.partition(b"\r\n")[0]:
                self._fail(Refused(head.partition(b"\r\n")[0].decode(errors="replace")))
                return
            self._opened.set_result(None)
        while (frame := _cut(self._buffer)) is not None:
            opcode, payload = frame
            if opcode == PING:
                self._send(PONG, payload)
            elif opcode == TEXT:
                self._take(json.loads(payload))
            elif opcode == CLOSE and self._transport is not None:
                self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self._fail(exc or ConnectionResetError("the server closed the connection"))

    def _take(self, frame: dict[str, object]) -> None:
        if self._waiting is None or self._waiting.done():
            return
        if frame["type"] == self._awaited:
            self._waiting.set_result(frame)
        elif frame["type"] == "error":
            self._waiting.set_exception(Refused(str(frame["code"])))

    def _fail(self, exc: Exception) -> None:
        for future in (self._opened, self._waiting):
            if future is not None and not future.done():
                future.set_exception(exc)

    def _send(self, opcode: int, payload: bytes) -> None:
        """Write one masked frame; the mask is zero, so the payload stays as it is."""
        assert self._transport is not None
        size = len(payload)
        head = bytes([0x80 | opcode, 0x80 | size]) if size < 126 else bytes([0x80 | opcode, 0xFE]) + size.to_bytes(2)
        self._transport.write(head + b"\0\0\0\0" + payload)


def _cut(buffer: bytearray) -> tuple[int, bytes] | None:
    """Take one whole frame of a server off the front of a buffer, or None."""
    if len(buffer) < 2:
        return None
    size, start = buffer[1] & 0x7F, 2
    if size >= 126:
        start += 2 if size == 126 else 8
        if len(buffer) < start:
            return None
        size = int.from_bytes(buffer[2:start])
    if len(buffer) < start + size:
        return None
    opcode, payload = buffer[0] & 0x0F, bytes(buffer[start : start + size])
    del buffer[: start + size]
    return opcode, payload


class HttpChat:
    """One keep-alive connection that posts to `/chat`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Make one; `open` is the way in."""
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect.

        Raises:
            ConnectionError: nobody listens.
        """
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, text: str) -> str:
        """See `Talker.ask`; there are no message ids here."""
        body = json.dumps({"text": text}).encode()
        head = (
            f"POST /chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        try:
            async with asyncio.timeout(ANSWER_S):
                answer = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
                length = next(int(line[15:]) for line in answer.split("\r\n") if line.startswith("content-length:"))
                await self._reader.readexactly(length)
        except TimeoutError as exc:
            raise Refused(f"no answer within {ANSWER_S:.0f} seconds") from exc
        except asyncio.IncompleteReadError as exc:
            raise ConnectionResetError("the server closed the connection") from exc
        if " 200 " not in answer.partition("\r\n")[0]:
            raise Refused(answer.partition("\r\n")[0])
        return ""

    async def aclose(self) -> None:
        """See `Talker.aclose`."""
        self._writer.close()
