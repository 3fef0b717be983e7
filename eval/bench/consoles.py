"""Twenty operators who watch five hundred open conversations: what their lists take, and what customers pay for it."""

import asyncio
import json
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import httpx2
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from bot.auth import load_token
from eval.bench.children import Child, serving
from eval.bench.load import Load, offered
from eval.bench.row import Row, latency
from eval.bench.stage import Stage
from eval.bench.talkers import Chat
from eval.bench.turns import STORE, model_ms

LOST = (httpx2.HTTPError, WebSocketException, OSError)
"""What a console meets when the server breaks a connection or refuses."""
OPERATORS, OPEN = 20, 500
OFFERED = (10.0, 50.0)
"""Turns a second."""
EVERY_S = 0.7
"""How often at most a console fetches its list again while there is news."""
AHEAD_S = 4.0
"""Operators are there before the load begins."""
LISTS: tuple[dict[str, str], ...] = ({}, {"owner": "queue"})
"""What a console fetches for its list: the page, and who waits however long ago they wrote."""


class Seen(NamedTuple):
    """What all consoles together saw."""

    ms: list[float]
    """Time of each list."""
    heard: int
    """Events."""


@dataclass(slots=True)
class Console:
    """An operator's console without the page: hears the news and fetches its list again, as the real one does."""

    url: str
    token: str
    ms: list[float] = field(default_factory=list)
    """Time of each list."""
    heard: int = 0
    """Events so far."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self) -> None:
        """Go on until cancelled.

        Raises:
            ExceptionGroup: the server broke a connection or refused.
        """
        headers = {"Authorization": f"Bearer {self.token}"}
        async with (
            httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=60, trust_env=False) as client,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(self._listen())
            tasks.create_task(self._fetch(client))

    async def _listen(self) -> None:
        async with connect(f"{self.url.replace('http', 'ws', 1)}/ws/operator", proxy=None, max_size=None) as line:
            await line.send(json.dumps({"type": "auth", "token": self.token}))
            async for _ in line:
                self.heard += 1
                self._news.set()

    async def _fetch(self, client: httpx2.AsyncClient) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            begun = time.perf_counter()
            answers = await asyncio.gather(*(client.get("/api/conversations", params=query) for query in LISTS))
            for answer in answers:
                answer.raise_for_status()
            self.ms.append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(EVERY_S)


def measure(stage: Stage) -> list[Row]:
    """Measure turns without and with consoles, and the consoles' lists.

    Raises:
        ChildError: the server did not come up.
        ConnectionError: it broke a connection.
        BackendError: the bundle cannot be used.
    """
    home = stage.server_home("consoles")
    stage.meter.begin("consoles", 1 + 2 * len(_rates(stage)))
    with serving(stage.bot("intent"), home) as child:
        return asyncio.run(_measure(stage, child, home))


def _rates(stage: Stage) -> tuple[float, ...]:
    return OFFERED[: stage.count(len(OFFERED), 1)]


async def _measure(stage: Stage, child: Child, home: Path) -> list[Row]:
    async with AsyncExitStack() as leaving:
        talkers = [await Chat.open(child.port) for _ in range(stage.count(OPEN, 40))]
        for talker in talkers:
            leaving.push_async_callback(talker.aclose)
        await offered(talkers, 200.0, len(talkers) / 200.0)
        stage.meter.tick()
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:  # their work is not the customers'
            return [row for rate in _rates(stage) for row in await _at_rate(stage, child, home, talkers, rate, pool)]


async def _at_rate(
    stage: Stage, child: Child, home: Path, talkers: Sequence[Chat], rate: float, pool: ProcessPoolExecutor
) -> list[Row]:
    seconds = float(stage.count(10, 2))
    alone = await offered(talkers, rate, seconds)
    stage.meter.tick()
    url, token = f"http://127.0.0.1:{child.port}", load_token(home).value
    watching = asyncio.get_running_loop().run_in_executor(pool, watch, url, token, seconds + AHEAD_S)
    await asyncio.sleep(AHEAD_S)
    watched = await offered(talkers, rate, seconds)
    stage.meter.tick()
    return _rows(rate, len(talkers), home / STORE, (alone, watched), await watching)


def watch(url: str, token: str, seconds: float) -> Seen:
    """Let all operators watch for a while.

    Raises:
        ConnectionError: the server broke a connection or refused.
    """
    return asyncio.run(_watch([Console(url, token) for _ in range(OPERATORS)], seconds))


async def _watch(consoles: Sequence[Console], seconds: float) -> Seen:
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await asyncio.gather(*(console.watch() for console in consoles))
    except ExceptionGroup as exc:
        if exc.split(LOST)[1] is not None:
            raise  # something else is among it
        raise ConnectionError(f"a console lost the server: {exc.exceptions[0]}") from None
    return Seen([ms for console in consoles for ms in console.ms], sum(console.heard for console in consoles))


def _rows(rate: float, conversations: int, store: Path, loads: tuple[Load, Load], seen: Seen) -> list[Row]:
    alone, watched = (_own_ms(load, store) for load in loads)
    note = f"{conversations} open conversations, {OPERATORS} operators, {rate:.0f} turns/s"
    overhead = latency(f"server_overhead_watched_{rate:.0f}", watched, baseline=alone, target=1.0)
    page = latency(f"console_list_{rate:.0f}", seen.ms, target=1000.0)
    return [
        replace(overhead, note=f"{note}; baseline: nobody watches"),
        replace(page, note=f"{note}; page and queue, fetched at news, at most every {EVERY_S} s; {seen.heard} events"),
    ]


def _own_ms(load: Load, store: Path) -> list[float]:
    model = model_ms(store)
    return [ms - model[name] for ms, name in zip(load.ms, load.ids, strict=True) if name in model]
