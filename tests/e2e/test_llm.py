"""Answers from articles when the language model is slow, busy, killed, or was never there."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.e2e.chatting import Chat
from tests.e2e.conftest import AsOperator, Measured, OpenChat
from tests.e2e.demo_shop import ROPE_ANSWER, ROPE_ARTICLE, ROPE_QUESTION, demo_server
from tests.e2e.running import Running
from tests.e2e.stub_llm import StubLlm

pytestmark = pytest.mark.slow

DEADLINE_S = 2.0


@pytest.fixture
def impatient(tmp_path: Path, demo: Running, llm: StubLlm) -> Iterator[Running]:
    """The demo bot with one slot at the language model and two seconds for it."""
    server = demo_server(
        tmp_path / "var",
        index_of=demo.home,
        SWITCHBOARD__BACKENDS__RAG__BASE_URL=llm.url,
        SWITCHBOARD__BACKENDS__RAG__SLOTS="1",
        SWITCHBOARD__BACKENDS__RAG__DEADLINE_S=str(DEADLINE_S),
    )
    try:
        yield server.start()
    finally:
        server.end()


@pytest.fixture
def embedded(tmp_path: Path, demo: Running) -> Iterator[Running]:
    """The demo bot with the language model it comes with."""
    server = demo_server(tmp_path / "var", index_of=demo.home)
    try:
        yield server.start()
    finally:
        server.end()


def modes(server: Running, text: str = ROPE_QUESTION) -> list[str]:
    """How the turns with this text were answered."""
    return [row["mode"] for row in server.rows("SELECT mode FROM turns WHERE text = ? ORDER BY id", text)]


async def state_of_rag(operator: AsOperator, server: Running) -> dict[str, str]:
    """What operators are told of the backend."""
    rows = (await operator(server).get("/api/backends")).json()["backends"]
    return next(row for row in rows if row["name"] == "rag")


async def test_an_answer_streams_sentence_by_sentence_with_its_citation(
    demo: Running, llm: StubLlm, chat: OpenChat
) -> None:
    customer = await chat(demo)
    with llm.holding(after=1):
        message_id = await customer.say(ROPE_QUESTION)
        first = await customer.came("bot_token")
        assert not customer.of("bot_uttered")
    answer = await customer.answer_to(message_id)
    assert answer["backend"] == "rag"
    assert first["text"] == ROPE_ANSWER
    assert answer["text"].startswith(ROPE_ANSWER)
    assert "".join(token["text"] for token in customer.of("bot_token")) == answer["text"]
    assert [citation["article_id"] for citation in answer["citations"]] == [ROPE_ARTICLE]


async def test_turns_wait_for_a_slot_until_their_deadline_and_are_then_quoted(
    impatient: Running, llm: StubLlm, chat: OpenChat, measured: Measured
) -> None:
    chats = await asyncio.gather(*(chat(impatient) for _ in range(8)))
    with llm.holding(after=0):
        begun = time.perf_counter()
        answers = await asyncio.gather(*(customer.ask(ROPE_QUESTION) for customer in chats))
        elapsed = time.perf_counter() - begun
    measured(f"8 turns at one slot, all answered extractively {elapsed:.2f} s after asking, deadline {DEADLINE_S} s")
    assert {answer["backend"] for answer in answers} == {"rag"}
    assert all(answer["citations"] for answer in answers)
    assert modes(impatient) == ["extractive"] * 8
    assert DEADLINE_S <= elapsed < DEADLINE_S + 3


async def test_a_sentence_that_was_shown_stays_when_the_model_hangs_behind_it(
    impatient: Running, llm: StubLlm, chat: OpenChat
) -> None:
    customer = await chat(impatient)
    with llm.holding(after=1):
        answer = await customer.ask(ROPE_QUESTION)
    assert "".join(token["text"] for token in customer.of("bot_token")) == answer["text"]
    assert answer["citations"] != []
    assert modes(impatient) == ["generated"]


async def llm_process(server: Running) -> psutil.Process:
    """The embedded model's process, once it is up."""
    path = server.home / "llm.json"
    async with asyncio.timeout(60):
        while True:
            if path.is_file():
                return psutil.Process(int(json.loads(path.read_text())["pid"]))
            await asyncio.sleep(0.05)


async def is_thinking(process: psutil.Process) -> None:
    """Wait until the model works on something."""
    before = sum(process.cpu_times()[:2])
    async with asyncio.timeout(30):
        while sum(process.cpu_times()[:2]) < before + 0.2:  # noqa: ASYNC110 - another process has no event
            await asyncio.sleep(0.01)


async def test_killing_the_embedded_model_in_the_middle_of_an_answer_costs_nothing_but_its_generated_part(
    embedded: Running, chat: OpenChat, operator: AsOperator, measured: Measured
) -> None:
    customer, other = await chat(embedded), await chat(embedded)
    process = await llm_process(embedded)
    message_id = await customer.say(ROPE_QUESTION)
    await customer.came("status", state="typing")
    await is_thinking(process)
    process.kill()
    killed = time.perf_counter()
    assert (await other.ask("hello"))["intent"] == "greet"  # nobody else notices
    answer = await customer.answer_to(message_id)
    measured(f"answered {time.perf_counter() - killed:.2f} s after the kill, {modes(embedded)[0]}")
    assert answer["backend"] == "rag"
    assert answer["citations"] != []
    assert (await customer.ask("thanks"))["intent"] == "thanks"
    successor = await _successor(embedded, process.pid, customer)
    assert successor.pid != process.pid
    assert embedded.complaints() == []
    assert embedded.stop() == 0
    assert not psutil.pid_exists(successor.pid)


async def _successor(server: Running, killed: int, customer: Chat) -> psutil.Process:
    """The process that took the place of a killed one; a question brings it up."""
    async with asyncio.timeout(60):
        while True:
            process = await llm_process(server)
            if process.pid != killed:
                return process
            await customer.ask(ROPE_QUESTION)


async def test_a_dead_model_is_seen_by_operators_and_customers_are_still_answered(
    tmp_path: Path, demo: Running, chat: OpenChat, operator: AsOperator
) -> None:
    server = demo_server(
        tmp_path / "var", index_of=demo.home, SWITCHBOARD__BACKENDS__RAG__BASE_URL="http://127.0.0.1:9/v1"
    )
    try:
        server.start()
        customer = await chat(server)
        for _ in range(4):
            assert (await customer.ask(ROPE_QUESTION))["citations"] != []
        assert modes(server) == ["extractive"] * 4
        told = await state_of_rag(operator, server)
        assert told["state"] == "degraded"
        assert "extractively" in told["detail"]
        figures = (await operator(server).get("/metrics")).text
        (line,) = [line for line in figures.splitlines() if 'backend="rag"' in line and 'state="degraded"' in line]
        assert line.endswith(" 1.0")
        ready = await operator(server).get("/readyz")
        assert ready.json()["backends"]["rag"] == "degraded"
        assert server.complaints() == []
    finally:
        server.end()
