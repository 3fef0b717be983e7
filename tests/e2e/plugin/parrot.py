"""A stranger's backend for whole-process tests: repeats, counts slowly, or pours out much text, as it is told.

It is installed in no environment: its folder is put on PYTHONPATH, and the server finds it by its entry point.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from backends.contract import Abstain, Backend, BackendError, Emit, Place, Reason, Reply, Turn

PIECE = 1000
"""Characters in one piece of a flood."""


class Parrot:
    """Understands `say X`, `count N MS` (N words, one every MS milliseconds), `flood N` (N pieces) and `fail`."""

    name = "parrot"

    async def reply(self, turn: Turn, emit: Emit) -> Reply | Abstain:
        """Do as told."""
        command, _, rest = turn.text.partition(" ")
        match command:
            case "say":
                return Reply(rest)
            case "count":
                count, _, every_ms = rest.partition(" ")
                return await _stream([f"{n} " for n in range(1, int(count) + 1)], float(every_ms or 0) / 1000, emit)
            case "flood":
                return await _stream(["x" * PIECE] * int(rest), 0, emit)
            case "fail":
                raise BackendError("told to fail")
            case _:
                return Abstain(Reason.NO_REPLY)

    async def aclose(self) -> None:
        """Nothing is open."""


async def _stream(pieces: list[str], every_s: float, emit: Emit) -> Reply:
    for piece in pieces:
        await emit(piece)
        await asyncio.sleep(every_s)
    return Reply("".join(pieces).strip())


def load(_settings: Mapping[str, Any], _place: Place) -> Backend:
    """Build it; it has no settings."""
    return Parrot()
