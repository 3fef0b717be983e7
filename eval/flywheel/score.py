"""What counts as right: the first intent is the meant one, thresholds ignored, over the intents asked for so far."""

from collections.abc import Sequence

from backends.contract import Parse
from eval.flywheel.points import NOT_ASKED
from eval.flywheel.stream import Stream


def mark(stream: Stream, night: int, right: str) -> str:
    """Blot out the rows of intents that no customer has had reason to ask for.

    Args:
        stream: the shop's.
        night: number of the night.
        right: `1` or `0` for each test row.
    """
    signs = zip(right, stream.test, strict=True)
    return "".join(sign if stream.is_known(row.intent, night) else NOT_ASKED for sign, row in signs)


def marks(stream: Stream, night: int, parses: Sequence[Parse]) -> str:
    """The same from what a classifier says to each test row."""
    pairs = zip(parses, stream.test, strict=True)
    return mark(stream, night, "".join("01"[parse.ranking[0][0] == row.intent] for parse, row in pairs))
