"""Counts and logs who was turned away. A line names the path, never a token, a query or a body."""

import logging

from starlette.requests import HTTPConnection

from bot.house import House
from bot.metrics import Metrics

logger = logging.getLogger(__name__)

CODES = frozenset({"unauthorized", "forbidden", "bad_identity", "rate_limited", "too_large"})
"""Refusals that may be an attack; whoever merely mistypes is not logged."""
MOST_CHARS = 200
"""Of a path in the log."""


def note_refusal(connection: HTTPConnection, code: str) -> None:
    """Count and log a refused request or socket, if it is one of `CODES`."""
    if code not in CODES:
        return
    house: House = connection.app.state.house
    peer = connection.client.host if connection.client else None
    address = house.limits.address_of(peer, ",".join(connection.headers.getlist("x-forwarded-for")))
    method = connection.scope.get("method", "WS")
    note(house.metrics, code, f"{method} {connection.scope['path'][:MOST_CHARS]} from {address}")


def note(metrics: Metrics, code: str, what: str) -> None:
    """Count and log a refusal, if it is one of `CODES`.

    Args:
        metrics: count it.
        code: why it was refused.
        what: which request, and where it came from.
    """
    if code in CODES:
        metrics.refused(code)
        logger.warning("request_refused", extra={"outcome": code, "detail": what})
