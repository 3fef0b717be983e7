"""A running server changes its model a hundred times: no turn is lost or mixed, and memory stays as it was."""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import onnx
import psutil
import pytest
from onnx import numpy_helper

from backends import bundle
from tests.e2e.chatting import Chat
from tests.e2e.conftest import PARROT_BOT, RESPONSES, AsOperator, Measured, OpenChat, make_bot
from tests.e2e.running import Running

pytestmark = pytest.mark.slow

SWAPS, CHATS, PAUSE_S = 100, 6, 0.03
WARM_UP = 10
"""Swaps before the first look at memory: by then both bundles have been opened by every thread there is."""
GROWTH, FEW = 1.05, 5
"""Memory may grow by so much, threads and files by so many: a hundred swaps that leak show more."""
MODEL_ROWS = 1_000_000
"""Two floats each: models of 8 MB, so that one that is not freed shows."""
WORDS = {
    "a": {"blue": ("colour",), "round": ("shape",)},
    "b": {"square": ("shape",), "red": ("colour",)},
}
"""The bundles' labels: they share no name, and their order is no help."""
EXPECTED = {(name, word): intent for name, words in WORDS.items() for intent, (word,) in words.items()}
INTENT_BOT = PARROT_BOT.replace('chain = ["parrot"]', 'chain = ["intent"]')


def weigh_down(folder: Path) -> None:
    """Make the model of a tiny bundle as large as a real one, with rows for words that do not exist."""
    path = folder / "model.onnx"
    model = onnx.load(str(path))
    (table,) = (each for each in model.graph.initializer if each.name == "table")
    rows = numpy_helper.to_array(table)
    padded = np.concatenate([rows, np.zeros((MODEL_ROWS - len(rows), rows.shape[1]), dtype=np.float32)])
    table.CopyFrom(numpy_helper.from_array(padded, "table"))
    onnx.save(model, str(path))
    bundle.seal(folder)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, make_tiny_bundle: Callable[..., Path]) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("swap")
    home = folder / "var"
    for name, words in WORDS.items():
        weigh_down(make_tiny_bundle(home / "bundles" / name, words, bundle_id=name))
    bundle.promote(home, "a")
    bot = make_bot(folder / "bot", INTENT_BOT)
    own = "".join(f"  utter_{intent}: [{{text: it is {intent}}}]\n" for words in WORDS.values() for intent in words)
    (bot / "responses.yml").write_text(RESPONSES + own)
    running = Running(bot, home)
    try:
        yield running.start()
    finally:
        running.end()


async def in_effect(customer: Chat, name: str) -> float:
    """Ask until a bundle answers; seconds it took."""
    begun = time.perf_counter()
    while (await customer.ask("colour"))["intent"] != EXPECTED[name, "colour"]:
        assert time.perf_counter() - begun < 20
    return time.perf_counter() - begun


async def memory(server: Running) -> float:
    """Resident MiB, the middle one of a few looks: one may fall into the opening of a model."""
    looks = []
    for _ in range(5):
        await asyncio.sleep(0.1)
        looks.append(psutil.Process(server.pid).memory_info().rss / 2**20)
    return statistics.median(looks)


async def test_a_hundred_swaps_under_load_lose_mix_and_leak_nothing(
    server: Running, chat: OpenChat, operator: AsOperator, measured: Measured
) -> None:
    client, watching = operator(server), await chat(server)
    chats = [await chat(server) for _ in range(CHATS)]
    is_over = asyncio.Event()

    async def talk(customer: Chat) -> int:
        asked = 0
        while not is_over.is_set():
            word = ("colour", "shape")[asked % 2]
            answer = await customer.ask(word)
            assert (answer["backend"], answer["text"]) == ("intent", f"it is {answer['intent']}")
            asked += 1
            await asyncio.sleep(PAUSE_S)
        return asked

    talking = [asyncio.create_task(talk(customer)) for customer in chats]
    took, at_first, before, process = [], await memory(server), 0.0, psutil.Process(server.pid)
    for swap in range(WARM_UP + SWAPS):
        if swap == WARM_UP:
            before, open_before = await memory(server), (process.num_threads(), process.num_fds())
        name = "ba"[swap % 2]
        assert (await client.post(f"/api/models/{name}/promote")).json()["current"] == name
        took.append(await in_effect(watching, name))
    is_over.set()
    asked = await asyncio.gather(*talking)
    after = await memory(server)
    measured(
        f"{SWAPS} swaps under {sum(asked)} turns, in effect after {statistics.median(took) * 1000:.0f} ms"
        f" (at most {max(took) * 1000:.0f}); {before:.1f} → {after:.1f} MiB,"
        f" {at_first:.1f} before the first"
    )
    assert after < before * GROWTH
    assert process.num_threads() <= open_before[0] + FEW
    assert process.num_fds() <= open_before[1] + FEW
    of = f"WHERE conversation_id IN ({','.join('?' * CHATS)})"
    turns = server.rows(f"SELECT * FROM turns {of}", *(customer.conversation_id for customer in chats))
    assert len(turns) == sum(asked)
    assert {turn["outcome"] for turn in turns} == {"answered"}
    assert [t for t in turns if EXPECTED[t["bundle_id"], t["text"]] != t["intent"]] == []
    assert {turn["bundle_id"] for turn in turns} == {"a", "b"}
    assert not [frame for customer in chats for frame in customer.of("error", "bot_cancelled")]
    assert server.complaints() == []


async def test_a_rollback_is_in_effect_as_soon(
    server: Running, chat: OpenChat, operator: AsOperator, measured: Measured
) -> None:
    client, customer = operator(server), await chat(server)
    for name in "ab":
        await client.post(f"/api/models/{name}/promote")
        await in_effect(customer, name)
    answer = await client.post("/api/models/rollback")
    assert answer.json()["current"] == "a"
    measured(f"in effect after {await in_effect(customer, 'a') * 1000:.0f} ms")
    row = next(row for row in answer.json()["bundles"] if row["is_current"])
    assert row["why"] == "rolled back by ada"


async def test_a_damaged_bundle_is_refused_and_the_old_one_serves_on(
    server: Running, chat: OpenChat, operator: AsOperator, make_tiny_bundle: Callable[..., Path]
) -> None:
    client, customer = operator(server), await chat(server)
    await client.post("/api/models/a/promote")
    await in_effect(customer, "a")
    broken = make_tiny_bundle(server.home / "bundles" / "broken", WORDS["b"], bundle_id="broken") / "model.onnx"
    broken.write_bytes(broken.read_bytes()[:-100])
    answer = await client.post("/api/models/broken/promote")
    assert (answer.status_code, "model.onnx has changed" in answer.json()["message"]) == (422, True)
    assert (await client.get("/api/models")).json()["current"] == "a"

    bundle.replace_text(server.home / "bundles" / bundle.CURRENT, "broken\n")  # by hand, behind everybody's back
    told = await told_of_intent(client, "bundle broken refused")
    assert "model.onnx has changed" in told
    assert "serving a" in told
    assert (await customer.ask("colour"))["intent"] == "blue"

    await client.post("/api/models/b/promote")
    await in_effect(customer, "b")
    assert "refused" not in await told_of_intent(client, "serving b")


async def told_of_intent(client: httpx.AsyncClient, words: str) -> str:
    """Wait until operators are told this of the `intent` backend, and give all that they are told."""
    async with asyncio.timeout(20):
        while True:
            body = (await client.get("/api/backends")).json()
            told = next(str(each) for each in body["backends"] if each["name"] == "intent")
            if words in told:
                return told
            await asyncio.sleep(0.05)
