"""The web application: mounts the edges on one house, from start to graceful stop."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from bot.api.mount import guarded, mount
from bot.house import House, open_house
from bot.settings import Settings
from bot.sockets import chat

MAX_BODY_BYTES = 2 * 1024 * 1024
"""No documented request comes near this."""


class ChatFirst:
    """Hands `/ws` to the chat before the layers made for requests, so that no open chat holds them in memory."""

    def __init__(self, rest: ASGIApp) -> None:
        """Give everything else to the rest."""
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "websocket" and scope["path"] == "/ws":
            house: House = scope["app"].state.house
            await chat(WebSocket(scope, receive, send), house)
        else:
            await self._rest(scope, receive, send)


def create_app(settings: Settings, bot: Path, home: Path, *, opened: Callable[[], None] | None = None) -> FastAPI:
    """Build the application; the house is opened when it starts and closed when it stops.

    Args:
        settings: the effective settings.
        bot: the bot folder.
        home: the folder for everything that is written.
        opened: called at each start, once everything is loaded.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        house = await open_house(settings, bot, home)
        app.state.house = house
        if opened is not None:
            opened()
        try:
            yield
        finally:
            await house.aclose()

    app = FastAPI(
        title=settings.bot.name,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        max_body_size=MAX_BODY_BYTES,
    )

    mount(app)
    app.middleware_stack = ChatFirst(guarded(app.build_middleware_stack(), MAX_BODY_BYTES))
    return app
