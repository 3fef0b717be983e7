"""Puts load on a server through talkers: as fast as each gets its replies, or a fixed number of turns a second."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from eval.bench.talkers import Talker
from eval.bench.texts import TEXTS


@dataclass(slots=True)
class Load:
    """What came of it."""

    ms: list[float] = field(default_factory=list)
    """Time of each turn as its customer saw it."""
    ids: list[str] = field(default_factory=list)
    """Message ids, in the order of `ms`."""
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        """Turns answered a second."""
        return len(self.ms) / self.seconds if self.seconds else 0.0


async def closed_loop(talkers: Sequence[Talker], seconds: float) -> Load:
    """Let every talker say the next text as soon as it has its reply.

    Raises:
        ConnectionError: a connection ended.
    """
    load, numbers, begun = Load(), count(), time.perf_counter()

    async def talk(talker: Talker) -> None:
        while time.perf_counter() - begun < seconds:
            await _turn(talker, next(numbers), load)

    await asyncio.gather(*map(talk, talkers))
    load.seconds = time.perf_counter() - begun
    return load


async def offered(talkers: Sequence[Talker], per_second: float, seconds: float) -> Load:
    """Say a fixed number of texts a second, the talkers in turn.

    A talker that still waits for its last reply is late; its time then counts from when the turn was due. The
    server cannot slow the load down that way. When it is hopelessly behind, the rest is not waited for.

    Raises:
        ConnectionError: a connection ended.
    """
    load, begun = Load(), time.perf_counter()
    turns = round(per_second * seconds)

    async def talk(place: int) -> None:
        for number in range(place, turns, len(talkers)):
            due = begun + number / per_second
            late = time.perf_counter() > due
            if not late:
                await asyncio.sleep(due - time.perf_counter())
            elif time.perf_counter() - begun > 2 * seconds:
                return
            await _turn(talkers[place], number, load, due if late else None)

    await asyncio.gather(*map(talk, range(len(talkers))))
    load.seconds = time.perf_counter() - begun
    return load


async def _turn(talker: Talker, number: int, load: Load, due: float | None = None) -> None:
    begun = due or time.perf_counter()
    message_id = await talker.ask(TEXTS[number % len(TEXTS)])
    load.ms.append((time.perf_counter() - begun) * 1000)
    load.ids.append(message_id)
