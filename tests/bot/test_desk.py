"""The desk with a real store: order, cancellation, crashes, recovery."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from backends.content.slots import SlotReading
from backends.contract import Abstain, Backend, Emit, FlowState, Reply, Turn
from backends.scripted import Scripted
from bot.conversation import Closed, HandedBack, OperatorSaid, TakenOver
from bot.desk import Desk
from bot.engine import Engine
from bot.errors import Conflict, NotFound, StoreError
from bot.hub import Hub
from bot.metrics import Metrics
from bot.redact import redact
from bot.routing import Arm, Routing
from bot.settings import Settings
from bot.store.opening import Opening, open_conversation
from bot.store.operations import Incoming, Phrase, receive
from bot.store.reader import Reader, events_after
from bot.store.rows import StoredEvent
from bot.store.showing import shown_from_store
from bot.store.tables import Claim
from bot.store.writer import Writer, migrate
from bot.sweeper import Sweeper
from bot.tools import Tools, Utterance

ROUTING = Routing(1, (Arm("main", 1.0, ("gated", "scripted")),))


@dataclass
class Gated:
    """Streams one word, then waits until it is let through."""

    name: str = "gated"
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    speaking: asyncio.Event = field(default_factory=asyncio.Event)
    crash: bool = False
    turns: list[Turn] = field(default_factory=list)

    async def reply(self, turn: Turn, emit: Emit) -> Reply | Abstain:
        self.turns.append(turn)
        if turn.text.startswith("crash"):
            raise ZeroDivisionError
        if turn.text.startswith("move"):
            question = f"To {turn.slots['new_address']}, mail to {turn.slots['email']}?"
            return Reply(question, kind="question", flow=FlowState("change_address", "confirm", question))
        if not turn.text.startswith("slow"):
            return Abstain("no_reply")
        await emit("Well, ")
        self.speaking.set()
        await self.gate.wait()
        return Reply("Well, done.")

    async def aclose(self) -> None: ...


class Ear:
    """Hears one conversation."""

    def __init__(self) -> None:
        self.frames: list[Any] = []
        self.changed = asyncio.Event()

    def stored(self, event: StoredEvent) -> None:
        self.transient(event.frame)

    def transient(self, frame: Any) -> None:
        self.frames.append(frame)
        self.changed.set()

    async def until(self, kind: str, count: int = 1) -> list[Any]:
        async with asyncio.timeout(5):
            while len(found := [f for f in self.frames if f.type == kind]) < count:
                self.changed.clear()
                await self.changed.wait()
        return found

    def types(self) -> list[str]:
        return [frame.type for frame in self.frames]


@dataclass
class Office:
    """A desk with everything around it."""

    desk: Desk
    writer: Writer
    reader: Reader
    hub: Hub
    ear: Ear
    gated: Gated
    metrics: Metrics

    async def say(self, text: str, message_id: str = "m1", payload: str | None = None) -> None:
        received = await self.desk.say("c1", Utterance(message_id, text, payload))
        await self.desk.follow_up("c1", received, payload)

    def query(self, sql: str) -> list[dict[str, Any]]:
        return self.reader.read_now(lambda db: [dict(row) for row in db.query(sql)])


Make = Callable[..., Awaitable[Office]]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    offices: list[Office] = []
    path = tmp_path / "s.sqlite3"

    async def build(worker: str = "w1") -> Office:
        migrate(path)
        writer, reader, hub, gated = Writer(path), Reader(path), Hub(), Gated()
        known: dict[str, Backend] = {"gated": gated, "scripted": Scripted({"hello": "Hello!"})}
        tools = Tools(
            settings=Settings(),
            writer=writer,
            hub=hub,
            engine=Engine(known, lambda _: 5),
            metrics=Metrics(),
            phrases=lambda name, _: Phrase(f"<{name}>"),
            read_slots=lambda raw, _: SlotReading(raw, {}),
            redact=redact,
            private=lambda: frozenset({"new_address"}),
            routing=lambda: ROUTING,
            worker=worker,
            settings_hash="x",
        )
        office = Office(Desk(tools), writer, reader, hub, Ear(), gated, tools.metrics)
        hub.join("c1", office.ear)
        offices.append(office)
        return office

    yield build
    for office in offices:
        office.gated.gate.set()
        await office.desk.aclose(1)
        office.writer.close()
        office.reader.close()


@pytest.fixture
async def office(make: Make) -> Office:
    office = await make()
    opening = Opening("c1", "secret", "visitor:v", "live", "en", "v")
    await office.writer.write(lambda db: open_conversation(db, opening, ROUTING, "seed"))
    return office


async def test_a_message_is_answered_and_the_turn_is_stored_with_its_attempts(office: Office) -> None:
    await office.say("hello")
    (reply,) = await office.ear.until("bot_uttered")
    assert (reply.text, reply.backend, reply.reply_to) == ("Hello!", "scripted", "m1")
    (turn,) = office.query("SELECT outcome, arm, propensity, backend FROM turns")
    assert turn == {"outcome": "answered", "arm": "main", "propensity": 1.0, "backend": "scripted"}
    attempts = office.query("SELECT backend, outcome FROM attempts ORDER BY position")
    assert [tuple(row.values()) for row in attempts] == [("gated", "abstain:no_reply"), ("scripted", "reply")]


async def test_personal_data_is_masked_before_the_first_write(office: Office, tmp_path: Path) -> None:
    await office.say("hello, I am anna@web.example")
    await office.ear.until("bot_uttered")
    assert office.gated.turns[0].text == "hello, I am [email]"
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"anna@web" not in written


async def test_messages_are_answered_one_at_a_time_and_in_order(office: Office) -> None:
    await office.say("slow one", "m1")
    await office.gated.speaking.wait()
    for number in range(2, 6):
        await office.say("hello", f"m{number}")
    assert office.ear.types().count("bot_uttered") == 0
    office.gated.gate.set()
    replies = await office.ear.until("bot_uttered", 5)
    assert 'chatbot_ttft_seconds_count{backend="gated"' in office.metrics.render().decode()
    assert [reply.reply_to for reply in replies] == ["m1", "m2", "m3", "m4", "m5"]


async def test_a_take_over_ends_the_streaming_answer(office: Office) -> None:
    await office.say("slow one")
    await office.gated.speaking.wait()
    await office.desk.step("c1", TakenOver("ada"))
    (cancelled,) = await office.ear.until("bot_cancelled")
    assert (cancelled.reply_to, cancelled.reason) == ("m1", "owner_changed")
    await office.ear.until("status", 2)
    assert "bot_uttered" not in office.ear.types()
    assert [turn["outcome"] for turn in office.query("SELECT outcome FROM turns")] == ["suppressed"]


async def test_a_take_over_in_another_worker_ends_the_streaming_answer_here(office: Office, make: Make) -> None:
    other = await make("w2")
    await office.say("slow one")
    await office.gated.speaking.wait()
    stepped = await other.desk.step("c1", TakenOver("ada"))
    for event in stepped.events:
        office.desk.observe(event)
    await office.ear.until("bot_cancelled")


async def test_after_a_take_over_messages_wait_for_the_operator_until_handed_back(office: Office) -> None:
    await office.desk.step("c1", OperatorSaid("ada"), "Hi, Ada here, write to ada@shop.example")
    (said,) = await office.ear.until("operator_uttered")
    assert (said.operator, said.text) == ("ada", "Hi, Ada here, write to ada@shop.example")
    await office.say("hello")
    await office.desk.step("c1", HandedBack())
    await office.say("hello", "m2")
    (reply,) = await office.ear.until("bot_uttered")
    assert reply.reply_to == "m2"


async def test_a_bug_in_a_backend_gets_a_fallback_and_the_conversation_goes_on(office: Office) -> None:
    await office.say("crash please")
    (fallback,) = await office.ear.until("bot_uttered")
    assert (fallback.text, fallback.backend) == ("<fallback>", "fallback")
    assert "ZeroDivisionError" not in str(office.ear.frames)
    await office.say("hello", "m2")
    assert (await office.ear.until("bot_uttered", 2))[1].text == "Hello!"
    assert office.query("SELECT outcome FROM turns")[0]["outcome"] == "error"


async def test_pressing_talk_to_a_person_moves_the_conversation_to_the_queue(office: Office) -> None:
    await office.say("Talk to a person", payload="/talk_to_human")
    (changed,) = await office.ear.until("owner_changed")
    assert changed.owner == "queue"
    assert [f.text for f in office.ear.frames if f.type == "bot_uttered"] == ["<handoff>"]


async def test_a_customer_may_leave_the_queue_and_go_on_with_the_bot(office: Office) -> None:
    await office.say("Talk to a person", payload="/talk_to_human")
    await office.ear.until("owner_changed")
    await office.say("Go on with the assistant", "m2", payload="/back_to_bot")
    await office.ear.until("owner_changed", 2)
    await office.say("hello", "m3")
    replies = await office.ear.until("bot_uttered", 3)
    assert [reply.text for reply in replies] == ["<handoff>", "<back>", "Hello!"]


async def test_what_a_dead_worker_left_is_answered_by_the_next(office: Office, make: Make) -> None:
    dead = Claim("w0", time.time())  # stored and claimed, then the process died
    await office.writer.write(lambda db: receive(db, "c1", Incoming("m1", "hello"), dead))
    other = await make("w2")
    await other.writer.write(lambda db: db.execute("UPDATE conversations SET lease_until = 0"))
    other.desk.kick("c1")
    (reply,) = await other.ear.until("bot_uttered")
    assert reply.reply_to == "m1"


async def test_nothing_is_shown_or_kept_of_a_turn_whose_message_could_not_be_stored(office: Office) -> None:
    gate = threading.Event()

    def broken(db: Database) -> None:
        raise OSError("disk full")

    writes = [office.writer.write(lambda _: gate.wait(5)), office.desk.say("c1", Utterance("m1", "hello"))]
    waiting = [asyncio.create_task(write) for write in (*writes, office.writer.write(broken))]
    await asyncio.sleep(0)  # all three are queued, so the last two share a commit
    gate.set()
    _, said, _ = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(said, StoreError)
    await office.desk.aclose(1)
    assert office.ear.types() == []
    assert office.query("SELECT id FROM turns") + office.query("SELECT seq AS id FROM events") == []


async def test_two_workers_answer_a_message_once(office: Office, make: Make) -> None:
    other = await make("w2")
    received = await office.desk.say("c1", Utterance("m1", "hello"))
    other.desk.kick("c1")
    await office.desk.follow_up("c1", received, None)
    await office.ear.until("bot_uttered")
    assert len(office.query("SELECT id FROM turns")) == 1


async def test_a_closed_conversation_takes_no_message(office: Office) -> None:
    await office.desk.step("c1", Closed("done"))
    with pytest.raises(Conflict):
        await office.say("hello")
    with pytest.raises(NotFound):
        await office.desk.say("nobody", Utterance("m1", "hello"))


async def test_stopping_leaves_an_unfinished_turn_for_the_next_start(office: Office) -> None:
    await office.say("slow one")
    await office.gated.speaking.wait()
    await office.desk.aclose(0)
    assert office.query("SELECT message_id FROM inbox") == [{"message_id": "m1"}]
    assert office.query("SELECT id FROM turns") == []


async def test_a_long_silent_conversation_is_closed_and_its_slots_are_purged(office: Office) -> None:
    await office.say("hello")
    await office.ear.until("bot_uttered")
    sweeper = Sweeper(office.reader, office.desk, idle_minutes=30)
    assert await sweeper.sweep(datetime.now(UTC) + timedelta(minutes=29)) == 0
    assert await sweeper.sweep(datetime.now(UTC) + timedelta(minutes=31)) == 1
    (closed,) = await office.ear.until("conversation_closed")
    assert closed.reason == "idle"


async def test_a_private_slot_is_shown_to_the_customer_but_never_stored_in_a_text(office: Office) -> None:
    for name, value in (("new_address", "Main Street 5, 8010 Graz"), ("email", "anna@web.example")):
        sql = "INSERT INTO conversation_slots (conversation_id, name, value, at) VALUES ('c1', ?, ?, 'now')"
        await office.writer.write(lambda db, sql=sql, row=(name, value): db.execute(sql, row))  # type: ignore[misc]
    await office.say("move it")
    (question,) = await office.ear.until("bot_uttered")
    assert question.text == "To Main Street 5, 8010 Graz, mail to anna@web.example?"
    stored = office.reader.read_now(lambda db: events_after(db, "c1", 0))
    assert stored[-1].frame.model_dump()["text"] == "To [new_address], mail to [email]?"
    assert office.query("SELECT reply FROM turns") == [{"reply": "To [new_address], mail to [email]?"}]
    assert "Main Street" not in str(office.query("SELECT * FROM conversations"))
    assert office.reader.read_now(lambda db: shown_from_store(db, stored))[-1].frame == question
    await office.desk.step("c1", Closed("done"))
    after = office.reader.read_now(lambda db: shown_from_store(db, stored))
    assert after[-1].frame.model_dump()["text"] == "To [new_address], mail to [email]?"
