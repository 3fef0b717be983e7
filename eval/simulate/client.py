"""A customer's end of the line: one conversation over the server's real WebSocket, which survives a lost connection.

It knows the documented frames and nothing of scripts and goals.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from eval.simulate.move import AskPerson, Button, Press, Say, Seen, Shown, Solved, Thumb

SOURCE = "x-switchboard-source"
SIMULATED = "simulated"
ANSWER_S = 60.0
"""Seconds to wait for an answer; a language model on a busy machine needs some."""
GRACE_S = 2.0
"""Seconds to wait for the end of a turn once its answer is there."""
RETRY_S = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0)
"""Waits between tries to connect again."""

Frame = dict[str, Any]


class Infrastructure(Exception):
    """The line or the server failed, not the bot: such a conversation is counted apart and never scored."""


class NotSimulated(Exception):
    """The server would count the conversation as live: nothing may be said."""


class Server(NamedTuple):
    """Where to, and with what right."""

    url: str
    """`http://host:port`."""
    token: str
    answer_s: float = ANSWER_S
    retry_s: tuple[float, ...] = RETRY_S


class Line:
    """One conversation. `async with Line(server, visitor_id) as line: seen = await line.do(move)`."""

    def __init__(self, server: Server, visitor_id: str) -> None:
        """Make one; entering the context connects."""
        self._server = server
        self._visitor_id = visitor_id
        self._socket: ClientConnection | None = None
        self._session_id: str | None = None
        self._offset = 0
        self.conversation_id: str | None = None
        self.owner = "bot"
        self.is_closed = False
        self.sent: list[str] = []
        """Ids of the messages sent, in order."""
        self.lines: list[tuple[str, str]] = []
        """(who, text) of everything said, for reading."""

    async def __aenter__(self) -> "Line":
        """Connect and begin a session.

        Raises:
            Infrastructure: the server does not answer.
            NotSimulated: it does not take the conversation as simulated.
        """
        await self._connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        if self._socket is not None:
            await self._socket.close()

    async def do(self, move: Say | Press | Thumb | Solved | AskPerson) -> Seen:
        """Carry out a move and wait for what follows from it.

        Raises:
            Infrastructure: no answer, or an error of the server.
        """
        match move:
            case Say(text=text):
                self.lines.append(("customer", text))
                frame = self._message("user_uttered", text=text)
            case Press(reply_to=reply_to, button=button):
                self.lines.append(("customer", f"[{button.title}]"))
                frame = self._message("quick_reply", reply_to=reply_to, payload=button.payload, title=button.title)
            case Thumb(message_id=message_id, value=value):
                self.lines.append(("customer", f"(thumb {value:+d})"))
                return await self._exchange({"type": "feedback", "message_id": message_id, "value": value}, None)
            case Solved(value=value):
                self.lines.append(("customer", f"(solved: {value})"))
                return await self._exchange({"type": "resolved", "value": value}, None)
            case AskPerson():
                self.lines.append(("customer", "(asks for a person)"))
                return await self._exchange({"type": "handoff_request"}, lambda _: self.owner != "bot")
        self.sent.append(frame["message_id"])
        return await self._exchange(frame, lambda turn: turn.is_over)

    def _message(self, type_: str, **more: str) -> Frame:
        return {"type": type_, "message_id": uuid4().hex, **more}

    async def _exchange(self, frame: Frame, is_done: "Callable[[_Turn], bool] | None") -> Seen:
        """Send a frame and read until what follows is there; connect again and resend where the line breaks."""
        turn = _Turn(frame.get("message_id"), self.owner != "bot")
        while True:
            try:
                async with asyncio.timeout(self._server.answer_s):
                    await self._send(frame)
                    if is_done is None:
                        await self._send({"type": "ping"})
                    while not (turn.is_ponged if is_done is None else is_done(turn)):
                        self._take(await self._receive(), turn)
                    await self._linger(turn)
                return Seen(tuple(turn.shown), self.owner, self.is_closed)
            except ConnectionClosed:
                await self._connect()
            except TimeoutError as exc:
                raise Infrastructure(f"no answer within {self._server.answer_s:.0f} s") from exc

    async def _linger(self, turn: "_Turn") -> None:
        """After an answer read on to the end of the turn: a change of owner may follow it."""
        if turn.is_answered and not turn.is_ready and self.owner == "bot" and not self.is_closed:
            try:
                async with asyncio.timeout(GRACE_S):
                    while not turn.is_ready and self.owner == "bot":
                        self._take(await self._receive(), turn)
            except TimeoutError:
                pass

    def _take(self, frame: Frame, turn: "_Turn") -> None:
        self._offset = max(self._offset, frame.get("offset") or 0)
        match frame["type"]:
            case "bot_uttered" if frame["message_id"] not in turn.seen:
                buttons = tuple(Button(reply["title"], reply["payload"]) for reply in frame["quick_replies"])
                turn.seen.add(frame["message_id"])
                turn.shown.append(Shown(frame["message_id"], frame["text"], frame["backend"], buttons))
                turn.is_answered |= frame["reply_to"] == turn.message_id
                told = "".join(f" [{button.title}]" for button in buttons)
                self.lines.append((frame["backend"] or "bot", frame["text"] + told))
            case "operator_uttered":
                self.lines.append((f"operator {frame['operator']}", frame["text"]))
            case "owner_changed":
                self.owner = frame["owner"]
                turn.has_left_bot |= self.owner != "bot"
                self.lines.append(("→", self.owner))
            case "conversation_closed":
                self.is_closed = turn.is_closed = True
            case "status":
                turn.is_stored |= frame["state"] == "acknowledged" and frame.get("message_id") == turn.message_id
                turn.is_ready |= frame["state"] == "ready" and turn.is_answered
            case "bot_cancelled":
                turn.is_cancelled |= frame["reply_to"] == turn.message_id
            case "pong":
                turn.is_ponged = True
            case "error":
                raise Infrastructure(f"error {frame['code']}")
            case _:
                pass

    # --- the connection ------------------------------------------------------------------------------------

    async def _connect(self) -> None:
        told = ""
        for wait_s in (0.0, *self._server.retry_s):
            await asyncio.sleep(wait_s)
            try:
                await self._open()
            except (OSError, TimeoutError, ConnectionClosed, InvalidHandshake, InvalidURI) as exc:
                if isinstance(exc, InvalidStatus) and exc.response.status_code in {401, 403}:
                    raise NotSimulated(
                        "the server refused the conversation as simulated: the token is not that of an admin."
                        " Give a file with its operator.token, or with the token of an admin's account: --token-file"
                    ) from exc
                told = f"{type(exc).__name__}: {exc}"
            else:
                return
        raise Infrastructure(f"cannot connect: {told}")

    async def _open(self) -> None:
        headers = {"Authorization": f"Bearer {self._server.token}", SOURCE: SIMULATED}
        url = f"{self._server.url.replace('http', 'ws', 1).rstrip('/')}/ws"
        self._socket = await connect(url, additional_headers=headers, proxy=None, max_queue=None, close_timeout=2)
        response = self._socket.response
        if response is None or response.headers.get(SOURCE) != SIMULATED:
            await self._socket.close()
            raise NotSimulated("the server does not mark conversations as simulated; run one of the same version")
        request = {"session_id": self._session_id, "resume_from": self._offset} if self._session_id else {}
        await self._send({"type": "session_request", "visitor_id": self._visitor_id, **request})
        async with asyncio.timeout(self._server.answer_s):
            confirm = await self._receive()
        if confirm["type"] != "session_confirm":
            raise Infrastructure(f"expected session_confirm, got {confirm.get('code', confirm['type'])}")
        self._session_id, self.conversation_id = confirm["session_id"], confirm["conversation_id"]
        self.owner = confirm["owner"] if confirm["owner"] != "closed" else self.owner

    async def _send(self, frame: Frame) -> None:
        assert self._socket is not None
        await self._socket.send(json.dumps(frame))

    async def _receive(self) -> Frame:
        assert self._socket is not None
        frame: Frame = json.loads(await self._socket.recv())
        return frame


class _Turn:
    """What has come for one message."""

    def __init__(self, message_id: str | None, in_queue: bool) -> None:
        self.message_id = message_id
        self.in_queue = in_queue
        self.shown: list[Shown] = []
        self.seen: set[str] = set()
        self.is_stored = self.is_answered = self.is_ready = self.is_cancelled = False
        self.has_left_bot = self.is_closed = self.is_ponged = False

    @property
    def is_over(self) -> bool:
        """Nothing more will come for it: in the queue a message is only stored."""
        return (
            self.is_answered
            or self.has_left_bot
            or self.is_closed
            or self.is_cancelled
            or (self.in_queue and self.is_stored)
        )
