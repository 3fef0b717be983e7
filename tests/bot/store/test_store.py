"""The store on a real file: durability, group commit, leases, and what a commit decides."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from backends.contract import FlowState, Reply
from bot.conversation import Answered, Closed, PersonAsked, TakenOver, Unanswered
from bot.errors import Conflict, NotFound, StoreError
from bot.routing import Arm, Routing
from bot.store.opening import Opening, find_session, open_conversation, read_routing, waiting, write_routing
from bot.store.operations import Incoming, Outcome, Phrase, commit_turn, receive, step, take_up
from bot.store.reader import Reader, events_after
from bot.store.rows import AttemptRow, ConversationRow, Snapshot, TurnRow
from bot.store.tables import LEASE_S, Claim, read_conversation
from bot.store.writer import Writer, connect, migrate
from bot.wire import BotUttered

ROUTING = Routing(1, (Arm("main", 1.0, ("scripted",)),))
HELLO = Reply("hello")
ME, OTHER = Claim("me", 1000.0), Claim("other", 1000.0)


def phrases(name: str, _language: str) -> Phrase:
    return Phrase(f"<{name}>")


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    migrate(tmp_path / "s.sqlite3")
    writer = Writer(tmp_path / "s.sqlite3")
    yield writer
    writer.close()


@pytest.fixture
def reader(tmp_path: Path, writer: Writer) -> Iterator[Reader]:
    reader = Reader(tmp_path / "s.sqlite3")
    yield reader
    reader.close()


def next_turn(db: Database, conversation_id: str, claim: Claim, history: int) -> Snapshot | None:
    return take_up(db, read_conversation(db, conversation_id), claim, history)[0]


async def opened(writer: Writer, name: str = "c1") -> ConversationRow:
    opening = Opening(name, f"secret-{name}", f"visitor:{name}", "live", "en", name)
    return await writer.write(lambda db: open_conversation(db, opening, ROUTING, "seed"))


async def said(writer: Writer, text: str = "hi", message_id: str = "m1", **more: object) -> Snapshot:
    incoming = Incoming(message_id, text, **more)  # type: ignore[arg-type]
    await writer.write(lambda db: receive(db, "c1", incoming, ME))
    snapshot = await writer.write(lambda db: next_turn(db, "c1", ME, 12))
    assert snapshot is not None
    return snapshot


def turn_row(snapshot: Snapshot, **more: object) -> TurnRow:
    values: dict[str, object] = {
        "id": "t1",
        "conversation_id": "c1",
        "message_id": snapshot.pending.message_id,
        "bot_message_id": "b1",
        "asked_at": "2026-01-01T00:00:00Z",
        "answered_at": "2026-01-01T00:00:01Z",
        "text": snapshot.pending.text,
        "reply": "hello",
        "source": "live",
        "language": "en",
        "arm": "main",
        "propensity": 1.0,
        "routing_version": 1,
        "outcome": "answered",
        "settings_hash": "x",
        "latency_ms": 1.0,
        "attempts": (AttemptRow("scripted", "reply", 1.0),),
    }
    return TurnRow(**{**values, **more})  # type: ignore[arg-type]


def answered(snapshot: Snapshot, reply: Reply = HELLO) -> Outcome:
    frame = BotUttered(offset=0, at="", message_id="b1", reply_to="m1", text=reply.text, backend="scripted")
    return Outcome(turn_row(snapshot), Answered(reply), frame)


async def test_a_message_and_its_answer_are_numbered_in_order(writer: Writer, reader: Reader) -> None:
    await opened(writer)
    snapshot = await said(writer)
    await writer.write(lambda db: commit_turn(db, snapshot, answered(snapshot), phrases))
    events = reader.read_now(lambda db: events_after(db, "c1", 0))
    assert [(e.frame.offset, e.frame.type) for e in events] == [(1, "user_uttered"), (2, "bot_uttered")]


async def test_a_message_id_seen_before_is_stored_once(writer: Writer, reader: Reader) -> None:
    await opened(writer)
    first = await writer.write(lambda db: receive(db, "c1", Incoming("m1", "hi"), ME))
    second = await writer.write(lambda db: receive(db, "c1", Incoming("m1", "hi"), ME))
    assert (first.duplicate, second.duplicate) == (False, True)
    assert len(reader.read_now(lambda db: events_after(db, "c1", 0))) == 1


async def test_messages_are_answered_oldest_first(writer: Writer) -> None:
    await opened(writer)
    for number in (1, 2):
        incoming = Incoming(f"m{number}", f"text {number}")
        await writer.write(
            lambda db, incoming=incoming: receive(  # type: ignore[misc]
                db, "c1", incoming, ME
            )
        )
    first = await writer.write(lambda db: next_turn(db, "c1", ME, 12))
    assert first is not None
    assert first.pending.text == "text 1"
    assert first.history == ()
    await writer.write(lambda db: commit_turn(db, first, answered(first), phrases))
    second = await writer.write(lambda db: next_turn(db, "c1", ME, 12))
    assert second is not None
    assert second.pending.text == "text 2"
    assert [m.text for m in second.history] == ["text 1"]


async def test_only_one_worker_may_answer_until_its_lease_runs_out(writer: Writer) -> None:
    await opened(writer)
    mine = await writer.write(lambda db: receive(db, "c1", Incoming("m1", "a"), ME))
    theirs = await writer.write(lambda db: receive(db, "c1", Incoming("m2", "b"), OTHER))
    assert (mine.claimed, theirs.claimed, theirs.pending) == (True, False, True)
    assert await writer.write(lambda db: next_turn(db, "c1", OTHER, 12)) is None
    late = Claim("other", 1000.0 + LEASE_S + 1)
    assert await writer.write(lambda db: next_turn(db, "c1", late, 12)) is not None


async def test_a_take_over_keeps_a_late_reply_from_the_customer(writer: Writer, reader: Reader) -> None:
    await opened(writer)
    snapshot = await said(writer)
    await writer.write(lambda db: step(db, "c1", TakenOver("ada"), phrases))
    await writer.write(lambda db: commit_turn(db, snapshot, answered(snapshot), phrases))
    types = [e.frame.type for e in reader.read_now(lambda db: events_after(db, "c1", 0))]
    assert types == ["user_uttered", "owner_changed"]
    turns = reader.read_now(lambda db: [dict(r) for r in db.query("SELECT outcome, reply FROM turns")])
    assert turns == [{"outcome": "suppressed", "reply": "hello"}]


async def test_a_worker_that_hung_beyond_its_lease_does_not_answer_a_second_time(
    writer: Writer, reader: Reader
) -> None:
    await opened(writer)
    mine = await said(writer)
    late = Claim("other", 1000.0 + LEASE_S + 1)
    theirs = await writer.write(lambda db: next_turn(db, "c1", late, 12))
    assert theirs is not None
    await writer.write(lambda db: commit_turn(db, theirs, answered(theirs), phrases))
    mine_late = Outcome(replace(turn_row(mine), id="t2"), Answered(HELLO), answered(mine).shown)
    await writer.write(lambda db: commit_turn(db, mine, mine_late, phrases))
    types = [e.frame.type for e in reader.read_now(lambda db: events_after(db, "c1", 0))]
    assert types == ["user_uttered", "bot_uttered"]
    turns = reader.read_now(lambda db: [row[0] for row in db.execute("SELECT outcome FROM turns ORDER BY id")])
    assert turns == ["answered", "suppressed"]


async def test_a_reply_is_suppressed_even_if_the_conversation_was_handed_back_meanwhile(
    writer: Writer, reader: Reader
) -> None:
    from bot.conversation import HandedBack

    await opened(writer)
    snapshot = await said(writer)
    await writer.write(lambda db: step(db, "c1", TakenOver("ada"), phrases))
    await writer.write(lambda db: step(db, "c1", HandedBack(), phrases))
    await writer.write(lambda db: commit_turn(db, snapshot, answered(snapshot), phrases))
    types = [e.frame.type for e in reader.read_now(lambda db: events_after(db, "c1", 0))]
    assert "bot_uttered" not in types


async def test_two_unanswered_messages_in_a_row_go_to_the_queue(writer: Writer, reader: Reader) -> None:
    await opened(writer)
    for number in (1, 2):
        snapshot = await said(writer, message_id=f"m{number}")
        row = turn_row(snapshot, id=f"t{number}", outcome="unanswered", bot_message_id=None, reply=None)
        await writer.write(lambda db, s=snapshot, r=row: commit_turn(db, s, Outcome(r, Unanswered(), None), phrases))  # type: ignore[misc]
    events = reader.read_now(lambda db: events_after(db, "c1", 0))
    texts = [e.frame.text for e in events if isinstance(e.frame, BotUttered)]
    assert texts == ["<fallback>", "<handoff>"]
    assert events[-1].frame.model_dump()["owner"] == "queue"


async def test_slots_are_kept_while_open_and_purged_at_close(writer: Writer, reader: Reader) -> None:
    await opened(writer)
    snapshot = await said(writer, slots={"email": "anna@web.example"})
    assert snapshot.slots == {"email": "anna@web.example"}
    assert snapshot.pending.found == ("email",)
    await writer.write(lambda db: step(db, "c1", Closed("done"), phrases))
    assert reader.read_now(lambda db: list(db.query("SELECT * FROM conversation_slots"))) == []
    with pytest.raises(Conflict):
        await writer.write(lambda db: receive(db, "c1", Incoming("m9", "hello?"), ME))


async def test_the_open_question_of_a_flow_survives_in_the_store(writer: Writer) -> None:
    await opened(writer)
    snapshot = await said(writer)
    flow = FlowState("order_status", "email", "Which e-mail?")
    outcome = answered(snapshot, Reply("Which e-mail?", kind="question", flow=flow))
    await writer.write(lambda db: commit_turn(db, snapshot, outcome, phrases))
    assert (await said(writer, message_id="m2")).conversation.flow == flow


async def test_asking_for_a_person_empties_the_inbox(writer: Writer) -> None:
    await opened(writer)
    await said(writer)
    await writer.write(lambda db: step(db, "c1", PersonAsked(), phrases))
    assert await writer.write(lambda db: next_turn(db, "c1", ME, 12)) is None
    assert await writer.write(waiting) == []


async def test_a_customer_keeps_the_arm_of_the_first_contact(writer: Writer) -> None:
    first = await opened(writer)
    other = Routing(2, (Arm("new", 1.0, ("scripted",)),))
    opening = Opening("c2", "secret-c2", "visitor:c1", "live", "en", "c1")
    second = await writer.write(lambda db: open_conversation(db, opening, other, "seed"))
    assert (first.arm, second.arm) == ("main", "main")


async def test_a_session_secret_is_stored_only_as_a_hash(writer: Writer, tmp_path: Path) -> None:
    await opened(writer)
    assert await writer.write(lambda db: find_session(db, "secret-c1")) is not None
    assert await writer.write(lambda db: find_session(db, "c1")) is None
    assert b"secret-c1" not in (tmp_path / "s.sqlite3-wal").read_bytes()


async def test_a_stale_routing_version_is_refused(writer: Writer) -> None:
    first = await writer.write(lambda db: write_routing(db, ROUTING, expected=None, who="a", why="b"))
    await writer.write(lambda db: write_routing(db, first, expected=1, who="a", why="b"))
    with pytest.raises(Conflict, match="version 1"):
        await writer.write(lambda db: write_routing(db, first, expected=1, who="c", why="d"))
    newest = await writer.write(read_routing)
    assert newest is not None
    assert newest.version == 2


async def test_one_failed_operation_does_not_take_its_neighbours_along(writer: Writer, reader: Reader) -> None:
    await opened(writer)
    writes = [
        writer.write(lambda db, n=n: receive(db, "c1" if n != 5 else "nobody", Incoming(f"m{n}", "x"), ME))  # type: ignore[misc]
        for n in range(10)
    ]
    results = await asyncio.gather(*writes, return_exceptions=True)
    assert [isinstance(r, NotFound) for r in results] == [n == 5 for n in range(10)]
    assert len(reader.read_now(lambda db: events_after(db, "c1", 0))) == 9


async def test_a_bug_in_one_operation_does_not_reach_its_neighbours(writer: Writer, reader: Reader) -> None:
    await opened(writer)
    gate = threading.Event()

    def bug(_db: Database) -> None:
        raise ZeroDivisionError

    writes = [
        asyncio.create_task(work)
        for work in (
            writer.write(lambda _: gate.wait(5)),  # the others queue up behind it and share a commit
            writer.write(lambda db: receive(db, "c1", Incoming("m1", "x"), ME)),
            writer.write(bug),
            writer.write(lambda db: receive(db, "c1", Incoming("m2", "x"), ME)),
        )
    ]
    await asyncio.sleep(0)
    gate.set()
    results = await asyncio.gather(*writes, return_exceptions=True)
    assert [isinstance(result, ZeroDivisionError) for result in results] == [False, False, True, False]
    assert len(reader.read_now(lambda db: events_after(db, "c1", 0))) == 2


async def test_a_broken_operation_is_reported_and_the_writer_goes_on(writer: Writer) -> None:
    with pytest.raises(StoreError, match="no such table"):
        await writer.write(lambda db: db.execute("INSERT INTO absent VALUES (1)"))
    assert (await opened(writer)).id == "c1"


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "s.sqlite3").write_text("not a database, but long enough to be looked at as one" * 20)
    with pytest.raises(StoreError, match="file is not a database"):
        migrate(tmp_path / "s.sqlite3")


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    migrate(tmp_path / "s.sqlite3")
    schema = connect(tmp_path / "s.sqlite3").schema
    migrate(tmp_path / "s.sqlite3")
    assert connect(tmp_path / "s.sqlite3").schema == schema


CRASHER = """
import asyncio, os, sys
from pathlib import Path
from bot.routing import Arm, Routing
from bot.store.opening import Opening, open_conversation
from bot.store.operations import Incoming, receive
from bot.store.tables import Claim
from bot.store.writer import Writer, migrate
path = Path(sys.argv[1]); migrate(path); writer = Writer(path)
async def main():
    routing = Routing(1, (Arm("main", 1.0, ("scripted",)),))
    await writer.write(lambda db: open_conversation(db, Opening("c1", "s", "v", "live", "en"), routing, "seed"))
    for n in range(100000):
        await writer.write(lambda db: receive(db, "c1", Incoming(f"m{n}", "x"), Claim("w", 0.0)))
        print(n, flush=True)
asyncio.run(main())
"""


def test_no_acknowledged_message_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite3"
    with subprocess.Popen([sys.executable, "-c", CRASHER, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        acknowledged = [int(line) for line in (process.stdout.readline() for _ in range(50))]
        process.kill()
        acknowledged += [int(line) for line in process.stdout.read().split("\n")[:-1]]
    reader = Reader(path)
    stored = {e.frame.model_dump()["message_id"] for e in reader.read_now(lambda db: events_after(db, "c1", 0))}
    reader.close()
    assert {f"m{n}" for n in acknowledged} <= stored
