"""The desk with a real store: order, cancellation, crashes, recovery."""

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.conversation import Closed, HandedBack, OperatorSaid, TakenOver
from bot.errors import Conflict, NotFound, StoreError, Taken
from bot.store.operations import Incoming, receive
from bot.store.queries import read_detail
from bot.store.reader import events_after
from bot.store.showing import shown_from_store
from bot.store.tables import Claim
from bot.summary import draft
from bot.sweeper import Sweeper
from bot.tools import Utterance
from tests.bot.conftest import Make, Office


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
    (turn,) = office.query("SELECT outcome, reason, latency_ms FROM turns")
    assert (turn["outcome"], turn["reason"]) == ("suppressed", "cancelled")
    (attempt,) = office.query("SELECT backend, outcome, ms FROM attempts")
    assert (attempt["backend"], attempt["outcome"]) == ("gated", "cancelled")
    assert 0 < attempt["ms"] <= turn["latency_ms"]


async def test_the_summary_names_the_question_whose_answer_was_cut(office: Office) -> None:
    await office.say("hello", "m1")
    await office.ear.until("bot_uttered")
    await office.say("slow one", "m2")
    await office.gated.speaking.wait()
    await office.desk.step("c1", TakenOver("ada"))
    await office.ear.until("bot_cancelled")
    await office.say("are you there", "m3")
    await office.desk.step("c1", OperatorSaid("ada"), "Yes.")
    told = draft(office.reader.read_now(lambda db: read_detail(db, "c1"))).splitlines()
    assert "Answer cut short: “slow one” (gated cancelled)" in told


async def test_a_take_over_in_another_worker_ends_the_streaming_answer_here(office: Office, make: Make) -> None:
    other = await make("w2")
    await office.say("slow one")
    await office.gated.speaking.wait()
    stepped = await other.desk.step("c1", TakenOver("ada"))
    for event in stepped.events:
        office.desk.observe(event)
    await office.ear.until("bot_cancelled")


async def test_two_operators_take_over_at_once_and_the_second_is_refused(office: Office, make: Make) -> None:
    other = await make("w2")
    await office.say("slow one")
    await office.gated.speaking.wait()
    taking = [office.desk.step("c1", TakenOver("ada")), other.desk.step("c1", TakenOver("bo"))]
    outcomes = await asyncio.gather(*taking, return_exceptions=True)
    (refused,) = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert isinstance(refused, Taken)
    owner = office.query("SELECT operator FROM conversations")[0]["operator"]
    assert refused.operator == owner
    assert len(office.query("SELECT seq FROM events WHERE type = 'owner_changed'")) == 1


async def test_nothing_of_the_bot_follows_a_take_over_that_came_while_it_was_streaming(office: Office) -> None:
    await office.say("slow one")
    await office.say("hello", "m2")
    await office.gated.speaking.wait()
    await office.desk.step("c1", OperatorSaid("ada"), "I am here")
    office.gated.gate.set()
    await office.desk.aclose(1)
    assert office.query("SELECT type FROM events ORDER BY seq")[2:] == [
        {"type": "owner_changed"},
        {"type": "operator_uttered"},
    ]
    assert office.query("SELECT message_id FROM inbox") == []


@pytest.mark.parametrize("reply_first", [True, False])
async def test_an_answer_that_crosses_a_hand_back_is_shown_once_and_who_writes_last_has_it(
    office: Office, make: Make, reply_first: bool
) -> None:
    other = await make("w2")
    await office.desk.step("c1", TakenOver("ada"))
    reply = (office.desk, OperatorSaid("ada"), "One moment")
    back = (other.desk, HandedBack(), "")
    for desk, event, text in (reply, back) if reply_first else (back, reply):
        await desk.step("c1", event, text)
    events = [row["type"] for row in office.query("SELECT type FROM events ORDER BY seq")]
    assert events.count("operator_uttered") == 1
    assert office.query("SELECT owner FROM conversations") == [{"owner": "bot" if reply_first else "operator"}]
    before = events[: events.index("operator_uttered")]
    assert before == ["owner_changed"] * (1 if reply_first else 3)


async def test_a_customer_may_leave_a_message_instead_of_waiting(office: Office) -> None:
    await office.say("Talk to a person", payload="/talk_to_human")
    await office.ear.until("owner_changed")
    await office.say("Leave a message", "m2", payload="/leave_message")
    replies = await office.ear.until("bot_uttered", 2)
    assert replies[1].text == "<leave>"
    assert office.query("SELECT left_message FROM conversations") == [{"left_message": 1}]


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
