"""Memory of open, idle chats in one server process."""

import asyncio
import gc

from eval.bench.children import Child, raise_file_limit, serving
from eval.bench.row import Row
from eval.bench.stage import Stage
from eval.bench.talkers import Chat

GOAL = 10_000
"""Sockets the target speaks of."""
TARGET_MB = 400.0
PER_ADDRESS = 20_000
"""Connections from one loopback address: below the number of ephemeral ports."""
AT_ONCE = 50
SPARE = 200
"""Files a process opens beside its sockets."""


def measure(stage: Stage) -> list[Row]:
    """Open chats that say nothing, and read what the process has grown by.

    Raises:
        ChildError: the server did not come up.
        ConnectionError: it refused a connection.
        BackendError: the bundle cannot be used.
    """
    limit = raise_file_limit()
    number = min(stage.count(stage.sockets, min(stage.sockets, 500)), limit - SPARE)
    home = stage.server_home("idle")
    stage.meter.begin("idle sockets", number)
    with serving(stage.bot("intent"), home) as child:
        before, after = asyncio.run(_grow(stage, child, number))
    each_kib = (after - before) * 1e6 / 1024 / number
    total = before + (after - before) * GOAL / number
    return [
        Row(
            "idle_socket",
            number,
            "KiB",
            value=each_kib,
            note="growth for each open chat, session begun",
        ),
        Row(
            "idle_sockets_10000",
            number,
            "MB",
            value=total,
            target=TARGET_MB,
            note=f"the whole process; {before:.0f} MB before the first"
            + ("" if number >= GOAL else f"; worked out from {number}"),
        ),
    ]


async def _grow(stage: Stage, child: Child, number: int) -> tuple[float, float]:
    """Resident MB before and after the chats were opened."""
    first = await Chat.open(child.port)
    await first.ask("hello, is anybody there?")
    before = child.rss_mb()
    chats = [first]
    gc.freeze()
    for start in range(0, number, AT_ONCE):
        chats += await asyncio.gather(
            *(Chat.open(child.port, source=_source(place)) for place in range(start, min(start + AT_ONCE, number)))
        )
        stage.meter.tick(AT_ONCE)
    await first.ask("and still there?")
    child.check()
    after = child.rss_mb()
    for chat in chats:
        await chat.aclose()
    return before, after


def _source(place: int) -> str:
    return f"127.0.0.{1 + place // PER_ADDRESS}"
