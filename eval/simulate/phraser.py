"""Who has the last word on the words: the script itself, or a model behind the same seam."""

from collections.abc import Sequence
from typing import Protocol


class Phraser(Protocol):
    """Words a message."""

    is_model: bool
    """Whether somebody else than the script has a say."""

    async def phrase(self, text: str, manner: str, keep: Sequence[str]) -> str | None:
        """Put a message differently; None when it is to be said as it is."""
        ...

    async def aclose(self) -> None:
        """Release what was opened."""
        ...


class AsScripted:
    """Leaves everything as it is."""

    is_model = False

    async def phrase(self, text: str, manner: str, keep: Sequence[str]) -> str | None:  # noqa: ARG002 - the protocol
        """See `Phraser`."""
        return None

    async def aclose(self) -> None:
        """See `Phraser`."""
