"""Where bugs stop: the handling of one event ends in a logged error with a public code."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from bot.errors import Refused, SwitchboardError

logger = logging.getLogger(__name__)


class Crashed(Refused):
    """A bug; it has been logged, and the customer gets a code."""

    code = "internal"


@contextmanager
def boundary(what: str, conversation_id: str | None = None) -> Iterator[None]:
    """Turn a bug in the handling of one event into a logged error with a public code.

    Raises:
        Crashed: instead of whatever unexpected exception it was.
    """
    try:
        yield
    except SwitchboardError:
        raise
    except Exception as exc:
        logger.exception("event_crashed", extra={"event": what, "conversation_id": conversation_id})
        raise Crashed(what) from exc
