"""Whole turns over the WebSocket: a real server beside a FastAPI route around a pipeline, under the same load.

The server stores every message and turn durably; the route stores nothing.
"""

import asyncio
import json
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from eval.bench.children import Child, naive, serving
from eval.bench.load import Load, closed_loop, offered
from eval.bench.row import Row, latency
from eval.bench.stage import Stage
from eval.bench.talkers import Chat, HttpChat, Talker

OFFERED = 200.0
"""Turns a second."""
CONVERSATIONS = (1, 16, 100)
STORE = "switchboard.sqlite3"
Open = Callable[[int], Awaitable[Talker]]
"""Connects to a port."""


def measure(stage: Stage) -> list[Row]:
    """Measure turns at a fixed rate and in closed loops, on both sides in turn, and the server's own share.

    Raises:
        ChildError: a server did not come up.
        ConnectionError: a server broke a connection.
        BackendError: the bundle cannot be used.
    """
    home, model = stage.server_home("turns"), stage.pipeline_model()
    stage.meter.begin("turns", 2 * (1 + len(CONVERSATIONS)) + 1)
    with serving(stage.bot("intent"), home) as ours, naive(model, stage.folder / "naive.log") as theirs:
        return asyncio.run(_measure(stage, ours, theirs, home / STORE))


async def _measure(stage: Stage, ours: Child, theirs: Child, store: Path) -> list[Row]:
    seconds = float(stage.count(8, 2))
    await _warm_up(ours, theirs)
    before = ours.cpu_s()
    fixed = await _offered(Chat.open, ours, seconds)
    cpu_ms = (ours.cpu_s() - before) * 1000 / max(1, len(fixed.ms))
    stage.meter.tick()
    rival = await _offered(HttpChat.open, theirs, seconds)
    stage.meter.tick()
    note = f"{OFFERED:.0f} turns/s offered by 100 conversations; answered {fixed.per_second:.0f}/s"
    rows = [
        replace(
            latency("turns_offered_200", fixed.ms, baseline=rival.ms),
            note=f"{note}, baseline {rival.per_second:.0f}/s; {cpu_ms:.2f} ms of processor time a turn",
        ),
        _overhead(fixed, store),
        await _round_trip(ours, stage.count(1000, 100)),
    ]
    stage.meter.tick()
    for number in CONVERSATIONS:
        mine = await _closed(Chat.open, ours, number, seconds)
        stage.meter.tick()
        other = await _closed(HttpChat.open, theirs, number, seconds)
        stage.meter.tick()
        rows += _closed_rows(number, mine, other)
    return rows


def _closed_rows(number: int, mine: Load, other: Load) -> list[Row]:
    note = f"{number} conversations, each waits for its reply"
    rate = Row(
        f"turns_per_second_{number}",
        len(mine.ms),
        "turns/s",
        value=mine.per_second,
        baseline=other.per_second,
        ratio=mine.per_second / other.per_second,
        note=note,
    )
    return [rate, replace(latency(f"turns_{number}", mine.ms, baseline=other.ms), note=note)]


def _overhead(load: Load, store: Path) -> Row:
    """Take the model's own time, as stored with each turn, off the time its customer waited."""
    encode = model_ms(store)
    own = [ms - encode[message_id] for ms, message_id in zip(load.ms, load.ids, strict=True) if message_id in encode]
    row = latency("server_overhead", own, target=1.0)
    return replace(row, note="turn time less the stage `encode`, at 200 turns/s, durable writes; p99 target 5 ms")


def model_ms(store: Path) -> dict[str, float]:
    """Message id → milliseconds in the model, of the turns that asked it."""
    connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    try:
        found = connection.execute("SELECT message_id, stages_json FROM turns").fetchall()
    finally:
        connection.close()
    stages = ((message_id, json.loads(text)) for message_id, text in found)
    return {message_id: float(times["encode"]) for message_id, times in stages if "encode" in times}


async def _round_trip(child: Child, times: int) -> Row:
    """What the socket alone takes: `ping` → `pong`, no conversation, no store."""
    chat = await Chat.open(child.port)
    ms: list[float] = []
    for _ in range(times):
        begun = time.perf_counter()
        await chat.exchange({"type": "ping"}, "pong")
        ms.append((time.perf_counter() - begun) * 1000)
    await chat.aclose()
    return replace(latency("socket_round_trip", ms), note="`ping` to `pong`: part of every turn's time")


async def _warm_up(ours: Child, theirs: Child) -> None:
    await _closed(Chat.open, ours, 4, 1.0)
    await _closed(HttpChat.open, theirs, 4, 1.0)


async def _closed(connect: Open, child: Child, number: int, seconds: float) -> Load:
    talkers = await _open(connect, child, number)
    try:
        return await closed_loop(talkers, seconds)
    finally:
        await _close(talkers)


async def _offered(connect: Open, child: Child, seconds: float) -> Load:
    talkers = await _open(connect, child, 100)
    try:
        return await offered(talkers, OFFERED, seconds)
    finally:
        await _close(talkers)


async def _open(connect: Open, child: Child, number: int) -> list[Talker]:
    child.check()
    return [await connect(child.port) for _ in range(number)]


async def _close(talkers: Sequence[Talker]) -> None:
    for talker in talkers:
        with suppress(ConnectionError):
            await talker.aclose()
