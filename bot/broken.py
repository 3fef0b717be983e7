"""Stands in for a backend that could not be loaded, so that the others keep answering."""

from backends.contract import Abstain, BackendError, Emit, Reply, Status, Turn


class Broken:
    """Fails every turn with the reason it could not be loaded."""

    def __init__(self, name: str, detail: str) -> None:
        self.name = name
        self._detail = detail

    async def reply(self, _turn: Turn, _emit: Emit) -> Reply | Abstain:
        """Always fail.

        Raises:
            BackendError: why it could not be loaded.
        """
        raise BackendError(self._detail)

    def status(self) -> Status:
        """Tell operators why."""
        return Status("down", self._detail)

    async def aclose(self) -> None:
        """Nothing is open."""
