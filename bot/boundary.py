"""Where bugs stop: the handling of one event ends in a logged error with a public code, a chore begins again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from bot.errors import Refused, SwitchboardError

logger = logging.getLogger(__name__)

AGAIN_S = 30.0
"""How long a chore that crashed rests, seconds."""


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


async def keep(
    what: str, run: Callable[[], Awaitable[None]], sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Run a chore of the server until it ends or is cancelled; one that fails is logged and begun again.

    Args:
        what: its name, for the log.
        run: the chore.
        sleep: before it is begun again.
    """
    while True:
        try:
            with boundary(what):
                return await run()
        except SwitchboardError as exc:
            logger.warning("chore_failed", extra={"event": what, "detail": str(exc)})
        await sleep(AGAIN_S)
