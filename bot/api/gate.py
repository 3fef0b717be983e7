"""Turns requests away before anything of them is read: no token under `/api`, or a body that is too large.

Routes check the token again and say whose it is. A body of unknown length is cut off where it passes the limit; that
is the web framework's doing, and only the answer is put into our form here.
"""

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.api.access import address_of, refuse
from bot.api.faults import fault
from bot.api.refusal import note_refusal
from bot.auth import bearer
from bot.errors import Refused, StoreError
from bot.house import House

TOO_LARGE = 413


class Gate:
    """Stands before the routes."""

    def __init__(self, app: ASGIApp, *, most_bytes: int) -> None:
        """Let nothing through whose body says it is longer than `most_bytes`."""
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection, path = HTTPConnection(scope), scope["path"]
        try:
            if path == "/api" or path.startswith("/api/"):
                _identify(connection)
        except (Refused, StoreError) as exc:
            code = exc.code if isinstance(exc, Refused) else "storage"
            note_refusal(connection, code)
            await fault(code, path=path)(scope, receive, send)
            return
        if _length(connection) > self._most_bytes:
            await _too_large(connection, receive, send)
            return
        await self._app(scope, receive, _Answer(connection, receive, send).pass_on)


class _Answer:
    """Passes an answer on; one that says the body was too large is told in our words."""

    def __init__(self, connection: HTTPConnection, receive: Receive, send: Send) -> None:
        self._connection = connection
        self._receive = receive
        self._send = send
        self._is_replaced = False

    async def pass_on(self, message: Message) -> None:
        """Send one part."""
        if message["type"] == "http.response.start" and message["status"] == TOO_LARGE:
            self._is_replaced = True
            await _too_large(self._connection, self._receive, self._send)
        elif not self._is_replaced:
            await self._send(message)


def _identify(connection: HTTPConnection) -> None:
    house: House = connection.app.state.house
    if house.accounts.person(bearer(connection.headers.get("authorization"))) is None:
        refuse(house, address_of(connection, house))


def _length(connection: HTTPConnection) -> int:
    told = connection.headers.get("content-length", "")
    return int(told) if told.isascii() and told.isdecimal() else 0


async def _too_large(connection: HTTPConnection, receive: Receive, send: Send) -> None:
    note_refusal(connection, "too_large")
    response = fault("too_large", "The request is too large.", path=connection.scope["path"])
    response.headers["Connection"] = "close"  # the rest of the body is on its way, and nobody wants it
    await response(connection.scope, receive, send)
