"""One JSON line on standard error for each thing that happens; only command lines configure it.

A line carries named fields and nothing else: what a customer wrote is not among them, so it cannot get into the log.
The record of what was said is the store.
"""

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

FIELDS = ("conversation_id", "turn_id", "backend", "duration_ms", "outcome", "detail")
"""What a line may carry beside time, level, logger and event."""
CHATTY = ("websockets", "httpx", "httpx2", "httpcore", "httpcore2", "openai", "asyncio", "tokenizers", "apscheduler")
"""Libraries that show payloads below WARNING: never let them."""
UVICORN = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")

_bound: ContextVar[Mapping[str, object]] = ContextVar("log_fields", default={})  # noqa: B039 - never changed in place


@contextmanager
def bound(**fields: object) -> Iterator[None]:
    """Add fields to every line of this task, and of tasks it starts, while the block runs."""
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise ValueError(f"no log fields {sorted(unknown)}; known: {', '.join(FIELDS)}")
    reset = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(reset)


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record; unknown extras are left out."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if what := getattr(record, "event", None):
            line["during"] = what
        context = _bound.get()
        for name in FIELDS:
            value = getattr(record, name, context.get(name))
            if value is not None:
                line[name] = value
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(level: str = "INFO") -> None:
    """Send every logger of this process through one handler; safe to call again.

    Args:
        level: `DEBUG`, `INFO`, `WARNING` or `ERROR`.

    Raises:
        ValueError: no such level.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.setLevel(level.upper())
    for old in [old for old in root.handlers if isinstance(old.formatter, JsonLines)]:
        root.removeHandler(old)
    root.addHandler(handler)
    for name in UVICORN:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)
