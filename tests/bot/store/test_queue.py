"""The queue in the store: places, paces, time-outs that happen once, and what no sequence of events may do."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from backends.contract import Reply
from bot import conversation as machine
from bot.errors import Taken
from bot.queueing import Patience, Waiting
from bot.routing import Arm, Routing
from bot.store.duty import end_duty, on_duty, set_duty, touch_duty
from bot.store.journal import list_changes
from bot.store.opening import Opening, open_conversation
from bot.store.operations import Incoming, Outcome, Phrase, commit_turn, receive, step, take_up, time_out
from bot.store.queue import count_line, read_line, read_overdue, read_paces
from bot.store.reader import events_after, idle_conversations
from bot.store.rows import Snapshot, TurnRow
from bot.store.tables import Claim, read_conversation
from bot.store.writer import connect, migrate
from bot.wire import BotUttered

ROUTING = Routing(1, (Arm("main", 1.0, ("scripted",)),))
ME = Claim("me", 1000.0)
TEXTS = {"place": "Number {place}.", "place_estimate": "Number {place}, {minutes} min.", "next_estimate": "{minutes}!"}


def phrases(name: str, _language: str) -> Phrase:
    return Phrase(TEXTS.get(name, f"<{name}>"))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    migrate(tmp_path / "s.sqlite3")
    database = connect(tmp_path / "s.sqlite3", synchronous="NORMAL")
    yield database
    database.conn.close()


def opened(db: Database, name: str, source: str = "live") -> None:
    open_conversation(db, Opening(name, f"secret-{name}", f"visitor:{name}", source, "en", name), ROUTING, "seed")


def asked(db: Database, name: str, *, staffed: bool = True, source: str = "live") -> str:
    """Ask for a person in a new conversation; gives what the customer is told."""
    opened(db, name, source)
    told = step(db, name, machine.PersonAsked(), phrases, staffed=staffed).events[0].frame
    assert isinstance(told, BotUttered)
    return told.text


def later(minutes: float) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


def test_who_enters_the_queue_is_told_the_place_in_line(db: Database) -> None:
    assert asked(db, "c1") == "<handoff>"
    assert asked(db, "c2") == "<handoff> Number 2."
    assert asked(db, "s1", source="simulated") == "<handoff>"
    assert [one.conversation_id for one in read_line(db)] == ["c1", "c2", "s1"]
    step(db, "c1", machine.QueueLeft(), phrases)
    assert count_line(db, "live") == 1


def test_the_estimate_follows_what_the_last_customers_waited_for_each_place(db: Database) -> None:
    for name, waited_s in (("a", 100), ("b", 200), ("c", 300)):
        asked(db, name)
        begun = (datetime.now(UTC) - timedelta(seconds=waited_s)).isoformat()
        db.execute("UPDATE waits SET queued_at = ?, place = 1 WHERE conversation_id = ?", [begun, name])
        step(db, name, machine.TakenOver("ada"), phrases)
    assert [round(pace) for pace in read_paces(db, "live", later(0))] == [300, 200, 100]
    assert asked(db, "d") == "<handoff> 4!"
    assert asked(db, "e") == "<handoff> Number 2, 7 min."
    assert read_paces(db, "live", later(60 * 24)) == []
    assert read_paces(db, "simulated", later(0)) == []


def test_with_nobody_on_duty_a_message_is_left_and_no_time_out_takes_it_away(db: Database) -> None:
    assert asked(db, "c1", staffed=False) == "<handoff_nobody>"
    assert read_line(db) == [Waiting("c1", "live", read_line(db)[0].queued_at, left_message=True)]
    assert count_line(db, "live") == 0
    patience = Patience(queue_s=60, operator_s=60)
    assert read_overdue(db, later(600), patience) == []
    assert time_out(db, "c1", later(600), patience, phrases) is None
    assert idle_conversations(db, later(60 * 24).isoformat()) == []
    assert idle_conversations(db, later(60 * 24).isoformat(), left_before=later(60).isoformat()) == ["c1"]


def test_only_live_messages_wait_for_days(db: Database) -> None:
    asked(db, "s1", staffed=False, source="simulated")
    assert idle_conversations(db, later(60 * 24).isoformat()) == ["s1"]


def test_the_queue_gives_back_once_whoever_of_the_workers_is_first(db: Database, tmp_path: Path) -> None:
    asked(db, "c1")
    other, patience = connect(tmp_path / "s.sqlite3"), Patience(queue_s=600)
    assert read_overdue(db, later(9), patience) == []
    assert read_overdue(db, later(11), patience) == read_overdue(other, later(11), patience) == ["c1"]
    stepped = time_out(db, "c1", later(11), patience, phrases)
    assert time_out(other, "c1", later(11), patience, phrases) is None
    other.conn.close()
    assert stepped is not None
    assert [event.frame.type for event in stepped.events] == ["owner_changed", "bot_uttered"]
    assert read_conversation(db, "c1").owner == "bot"
    assert [row["how"] for row in db.query("SELECT how FROM waits")] == ["bot"]


def test_an_operator_who_is_silent_while_the_customer_waits_loses_the_conversation(db: Database) -> None:
    opened(db, "c1")
    patience = Patience(operator_s=600)
    step(db, "c1", machine.TakenOver("ada"), phrases)
    assert read_overdue(db, later(60), patience) == []
    receive(db, "c1", Incoming("m1", "hello?"), ME)
    step(db, "c1", machine.OperatorSaid("ada"), phrases, "Hi!")
    assert read_overdue(db, later(60), patience) == []
    receive(db, "c1", Incoming("m2", "and?"), ME)
    waiting_since = read_conversation(db, "c1").awaiting_since
    receive(db, "c1", Incoming("m3", "anybody?"), ME)
    assert read_conversation(db, "c1").awaiting_since == waiting_since
    assert read_overdue(db, later(11), patience) == ["c1"]
    stepped = time_out(db, "c1", later(11), patience, phrases)
    assert stepped is not None
    assert stepped.events[1].frame.model_dump()["text"] == "<operator_timeout>"


def test_who_takes_a_waiting_customer_over_has_to_answer_in_time(db: Database) -> None:
    asked(db, "c1")
    step(db, "c1", machine.TakenOver("ada"), phrases)
    assert read_overdue(db, later(11), Patience(operator_s=600)) == ["c1"]
    asked(db, "c2", staffed=False)
    step(db, "c2", machine.TakenOver("ada"), phrases)
    assert read_overdue(db, later(11), Patience(operator_s=600)) == ["c1"]


def test_of_two_operators_at_once_the_second_is_told_who_was_faster(db: Database, tmp_path: Path) -> None:
    asked(db, "c1")
    other = connect(tmp_path / "s.sqlite3")
    step(db, "c1", machine.TakenOver("ada"), phrases)
    for event in (machine.TakenOver("bo"), machine.OperatorSaid("bo")):
        with pytest.raises(Taken, match="ada has this conversation"):
            step(other, "c1", event, phrases, "Hello")
    assert [event.frame.type for event in events_after(db, "c1", 0)][-1] == "owner_changed"
    step(other, "c1", machine.TakenOver("bo", over="ada"), phrases)
    other.conn.close()
    assert read_conversation(db, "c1").operator == "bo"
    with pytest.raises(Taken, match="bo has"):
        step(db, "c1", machine.OperatorSaid("ada"), phrases, "Are you still there?")


def test_duty_ends_by_itself_when_no_console_is_open(db: Database) -> None:
    assert set_duty(db, "ada", True, "2026-01-05T12:00:00Z")
    assert not set_duty(db, "ada", True, "2026-01-05T12:01:00Z")
    set_duty(db, "bo", True, "2026-01-05T12:00:00Z")
    touch_duty(db, ["bo", "cleo"], "2026-01-05T12:10:00Z")
    assert on_duty(db, "2026-01-05T12:05:00Z") == ["bo"]
    assert end_duty(db, "2026-01-05T12:05:00Z", "2026-01-05T12:11:00Z") == ["ada"]
    assert end_duty(db, "2026-01-05T12:05:00Z", "2026-01-05T12:11:00Z") == []
    assert on_duty(db, "") == ["bo"]
    (change,) = list_changes(db, before=None, limit=9)
    assert (change["who"], change["role"], change["action"]) == ("ada", "system", "duty.away")
    assert set_duty(db, "bo", False, "2026-01-05T12:12:00Z")
    assert on_duty(db, "") == []


EVENTS = st.sampled_from(
    [
        "say",
        "begin",
        "commit",
        machine.PersonAsked(),
        machine.MessageLeft(),
        machine.QueueLeft(),
        machine.DutyEnded(),
        machine.TimedOut(),
        machine.HandedBack(),
        machine.TakenOver("ada"),
        machine.TakenOver("bo", over="ada"),
        machine.OperatorSaid("bo"),
        machine.OperatorSaid("ada", over="bo"),
        machine.TakenOver("cleo", over=machine.ANYBODY),
    ]
)


def _ended(snapshot: Snapshot, number: int) -> Outcome:
    turn = TurnRow(
        id=f"t{number}",
        conversation_id=snapshot.conversation.id,
        message_id=snapshot.pending.message_id,
        bot_message_id=None,
        asked_at="2026-01-01T00:00:00Z",
        answered_at="2026-01-01T00:00:01Z",
        text="hi",
        reply="hello",
        source="live",
        language="en",
        arm="main",
        propensity=1.0,
        routing_version=1,
        outcome="answered",
        settings_hash="x",
        latency_ms=1.0,
    )
    shown = BotUttered(offset=0, at="", message_id=f"b{number}", reply_to=None, text="hello", backend="scripted")
    return Outcome(turn, machine.Answered(Reply("hello", handoff=number % 5 == 0)), shown)


@given(st.lists(st.tuples(EVENTS, st.booleans()), min_size=3, max_size=25))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bot_message_is_stored_between_a_take_over_and_its_end_however_late_turns_are(
    db: Database, events: list[tuple[machine.Event | str, bool]]
) -> None:
    """Turns begin at one time and are committed at any later one, by whichever worker."""
    db.execute("PRAGMA synchronous = OFF")
    for table in ("conversations", "events", "turns", "inbox", "waits"):
        db.execute(f"DELETE FROM {table}")
    opened(db, "c1")
    in_flight: list[Snapshot] = []
    for number, (event, staffed) in enumerate(events):
        if event == "say":
            receive(db, "c1", Incoming(f"m{number}", "hi"), ME)
        elif event == "begin":
            snapshot, _ = take_up(db, read_conversation(db, "c1"), ME, 5)
            in_flight += [snapshot] if snapshot else []
        elif event == "commit":
            if in_flight:
                snapshot = in_flight.pop(0)
                commit_turn(db, snapshot, _ended(snapshot, number), phrases, staffed=staffed)
        else:
            assert not isinstance(event, str)
            with suppress(Taken):
                step(db, "c1", event, phrases, "text", staffed=staffed)
    _check_story(db)


def _check_story(db: Database) -> None:
    """What the customer saw, in order."""
    owner = "bot"
    for event in events_after(db, "c1", 0):
        match event.frame.type:
            case "owner_changed":
                owner = event.frame.owner
            case "bot_uttered":
                assert owner != "operator"
            case "operator_uttered":
                assert owner == "operator"
    row = read_conversation(db, "c1")
    assert row.owner == owner
    assert (row.queued_at is not None) == (owner == "queue")
    assert row.awaiting_since is None or owner == "operator"
    still = [wait["conversation_id"] for wait in db.query("SELECT conversation_id FROM waits WHERE ended_at IS NULL")]
    assert still == (["c1"] if owner == "queue" and not row.left_message else [])
