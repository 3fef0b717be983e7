"""A server goes through a whole night while customers talk to it; and the schedule survives who keeps it."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psutil
import pytest

from backends import bundle
from tests.e2e.chatting import Chat
from tests.e2e.conftest import PARROT_BOT, AsOperator, Measured, OpenChat, Serve
from tests.e2e.demo_shop import LIMITS
from tests.e2e.running import PLUGIN, ROOT, Running

pytestmark = pytest.mark.slow

STARTER = ROOT / "bot" / "starter"
BOT = """
[bot]
name = "Spoke & Chain"
[routing]
error_budget = 0.12
arms = [{arm = "main", weight = 1.0, chain = ["intent", "parrot", "cheap_night"]}]
[nightly]
gold_share = 0.05
"""
CHATS, EVERY_S, USUAL_S = 10, 0.5, 15.0
"""Customers, seconds between two messages of one of them, and seconds of talk before the night."""
TIMES, FLOOR_S = 2.0, 0.25
"""The p99 of a turn may double in the night; a quarter of a second nobody notices, on whatever machine this runs."""
LABELS = {
    "hello mechanic": "greet",
    "cheers mate, bye": "thanks",
    "put me through to somebody who works there": "talk_to_human",
    "what time does the shop shut on fridays": "opening_hours",
    "how many euros do you take for a new tyre": "repair_prices",
    "is my mountain bike done yet": "repair_status",
    "do you hire out tandems": "oos",
    "good afternoon all": "greet",
    "ta very much": "thanks",
    "yes do it": "affirm",
    "rather not thanks": "deny",
    "what would a new saddle set me back": "repair_prices",
    "are you open on a bank holiday": "opening_hours",
    "any progress with my gear cable": "repair_status",
}
"""What customers say, each in a chat of its own, and what an operator says that they meant."""


class Took(NamedTuple):
    """One turn, seconds."""

    at: float
    seconds: float


def p99(turns: Sequence[Took]) -> float:
    return sorted(turn.seconds for turn in turns)[int(0.99 * len(turns))]


def one_night(bot: Path, home: Path) -> None:
    """Train the first champion, without a server."""
    path = os.pathsep.join([str(PLUGIN), str(ROOT)])
    env = {**os.environ, "SWITCHBOARD_HOME": str(home), "PYTHONPATH": path}
    subprocess.run([sys.executable, "-m", "cheap_night", "--bot", str(bot)], env=env, check=True, capture_output=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("night")
    bot = shutil.copytree(STARTER, folder / "bot")
    (bot / "bot.toml").write_text(BOT)
    one_night(bot, folder / "var")
    running = Running(bot, folder / "var", env=LIMITS)
    try:
        yield running.start()
    finally:
        running.end()


async def talk(customer: Chat, first: float, is_over: asyncio.Event) -> list[Took]:
    """Say something at fixed times, whether or not the last answer took long; seconds from when it was to be said."""
    turns: list[Took] = []
    due = first
    while not is_over.is_set():
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await customer.ask(("when are you open", "what does a full service cost", "say hello")[len(turns) % 3])
        turns.append(Took(due, time.perf_counter() - due))
        due += EVERY_S
    return turns


async def label(server: Running, chat: OpenChat, client: httpx.AsyncClient) -> None:
    """Let customers say everything of `LABELS`, and an operator tell what was meant."""
    for text in LABELS:
        await (await chat(server)).ask(text)
    for turn in server.rows(f"SELECT id, text FROM turns WHERE text IN ({','.join('?' * len(LABELS))})", *LABELS):
        answer = await client.post(f"/api/turns/{turn['id']}/label", json={"intent": LABELS[turn["text"]]})
        assert answer.status_code == 200, answer.text


async def night_is_over(client: httpx.AsyncClient) -> dict[str, Any]:
    """Wait for the end of the run; on a busy machine an idle connection may be closed between two looks."""
    async with asyncio.timeout(900):
        while True:
            answer = await client.get("/api/models", headers={"connection": "close"})
            told: dict[str, Any] = answer.json()
            if told["nightly"]["running"] is None:
                return told
            await asyncio.sleep(0.5)


def learned(server: Running, told: dict[str, Any]) -> dict[str, str]:
    """Intents by text of what the night froze from operators' labels and the model's card says was learned."""
    night = server.home / "nights" / told["night"]["night"] / "snapshot.jsonl"
    frozen = [json.loads(line) for line in night.read_text().splitlines()]
    card = json.loads((bundle.bundles_dir(server.home) / told["id"] / "card.json").read_text())
    said = [row for row in frozen if row["kind"] == "turn" and row["provenance"] == "operator"]
    return {row["text"]: row["intent"] for row in said if row["turn_id"] in card["data"]["turns"]}


async def test_a_whole_night_under_load_loses_no_turn_and_slows_none(
    server: Running, chat: OpenChat, operator: AsOperator, measured: Measured
) -> None:
    client, champion = operator(server), bundle.current_id(server.home)
    await label(server, chat, client)
    chats = [await chat(server) for _ in range(CHATS)]
    is_over, begin = asyncio.Event(), time.perf_counter() + 1.0
    talking = [
        asyncio.create_task(talk(customer, begin + EVERY_S * place / CHATS, is_over))
        for place, customer in enumerate(chats)
    ]
    await asyncio.sleep(USUAL_S + 1.0)

    began = time.perf_counter()
    assert (await client.post("/api/models/nightly")).status_code == 202
    told = await night_is_over(client)
    ended = time.perf_counter()
    await asyncio.sleep(1.0)  # for the swap
    is_over.set()
    turns = [turn for each in await asyncio.gather(*talking) for turn in each]

    usual, at_night = [t for t in turns if t.at < began], [t for t in turns if began <= t.at < ended]
    last = told["nightly"]["last"]
    measured(
        f"{last['result']} after {ended - began:.0f} s; p99 {p99(usual) * 1000:.0f} → {p99(at_night) * 1000:.0f} ms"
        f" of {len(usual)} and {len(at_night)} turns, longest {max(t.seconds for t in at_night) * 1000:.0f} ms"
    )
    assert last["result"] == "promoted", last
    assert told["current"] == last["challenger"] != champion
    (now, *_), of = [row for row in told["bundles"] if row["is_current"]], "WHERE bundle_id = ?"
    assert now["night"]["decision"] == "promoted"
    rows = learned(server, now)
    assert rows
    assert rows.items() <= LABELS.items()
    assert server.rows(f"SELECT count(*) AS n FROM turns {of}", told["current"])[0]["n"] > 0

    for customer in chats:
        assert not customer.of("error", "bot_cancelled")
        assert len(customer.of("bot_uttered")) >= (ended - begin) / EVERY_S * 0.9
    asked = server.rows("SELECT count(*) AS n FROM events WHERE type = 'user_uttered'")[0]["n"]
    assert server.rows("SELECT count(*) AS n FROM turns WHERE outcome = 'answered'")[0]["n"] >= len(turns)
    assert server.rows("SELECT count(*) AS n FROM turns")[0]["n"] == asked
    assert server.complaints() == []
    assert p99(at_night) <= max(TIMES * p99(usual), FLOOR_S)


def keeper(server: Running) -> int | None:
    """Process id of the worker that keeps the schedule, by its own word."""
    path = server.home / "nights" / "schedule.lock"
    return int(path.read_text()) if path.is_file() and path.read_text().strip() else None


async def test_of_several_workers_one_keeps_the_schedule_and_another_follows(serve: Serve, measured: Measured) -> None:
    server = serve(PARROT_BOT + '[nightly]\nat = "02:30"\n', workers=2)
    async with asyncio.timeout(30):
        while (first := keeper(server)) is None:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.05)
    workers = {process.pid for process in server.children()}
    assert first in workers
    os.kill(first, signal.SIGKILL)
    killed = time.perf_counter()
    async with asyncio.timeout(60):
        while (second := keeper(server)) in {first, None}:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    measured(f"another worker keeps the schedule {time.perf_counter() - killed:.1f} s after the first was killed")
    assert psutil.pid_exists(second or 0)


async def test_stopping_the_server_ends_the_run(serve: Serve, operator: AsOperator, tmp_path: Path) -> None:
    server = serve(PARROT_BOT, env={"SWITCHBOARD__NIGHTLY__KEEP_DAYS": "1"})
    client = operator(server)
    assert (await client.post("/api/models/nightly")).status_code == 202
    async with asyncio.timeout(30):
        while not server.children():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    children = server.children()
    assert server.stop() == 0
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
    assert '"outcome": "stopped"' in server.log.read_text()
