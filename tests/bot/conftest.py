"""A desk with a real store and everything around it, but no sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from backends.content.slots import SlotReading
from backends.contract import Abstain, Backend, Emit, FlowState, Reply, Turn
from backends.scripted import Scripted
from bot.desk import Desk
from bot.engine import Engine
from bot.hub import Hub
from bot.metrics import Metrics
from bot.redact import redact
from bot.routing import Arm, Routing
from bot.settings import Settings
from bot.store.opening import Opening, open_conversation
from bot.store.operations import Phrase
from bot.store.reader import Reader
from bot.store.rows import StoredEvent
from bot.store.writer import Writer, migrate
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
    tools: Tools

    @property
    def metrics(self) -> Metrics:
        return self.tools.metrics

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

    async def build(worker: str = "w1", staffed: Callable[[Database], bool] = lambda _: True) -> Office:
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
            staffed=staffed,
        )
        office = Office(Desk(tools), writer, reader, hub, Ear(), gated, tools)
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
