"""`/ws/operator`: live events of all conversations, for whoever sends a token first. Reads nothing else."""

import asyncio
import logging
from typing import Annotated

from fastapi import APIRouter, WebSocket
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from starlette.websockets import WebSocketDisconnect

from bot.api.access import Address, TheHouse
from bot.api.refusal import note_refusal
from bot.errors import StoreError
from bot.frames import MAX_FRAME_BYTES, error_frame
from bot.house import House
from bot.wire import Changed, OperatorAuth, OperatorEvent, OperatorReady, Ping, Pong, RoutingChanged

logger = logging.getLogger(__name__)

router = APIRouter()

AUTH_TIMEOUT_S = 5.0
MOST_WAITING = 2048
"""Events waiting for one slow console before it is cut off; it reads the lists again when it comes back."""
POLICY, TRY_LATER = 1008, 1013
"""Close codes of RFC 6455, section 7.4, and the IANA registry."""
FRAME: TypeAdapter[OperatorAuth | Ping] = TypeAdapter(Annotated[OperatorAuth | Ping, Field(discriminator="type")])


class Console:
    """The way out to one operator."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._waiting: asyncio.Queue[BaseModel] = asyncio.Queue(MOST_WAITING)
        self.is_behind = asyncio.Event()
        self.accounts_changed = asyncio.Event()

    def watched(self, frame: OperatorEvent | RoutingChanged | Changed) -> None:
        """Take an event; never blocks."""
        if isinstance(frame, Changed) and frame.topic == "operator":
            self.accounts_changed.set()
        self.put(frame)

    def put(self, frame: BaseModel) -> None:
        """Queue a frame; a console that is too far behind is given up."""
        try:
            self._waiting.put_nowait(frame)
        except asyncio.QueueFull:
            self.is_behind.set()

    async def send(self) -> None:
        """Send what is queued, for ever."""
        while True:
            frame = await self._waiting.get()
            await self._websocket.send_text(frame.model_dump_json())


@router.websocket("/ws/operator")
async def watch(websocket: WebSocket, house: TheHouse, address: Address) -> None:
    """Serve one console until it leaves."""
    headers = websocket.headers
    if not house.origin_allowed(headers.get("origin"), headers.get("host")):
        note_refusal(websocket, "forbidden")
        await websocket.close(POLICY, "origin not allowed")
        return
    if not house.limits.connect(address):
        note_refusal(websocket, "rate_limited")
        await websocket.close(TRY_LATER, "too many connections")
        return
    try:
        await websocket.accept()
        try:
            auth = await _auth(websocket, house, address)
            if auth is not None:
                await _serve(websocket, house, auth)
        except StoreError as exc:
            logger.error("request_failed", extra={"detail": str(exc)})
            house.metrics.error("storage")
            await websocket.close(TRY_LATER, "the account could not be checked")
    except WebSocketDisconnect:
        pass
    finally:
        house.limits.disconnect(address)


async def _auth(websocket: WebSocket, house: House, address: str) -> OperatorAuth | None:
    """The first frame must be a token; None when it was not, and then the socket is closed.

    Raises:
        StoreError: whose token it is cannot be read.
    """
    try:
        async with asyncio.timeout(AUTH_TIMEOUT_S):
            frame = await _receive(websocket)
    except TimeoutError:
        frame = None
    if isinstance(frame, OperatorAuth) and house.accounts.person(frame.token) is not None:
        return frame
    code = "unauthorized" if house.limits.allow_http(address) else "rate_limited"
    note_refusal(websocket, code)
    await websocket.send_text(error_frame(code).model_dump_json())
    await websocket.close(POLICY, "the first frame must be the operator token")
    return None


async def _serve(websocket: WebSocket, house: House, auth: OperatorAuth) -> None:
    """Send events until the console leaves, falls behind or is let in no more.

    Raises:
        StoreError: whether it is still let in cannot be read.
    """
    console = Console(websocket)
    person = house.accounts.person(auth.token, called=auth.operator)
    name = person.name if person else ""
    house.hub.watch(console)
    house.duty.arrive(name)
    console.put(OperatorReady())
    tasks = [
        asyncio.create_task(work)
        for work in (
            console.send(),
            _listen(websocket, console),
            console.is_behind.wait(),
            _until_disabled(console, house, auth.token),
        )
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if console.is_behind.is_set():
            await websocket.close(TRY_LATER, "too slow")
        elif tasks[-1].done():
            tasks[-1].result()  # raises what kept it from looking
            note_refusal(websocket, "unauthorized")
            await websocket.close(POLICY, "the account was disabled")
    finally:
        house.hub.unwatch(console)
        house.duty.leave(name)
        for task in tasks:
            task.cancel()
        done, _ = await asyncio.wait(tasks)
        for outcome in [task.exception() for task in done if not task.cancelled()]:
            if outcome is not None and not isinstance(outcome, WebSocketDisconnect | RuntimeError | StoreError):
                logger.error("console_failed", exc_info=outcome)


async def _until_disabled(console: Console, house: House, token: str) -> None:
    """Return when the token opens nothing any more. Every worker hears of a change of accounts, whoever made it.

    Raises:
        StoreError: whose token it is cannot be read.
    """
    while True:
        await console.accounts_changed.wait()
        console.accounts_changed.clear()
        if house.accounts.person(token) is None:
            return


async def _listen(websocket: WebSocket, console: Console) -> None:
    """Answer pings until the console leaves; anything else is refused and the socket stays up."""
    while True:
        frame = await _receive(websocket)
        console.put(Pong() if isinstance(frame, Ping) else error_frame("bad_frame"))


async def _receive(websocket: WebSocket) -> OperatorAuth | Ping | None:
    """Read one frame; None when it is none of ours.

    Raises:
        WebSocketDisconnect: the console left.
    """
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    text = message.get("text")
    if text is None or len(text) > MAX_FRAME_BYTES:
        return None
    try:
        return FRAME.validate_json(text)
    except ValidationError:
        return None
