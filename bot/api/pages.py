"""The built front-end: demo page, console, widget; and the headers that keep browsers out of trouble."""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.datastructures import MutableHeaders
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = Path(__file__).parent.parent / "static"
READ = ["GET", "HEAD"]
NOT_BUILT = "The front-end is not built. Run `make web` (Node 20 is needed), then load this page again.\n"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self' ws: wss:; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
)
"""Inline styles are allowed for the widget where a browser lacks constructable style sheets; scripts never are."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class SecurityHeaders:
    """Adds the headers to every HTTP response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(MutableHeaders(scope=message), path)
            await send(message)

        await self._app(scope, receive, with_headers)


def _add(headers: MutableHeaders, path: str) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if headers.get("content-type", "").startswith("text/html"):
        is_console = path.startswith("/console")
        headers.setdefault("Content-Security-Policy", POLICY.format(ancestors="'none'" if is_console else "'self'"))
        headers.setdefault("X-Frame-Options", "DENY" if is_console else "SAMEORIGIN")
    if path.startswith("/api"):
        headers.setdefault("Cache-Control", "no-store")
    elif "etag" in headers:
        headers.setdefault("Cache-Control", "no-cache")
    if path == "/widget.js":
        headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin")


def add_pages(app: FastAPI, static: Path = STATIC) -> None:
    """Serve the pages; to be called last, as it answers every path that nobody else does."""
    router = APIRouter(include_in_schema=False)

    def page(name: str) -> Response:
        path = static / name
        return FileResponse(path) if path.is_file() else PlainTextResponse(NOT_BUILT, 503)

    @router.api_route("/", methods=READ)
    async def demo() -> Response:
        return page("index.html")

    @router.api_route("/console", methods=READ)
    async def console() -> Response:
        return page("console.html")

    @router.api_route("/widget.js", methods=READ)
    async def widget() -> Response:
        return page("widget.js")

    app.include_router(router)
    app.mount("/", StaticFiles(directory=static, check_dir=False))
