"""The customers' edge: one object for each WebSocket, which turns frames into calls of reception and desk."""

from collections.abc import Awaitable
from typing import Protocol, assert_never

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.api.refusal import note, note_refusal
from bot.auth import bearer
from bot.boundary import Crashed, boundary
from bot.conversation import PersonAsked
from bot.errors import Conflict, NotFound, Refused, StoreError
from bot.frames import Fault, error_frame, parse
from bot.house import House
from bot.limits import FrameBudget
from bot.outlet import Outlet
from bot.reception import Session, Visitor, negotiated
from bot.redact import redact
from bot.store.reader import events_after, has_pending
from bot.store.rows import StoredEvent
from bot.store.showing import shown_from_store
from bot.store.signals import write_feedback, write_resolved
from bot.tools import Utterance
from bot.wire import (
    ClientFrame,
    Feedback,
    HandoffRequest,
    Ping,
    Pong,
    QuickReplyPressed,
    Resolved,
    SessionConfirm,
    SessionRequest,
    StatusOut,
    Typing,
    UserUttered,
)

POLICY, TRY_LATER, GOING_AWAY = 1008, 1013, 1001
"""Close codes of RFC 6455, section 7.4, and the IANA registry."""
SOURCE = "x-switchboard-source"
"""Header of the handshake that says what kind of traffic this is; the server repeats it when it has taken note."""
DECLARED = ("simulated", "test")
"""What may be declared; everything else is live."""


class _Socket(Protocol):
    async def send_text(self, data: str) -> None: ...

    async def close(self, code: int = 1000, reason: str | None = None) -> None: ...


class Connection:
    """One open chat."""

    __slots__ = ("_address", "_frames", "_house", "_noted", "_session", "_source", "outlet")

    def __init__(self, house: House, socket: _Socket, address: str, frames: FrameBudget, source: str = "live") -> None:
        section = house.settings.server
        self._house = house
        self._address = address
        self._source = source
        self._frames = frames
        self._session: Session | None = None
        self._noted: tuple[str, ...] = ()
        self.outlet = Outlet(
            lambda text: _reaching(socket.send_text(text)),
            lambda: _reaching(socket.close(TRY_LATER, "too slow")),
            most=section.send_queue,
            timeout_s=section.send_timeout_s,
        )

    async def take(self, frame: ClientFrame | Fault) -> None:
        """Handle one frame; whatever happens, the client gets an answer and the connection stays up."""
        reply_to = getattr(frame, "message_id", None)
        if not self._frames.allow():
            return self._error("rate_limited", reply_to=reply_to)
        if isinstance(frame, Fault):
            return self._error(frame.code, frame.detail, frame.reply_to)
        try:
            with boundary(frame.type, self._session.conversation_id if self._session else None):
                await self._dispatch(frame)
        except StoreError:
            self._error("storage", reply_to=reply_to)
        except NotFound:
            self._error("unknown_message", reply_to=reply_to)
        except Conflict:
            self._error("closed", reply_to=reply_to)
        except Crashed:
            self._error("internal", reply_to=reply_to)
        except Refused as exc:
            self._error(exc.code, reply_to=reply_to)
        return None

    async def aclose(self) -> None:
        """Forget the client."""
        if self._session is not None:
            self._house.hub.leave(self._session.conversation_id, self.outlet)
        await self.outlet.close()

    async def _dispatch(self, frame: ClientFrame) -> None:
        if isinstance(frame, Ping):
            return self.outlet.must(Pong())
        if isinstance(frame, SessionRequest):
            return await self._open(frame)
        if self._session is None:
            return self._error("no_session", reply_to=getattr(frame, "message_id", None))
        if isinstance(frame, Typing):
            return None
        if not self._house.limits.allow_message(self._session.conversation_id, self._address):
            return self._error("rate_limited", reply_to=getattr(frame, "message_id", None))
        return await self._write(frame)

    async def _write(self, frame: UserUttered | QuickReplyPressed | HandoffRequest | Feedback | Resolved) -> None:
        """Carry out a frame that leaves something in the store."""
        match frame:
            case UserUttered():
                await self._say(Utterance(frame.message_id, frame.text))
            case QuickReplyPressed():
                await self._say(Utterance(frame.message_id, frame.title, frame.payload, frame.reply_to))
            case HandoffRequest():
                await self._ask_person()
            case Feedback():
                await self._feedback(frame)
            case Resolved(value=value):
                await self._resolved(value)
            case _:
                assert_never(frame)

    async def _open(self, frame: SessionRequest) -> None:
        house = self._house
        if self._session is not None:
            return self._error("session_open")
        if frame.customer is not None and not house.vouched(frame.customer):
            return self._error("bad_identity")
        visitor = Visitor(
            language=negotiated(frame.language, house.settings.bot.languages),
            source=self._source,
            visitor_id=frame.visitor_id,
            customer_id=frame.customer.id if frame.customer else None,
        )
        session = await house.reception.begin(visitor, frame.session_id)
        self._enter(session, frame.resume_from)
        if session.row is not None and house.reader.read_now(lambda db: has_pending(db, session.conversation_id)):
            house.desk.kick(session.conversation_id)
        return None

    def _enter(self, session: Session, resume_from: int | None = None) -> None:
        house = self._house
        if self._session is not None:
            house.hub.leave(self._session.conversation_id, self.outlet)
        self._session = session
        offset = session.row.last_offset if session.row else 0
        confirm = SessionConfirm.model_validate(
            {
                "session_id": session.session_id,
                "conversation_id": session.conversation_id,
                "offset": offset,
                "owner": session.row.owner if session.row else "bot",
            }
        )
        self.outlet.must(confirm)
        seen = min(resume_from or 0, offset)

        async def fetch(after: int) -> list[StoredEvent]:
            return await house.reader.read(
                lambda db: shown_from_store(db, events_after(db, session.conversation_id, after))
            )

        self.outlet.attach(fetch, seen)
        house.hub.join(session.conversation_id, self.outlet)
        if session.row is not None and session.row.owner == "queue":
            house.usher.welcome(session.conversation_id)
        if offset > seen:
            self.outlet.catch_up()

    async def _say(self, utterance: Utterance) -> None:
        house = self._house
        session = await self._ready()
        self.outlet.own(utterance.message_id)
        received = await house.desk.say(session.conversation_id, utterance)
        self.outlet.must(StatusOut(state="acknowledged", message_id=utterance.message_id))
        await house.desk.follow_up(session.conversation_id, received, utterance.payload)

    async def _ask_person(self) -> None:
        session = await self._ready()
        await self._house.desk.step(session.conversation_id, PersonAsked())

    async def _feedback(self, frame: Feedback) -> None:
        session = self._session
        assert session is not None
        reason = redact(frame.reason) if frame.reason else None
        await self._house.writer.write(
            lambda db: write_feedback(db, session.conversation_id, frame.message_id, frame.value, reason)
        )
        self._house.metrics.feedback(frame.value, source=session.visitor.source)

    async def _resolved(self, value: bool) -> None:
        session = self._session
        assert session is not None
        if session.row is None:
            return self._error("closed")
        await self._house.writer.write(lambda db: write_resolved(db, session.conversation_id, value))
        self._house.metrics.resolution("resolved" if value else "unresolved", source=session.row.source)
        return None

    async def _ready(self) -> Session:
        assert self._session is not None
        before = self._session
        session = await self._house.reception.ready(before)
        if session.conversation_id != before.conversation_id:
            self._enter(session)
        else:
            self._session = session
        return session

    def _error(self, code: str, detail: str = "", reply_to: str | None = None) -> None:
        self._house.metrics.error(code)
        if code not in self._noted:  # a flood is one line
            self._noted = (*self._noted, code)
            note(self._house.metrics, code, f"WS /ws from {self._address}")
        self.outlet.must(error_frame(code, detail, reply_to))


