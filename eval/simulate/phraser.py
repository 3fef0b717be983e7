"""Who has the last word on the words: the script itself, or a model behind the same seam."""

from collections.abc import Sequence
from typing import Protocol


class Phraser(Protocol):
    """Words a message."""

    is_model: bool
    """Whether somebody else than the script has a say."""

    async def phrase(self, text: str, manner: str, keep: Sequence[str], ways: Sequence[str]) -> str | None:
        """Put a message differently; None when it is to be said as it is.

        Args:
            text: what is meant.
            manner: of the customer, in a word or two.
            keep: values that must not change.
            ways: other ways in which it can be said, to compare with.
        """
        ...

    async def aclose(self) -> None:
        """Release what was opened."""
        ...


class AsScripted:
    """Leaves everything as it is."""

    is_model = False

    async def phrase(self, *_: object, **__: object) -> str | None:
        """See `Phraser`."""
        return None

    async def aclose(self) -> None:
        """See `Phraser`."""
