"""Turns one WebSocket message into a client frame or into a fault with a public code. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pydantic_core
from pydantic import ValidationError

from bot.errors import PUBLIC
from bot.wire import CLIENT, ClientFrame, ErrorOut

MAX_FRAME_BYTES = 64 * 1024
"""No documented frame comes near this; a longer one is refused unread."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a message is no frame."""

    code: str
    detail: str = ""
    reply_to: str | None = None


def parse(message: Mapping[str, Any]) -> ClientFrame | Fault:
    """Read an ASGI `websocket.receive` message."""
    text = message.get("text")
    if text is None:
        return Fault("binary_frame")
    if len(text) > MAX_FRAME_BYTES:
        return Fault("too_long" if '"user_uttered"' in text[:200] else "too_large")
    try:
        return CLIENT.validate_json(text)
    except ValidationError as exc:
        return _fault(exc, text)


def error_frame(code: str, detail: str = "", reply_to: str | None = None) -> ErrorOut:
    """The error a customer sees: a public text, and for malformed frames which field was wrong."""
    message, retryable = PUBLIC[code]
    return ErrorOut(code=code, message=f"{message} {detail}".strip(), retryable=retryable, reply_to=reply_to)


def _fault(exc: ValidationError, text: str) -> Fault:
    first = exc.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return Fault("bad_json")
    reply_to = _message_id(text)
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "string_too_long" and where.endswith(".text"):
        return Fault("too_long", reply_to=reply_to)
    return Fault("bad_frame", f"{where or 'frame'}: {first['msg']}."[:300], reply_to)


def _message_id(text: str) -> str | None:
    try:
        found = pydantic_core.from_json(text)
    except ValueError:
        return None
    message_id = found.get("message_id") if isinstance(found, dict) else None
    return message_id if isinstance(message_id, str) and len(message_id) <= 64 else None