async def _reaching(sent: Awaitable[None]) -> None:
    """Say in the outlet's words that the client is gone.

    Raises:
        ConnectionError: the socket is closed.
    """
    try:
        await sent
    except (WebSocketDisconnect, RuntimeError) as exc:
        raise ConnectionError("the client is gone") from exc


def source_of(declared: str | None, *, is_trusted: bool) -> str | None:
    """What a new conversation counts as; None when the client may not say so.

    Args:
        declared: the header `X-Switchboard-Source`; without one the traffic is live.
        is_trusted: the client has the token of an admin. Nobody else may keep a conversation out of the live figures.
    """
    if declared is None:
        return "live"
    return declared if is_trusted and declared in DECLARED else None


def _is_admin(house: House, authorization: str | None) -> bool:
    person = house.accounts.person(bearer(authorization))
    return person is not None and person.role == "admin"


async def chat(websocket: WebSocket, house: House) -> None:
    """Serve one customer until the socket closes."""
    headers = websocket.headers
    peer = websocket.client.host if websocket.client else None
    address = house.limits.address_of(peer, ",".join(headers.getlist("x-forwarded-for")))
    if not house.origin_allowed(headers.get("origin"), headers.get("host")):
        note_refusal(websocket, "forbidden")
        await websocket.close(POLICY, "origin not allowed")
        return
    declared = headers.get(SOURCE)
    is_trusted = declared is not None and _is_admin(house, headers.get("authorization"))
    source = source_of(declared, is_trusted=is_trusted)
    if source is None:
        note_refusal(websocket, "forbidden")
        await websocket.close(POLICY, f"{SOURCE} needs the token of an admin and one of: {', '.join(DECLARED)}")
        return
    if not house.limits.connect(address):
        note_refusal(websocket, "rate_limited")
        await websocket.close(TRY_LATER, "too many connections")
        return
    connection = Connection(house, websocket, address, house.limits.frames(), source)
    try:
        await websocket.accept(headers=[] if source == "live" else [(SOURCE.encode(), source.encode())])
        house.metrics.sockets(1)
        try:
            while (message := await websocket.receive())["type"] == "websocket.receive":
                await connection.take(parse(message))
        finally:
            house.metrics.sockets(-1)
    except WebSocketDisconnect:
        pass
    finally:
        await connection.aclose()
        house.limits.disconnect(address)
