"""Every error of the HTTP edges as JSON: `{code, message}`, or OpenAI's form under `/v1`. Never a stack trace."""

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from backends.contract import BackendError
from bot.api.refusal import note_refusal
from bot.errors import PUBLIC, Clash, Invalid, Refused, StoreError, Taken

logger = logging.getLogger(__name__)


class Unauthorized(Refused):
    """The token is missing or wrong."""

    code = "unauthorized"


class Forbidden(Refused):
    """The caller is known and may not."""

    code = "forbidden"


class NotServed(Refused):
    """No such model."""

    code = "model_not_found"


class Busy(Refused):
    """It is being done already; the message says by whom or what."""

    code = "busy"


class Unavailable(Refused):
    """Something this needs is not there; the message says what."""

    code = "unavailable"


STATUS = {
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "model_not_found": 404,
    "conflict": 409,
    "closed": 409,
    "taken": 409,
    "busy": 409,
    "invalid": 422,
    "too_large": 413,
    "rate_limited": 429,
    "internal": 500,
    "unavailable": 503,
    "storage": 503,
}
SPEAKING = (Forbidden, Invalid, NotServed, Busy, Unavailable, Taken, Clash)
"""Errors whose own message is written for the caller."""


def fault(code: str, message: str | None = None, *, status: int | None = None, path: str = "") -> JSONResponse:
    """One error as a response; under `/v1` in OpenAI's form."""
    status = status or STATUS.get(code, 400)
    is_openai = path.startswith("/v1/")
    if is_openai and status == 422:
        status = 400
    text = message or PUBLIC.get(code, PUBLIC["internal"])[0]
    headers: dict[str, str] = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 429:
        headers["Retry-After"] = "10"
    body: Mapping[str, Any] = {"code": code, "message": text}
    if is_openai:
        kind = "server_error" if status >= 500 else "invalid_request_error"
        body = {"error": {"message": text, "type": kind, "param": None, "code": code}}
    return JSONResponse(body, status, headers)


def add_handlers(app: FastAPI) -> None:
    """Answer every exception of a route with JSON."""

    @app.exception_handler(Refused)
    async def refused(request: Request, exc: Refused) -> JSONResponse:
        note_refusal(request, exc.code)
        return fault(exc.code, str(exc) if isinstance(exc, SPEAKING) else None, path=request.url.path)

    @app.exception_handler(StoreError)
    async def storage(request: Request, exc: StoreError) -> JSONResponse:
        logger.error("request_failed", extra={"detail": str(exc)})
        return fault("storage", path=request.url.path)

    @app.exception_handler(BackendError)
    async def backend(request: Request, exc: BackendError) -> JSONResponse:
        logger.warning("request_failed", extra={"detail": str(exc)})
        return fault("unavailable", "The backend cannot answer right now.", path=request.url.path)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, exc: RequestValidationError) -> JSONResponse:
        return fault("invalid", _reasons(exc), path=request.url.path)

    @app.exception_handler(HTTPException)
    async def plain(request: Request, exc: HTTPException) -> JSONResponse:
        codes = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
        code = codes.get(exc.status_code, "invalid")
        text = None if code in PUBLIC else str(exc.detail)
        return fault(code, text, status=exc.status_code, path=request.url.path)

    @app.exception_handler(Exception)
    async def crashed(request: Request, _exc: Exception) -> JSONResponse:
        return fault("internal", path=request.url.path)  # Starlette raises it again, for the log


def _reasons(exc: RequestValidationError) -> str:
    """The first things that are wrong, without what was sent."""
    reasons = []
    for error in exc.errors()[:3]:
        where = ".".join(str(part) for part in error["loc"][1:]) or str(error["loc"][0])
        reasons.append(f"{where}: {error['msg']}")
    return "; ".join(reasons)
