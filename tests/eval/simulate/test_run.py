"""A run plays everybody once, goes on where it stopped, and gives up on a server that is gone."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from bot.scenarios import Book
from eval.simulate.client import Infrastructure, NotSimulated, Server
from eval.simulate.customer import Customer
from eval.simulate.phraser import AsScripted
from eval.simulate.run import MOST_FAILURES, Plan, ServerGone, Simulation
from eval.simulate.truth import TruthFile
from eval.simulate.visit import Conversation


class Shop:
    """A server that answers every question alike, and has a record of it."""

    def __init__(self, text: str = "At nine o'clock.", intent: str = "opening_hours") -> None:
        self.text = text
        self.intent = intent
        self.source = "simulated"
        self.fails = False
        self.turns: dict[str, list[dict[str, Any]]] = {}
        self.visitors: list[str] = []

    async def talk(self, socket: ServerConnection) -> None:
        conversation = f"c_{len(self.turns)}"
        async for text in socket:
            frame = json.loads(text)
            match frame["type"]:
                case "session_request":
                    self.visitors.append(frame["visitor_id"])
                    told = {"session_id": "s", "conversation_id": conversation, "offset": 0, "owner": "bot"}
                    await socket.send(json.dumps({"type": "session_confirm", **told}))
                case "ping":
                    await socket.send(json.dumps({"type": "pong"}))
                case "handoff_request":
                    await socket.send(json.dumps({"type": "owner_changed", "owner": "queue", "offset": 3}))
                case "user_uttered" if self.fails:
                    await socket.send(json.dumps({"type": "error", "code": "storage", "message": "x"}))
                case "user_uttered":
                    await self._answer(socket, conversation, frame)

    async def _answer(self, socket: ServerConnection, conversation: str, frame: dict[str, Any]) -> None:
        self.turns.setdefault(conversation, []).append(
            {
                "message_id": frame["message_id"],
                "kind": "answer",
                "intent": self.intent,
                "outcome": "answered",
                "citations": [],
                "actions": [],
                "reply": self.text,
            }
        )
        reply = {"message_id": f"b{frame['message_id']}", "reply_to": frame["message_id"], "text": self.text}
        more = {"backend": "intent", "quick_replies": [], "offset": 2}
        await socket.send(json.dumps({"type": "bot_uttered", **reply, **more}))
        await socket.send(json.dumps({"type": "status", "state": "ready"}))

    def door(self, socket: ServerConnection, request: Request) -> Response | None:
        _, _, conversation = request.path.partition("/api/conversations/")
        if not conversation:
            return None
        record = {"source": self.source, "arm": "main", "owner": "bot", "slots": {}, "events": []}
        return socket.respond(200, json.dumps({**record, "turns": self.turns.get(conversation, [])}))

    @staticmethod
    def greet(_: ServerConnection, __: Request, response: Response) -> None:
        response.headers["x-switchboard-source"] = "simulated"


@asynccontextmanager
async def open_shop(shop: Shop) -> AsyncIterator[Server]:
    async with serve(shop.talk, "127.0.0.1", 0, process_request=shop.door, process_response=shop.greet) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield Server(f"http://127.0.0.1:{port}", "token", 5.0, retry_s=())


@pytest.fixture
def hours(book: Book) -> Book:
    return replace(book, scenarios=(book.scenarios[0], book.scenarios[0].model_copy(update={"id": "again"})))


def nothing(_stage: str, _done: int, _total: int) -> None: ...


async def play(book: Book, server: Server, file: TruthFile, customers: int = 20, **more: Any) -> None:
    plan = Plan(customers, seed=3, rate=10_000, **more)
    await Simulation(plan, book, server, file, AsScripted()).run(nothing)


async def test_everybody_comes_and_the_truth_is_known(hours: Book, tmp_path: Path) -> None:
    shop = Shop()
    file = TruthFile(tmp_path / "t.jsonl", "p1")
    async with open_shop(shop) as server:
        await play(hours, server, file)
    assert {line.customer for line in file.lines} == set(range(20))
    assert {(line.fault, line.arm) for line in file.lines} == {(None, "main")}
    assert {line.goal_met for line in file.lines if len(line.wishes) == 1} == {True}
    assert all(line.resolved == (line.goal_met and line.left != "handed_off") for line in file.lines)
    returned = [line for line in file.lines if line.visit == 1]
    assert returned
    assert len({line.customer_id for line in file.lines}) == 20


async def test_a_run_goes_on_where_it_stopped_with_new_visitors(hours: Book, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    shop = Shop()
    async with open_shop(shop) as server:
        await play(hours, server, TruthFile(path, "p1"), customers=6)
        before = len(shop.turns)
        await play(hours, server, TruthFile(path, "p1"), customers=6)
        assert len(shop.turns) == before
        await play(hours, server, TruthFile(path, "p1"), customers=9)
    assert {line.customer for line in TruthFile(path, "p1").lines} == set(range(9))
    assert len({visitor.split("-")[1] for visitor in shop.visitors}) == 2, "the middle run had nothing to do"


async def test_each_customer_is_tried_as_often_as_asked(hours: Book) -> None:
    file = TruthFile(None, "p1")
    async with open_shop(Shop()) as server:
        await play(hours, server, file, customers=4, repeat=3)
    first = [line for line in file.lines if line.visit == 0]
    assert {(line.customer, line.trial) for line in first} == {(c, t) for c in range(4) for t in range(3)}
    assert all(len({line.scenario for line in first if line.customer == c}) == 1 for c in range(4))


async def test_who_was_not_helped_may_come_back_with_the_same_errand(hours: Book) -> None:
    file = TruthFile(None, "p1")
    async with open_shop(Shop("Shipping is free.", "prices")) as server:
        await play(hours, server, file, customers=40, concurrency=8)
    again = [line for line in file.lines if line.visit == 1]
    assert again
    assert all(
        line.scenario == next(o.scenario for o in file.lines if o.customer == line.customer and o.visit == 0)
        for line in again
    )
    assert not any(line.goal_met for line in file.lines)


async def test_failures_are_told_and_tried_again(hours: Book, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    shop = Shop()
    shop.fails = True
    async with open_shop(shop) as server:
        await play(hours, server, TruthFile(path, "p1"), customers=3)
        failed = TruthFile(path, "p1")
        assert {(line.goal_met, line.fault, line.is_last) for line in failed.lines} == {
            (None, "infrastructure: error storage", False)
        }
        shop.fails = False
        await play(hours, server, failed, customers=3)
    assert failed.finished == {(0, 0), (1, 0), (2, 0)}


async def test_a_run_stops_when_nothing_comes_through_any_more(hours: Book) -> None:
    shop, file = Shop(), TruthFile(None, "p1")
    shop.fails = True
    async with open_shop(shop) as server:
        with pytest.raises(ServerGone, match="in a row"):
            await play(hours, server, file, customers=500, concurrency=1)
    assert MOST_FAILURES <= len(file.lines) < MOST_FAILURES + 20


async def test_a_conversation_that_was_stored_as_live_is_not_scored(hours: Book) -> None:
    shop, file = Shop(), TruthFile(None, "p1")
    shop.source = "live"
    async with open_shop(shop) as server:
        await play(hours, server, file, customers=2)
    assert all((line.fault or "").endswith("as live") and line.goal_met is None for line in file.lines)


async def test_a_server_that_is_not_there_or_not_ours_is_told_at_once(hours: Book) -> None:
    shop = Shop()
    async with open_shop(shop) as server:
        pass
    with pytest.raises(Infrastructure):
        await play(hours, server, TruthFile(None, "p1"))
    async with serve(shop.talk, "127.0.0.1", 0) as plain:
        port = next(iter(plain.sockets)).getsockname()[1]
        with pytest.raises(NotSimulated):
            await play(hours, Server(f"http://127.0.0.1:{port}", "t", retry_s=()), TruthFile(None, "p1"))


class Parrot:
    """A model that puts everything the same way, or refuses."""

    is_model = True

    def __init__(self, wording: str | None) -> None:
        self.wording = wording

    async def phrase(self, text: str, manner: str, keep: object, ways: object) -> str | None:
        return self.wording

    async def aclose(self) -> None: ...


@pytest.mark.parametrize(("wording", "phrased", "fell_back"), [("pray tell me", True, False), (None, False, True)])
async def test_a_model_words_what_is_said_and_its_failures_are_counted(
    hours: Book, wording: str | None, phrased: bool, fell_back: bool
) -> None:
    heard: list[Conversation] = []

    def hear(_: Customer, conversation: Conversation) -> None:
        heard.append(conversation)

    file = TruthFile(None, "p1")
    async with open_shop(Shop()) as server:
        await Simulation(Plan(3, seed=3, difficult=0), hours, server, file, Parrot(wording)).run(nothing, hear)
    assert all((line.phrased > 0, line.fell_back > 0) == (phrased, fell_back) for line in file.lines)
    assert {line.fault for line in file.lines} == {None}
    assert any(("customer", "pray tell me") in one.lines for one in heard) == phrased
