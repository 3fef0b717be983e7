"""Turns read out of a real store, with rows as the server writes them."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.errors import StoreError
from bot.routing import Arm, Routing
from bot.store.opening import Opening, open_conversation
from bot.store.rows import AttemptRow, TurnRow
from bot.store.signals import write_feedback, write_label, write_resolved
from bot.store.tables import append_event, insert_turn
from bot.store.writer import connect, migrate
from bot.wire import BotUttered, OperatorUttered, QuickReplyOut
from training.harvest.labels import Provenance, harvest
from training.harvest.logged import LoggedTurn, read_logged

ROUTING = Routing(1, (Arm("main", 1.0, ("intent",)),))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    migrate(tmp_path / "s.sqlite3")
    return tmp_path / "s.sqlite3"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    db = connect(path)
    yield db
    db.conn.close()


def at(minute: int) -> str:
    return f"2026-11-20T10:{minute:02d}:00.000000Z"


def opened(db: Database, name: str, source: str = "live") -> None:
    opening = Opening(name, f"secret-{name}", f"visitor:{name}", source, "en", f"v-{name}")
    open_conversation(db, opening, ROUTING, "seed")


def answered(db: Database, conversation: str, minute: int, text: str, source: str = "live", **more: object) -> str:
    """Store a turn; a template's sure answer unless told otherwise. Gives its id."""
    turn = TurnRow(
        id=f"t_{conversation}_{minute:02d}",
        conversation_id=conversation,
        message_id=f"m{minute}",
        bot_message_id=f"b{minute}",
        asked_at=at(minute),
        answered_at=at(minute),
        text=text,
        reply="On its way.",
        source=source,
        language="en",
        arm="main",
        propensity=1.0,
        routing_version=1,
        outcome="answered",
        settings_hash="s",
        latency_ms=1.0,
        backend="intent",
        kind="answer",
        intent="order_status",
        confidence=0.97,
        mode="template",
        attempts=(AttemptRow("intent", "reply", 1.0, "order_status", 0.97),),
    )
    insert_turn(db, replace(turn, **more))  # type: ignore[arg-type]
    return turn.id


def by_text(turns: tuple[LoggedTurn, ...]) -> dict[str, LoggedTurn]:
    return {turn.text: turn for turn in turns}


def test_only_live_conversations_are_read(path: Path, db: Database) -> None:
    for source in ("live", "simulated", "test", "cli"):
        opened(db, source, source)
        answered(db, source, 1, f"from {source}", source)
    assert [turn.text for turn in read_logged(path)] == ["from live"]


def test_a_turn_comes_with_its_signals_labels_and_attempts(path: Path, db: Database) -> None:
    opened(db, "c1")
    turn_id = answered(db, "c1", 1, "where is my parcel")
    write_feedback(db, "c1", "b1", 1, None)
    write_resolved(db, "c1", True)
    write_label(db, turn_id, "order_status", provenance="operator", by="anna", note=None)
    (turn,) = read_logged(path)
    assert (turn.thumbs, turn.resolved, turn.customer) == ((1,), True, "v-c1")
    assert [(label.intent, label.by) for label in turn.labels] == [("order_status", "anna")]
    assert [attempt.outcome for attempt in turn.attempts] == ["reply"]


def test_an_answer_to_a_flow_is_told_from_a_question_beside_it(path: Path, db: Database) -> None:
    opened(db, "c1")
    flow = {"mode": "flow", "intent": "order_status"}
    answered(db, "c1", 1, "where is my parcel", kind="question", **flow)
    answered(db, "c1", 2, "what are your opening hours", intent="hours")
    answered(db, "c1", 3, "it is number 4711", **flow)
    answered(db, "c1", 4, "where is my other parcel", kind="question", **flow)
    turns = by_text(read_logged(path))
    assert {text for text, turn in turns.items() if turn.is_flow_answer} == {"it is number 4711"}
    assert turns["where is my other parcel"].flow is None


def test_the_choice_after_did_you_mean_is_read_with_what_was_offered(path: Path, db: Database) -> None:
    opened(db, "c1")
    answered(db, "c1", 1, "my card", kind="clarify")
    buttons = (
        QuickReplyOut(title="Lost card", payload="/lost_card"),
        QuickReplyOut(title="Else", payload="/none_of_these"),
    )
    asked = BotUttered(
        offset=2, at=at(1), message_id="b1", reply_to="m1", text="?", backend="intent", quick_replies=buttons
    )
    append_event(db, "c1", asked)
    answered(db, "c1", 2, "Lost card", payload="/lost_card", intent="lost_card", confidence=1.0)
    turns = read_logged(path)
    assert (turns[0].offered, turns[0].pressed_next) == (("/lost_card", "/none_of_these"), "/lost_card")
    (row,) = harvest(turns, cap=5).labelled
    assert (row.text, row.intent, row.provenance) == ("my card", "lost_card", Provenance.CUSTOMER_CHOICE)


def test_what_a_person_wrote_after_a_message_is_its_reply(path: Path, db: Database) -> None:
    opened(db, "c1")
    answered(db, "c1", 1, "can I bring my dog", outcome="handoff", reply=None, mode=None, intent=None)
    append_event(db, "c1", OperatorUttered(offset=3, at=at(2), message_id="o1", text="Yes, dogs too.", operator="anna"))
    answered(db, "c1", 3, "thank you")
    turns = by_text(read_logged(path))
    assert turns["can I bring my dog"].operator_reply == "Yes, dogs too."
    assert turns["thank you"].operator_reply is None


def test_a_period_cuts_turns_but_not_what_they_depend_on(path: Path, db: Database) -> None:
    opened(db, "c1")
    flow = {"mode": "flow", "intent": "order_status"}
    answered(db, "c1", 1, "where is my parcel", kind="question", **flow)
    answered(db, "c1", 5, "number 4711", **flow)
    answered(db, "c1", 9, "thank you")
    turns = read_logged(path, since=at(5), until=at(9))
    assert [(turn.text, turn.is_flow_answer) for turn in turns] == [("number 4711", True)]


def test_citations_are_read(path: Path, db: Database) -> None:
    opened(db, "c1")
    quoted = {"title": "Returns", "url": "/returns", "article_id": "returns", "quote": "30 days"}
    answered(db, "c1", 1, "how long", backend="rag", mode="generated", citations_json=json.dumps([quoted]))
    assert read_logged(path)[0].citations[0].title == "Returns"


def test_a_missing_or_foreign_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store at"):
        read_logged(tmp_path / "none.sqlite3")
    (tmp_path / "text.sqlite3").write_text("not a database, but long enough to be looked at as one" * 20)
    with pytest.raises(StoreError, match="could not be read"):
        read_logged(tmp_path / "text.sqlite3")


def test_an_empty_store_has_no_turns(path: Path) -> None:
    assert read_logged(path) == ()


def test_ten_thousand_turns_take_a_moment(path: Path, db: Database) -> None:
    rows = 10_000
    stamp, plain = at(1), ("where is my parcel", "On its way.", "live", "en", "answered", "intent", "answer")
    db.conn.execute("BEGIN")
    db.conn.executemany(
        "INSERT INTO conversations (id, session_hash, unit, visitor_id, source, owner, owner_seq, last_offset,"
        " created_at, updated_at) VALUES (?, ?, ?, ?, 'live', 'bot', 0, 0, ?, ?)",
        ((f"c{n:06d}", f"h{n}", f"v{n}", f"v{n}", stamp, stamp) for n in range(rows // 5)),
    )
    db.conn.executemany(
        "INSERT INTO turns (id, conversation_id, message_id, asked_at, answered_at, text, reply, source, language,"
        " outcome, backend, kind, intent, confidence, mode, clarified, citations_json, actions_json, settings_hash,"
        " latency_ms, stages_json, prompt_tokens, completion_tokens, cost_usd)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'order', 0.9, 'template', 0, '[]', '[]', 's', 1, '{}', 0, 0, 0)",
        ((f"t{n:06d}", f"c{n // 5:06d}", f"m{n}", stamp, stamp, *plain) for n in range(rows)),
    )
    db.conn.executemany(
        "INSERT INTO signals (id, conversation_id, turn_id, kind, value, at) VALUES (?, ?, ?, 'feedback', '1', ?)",
        ((f"s{n:06d}", f"c{n // 5:06d}", f"t{n:06d}", stamp) for n in range(0, rows, 5)),
    )
    db.conn.execute("COMMIT")
    began = time.process_time()
    found = harvest(read_logged(path), cap=3)
    assert (len(found.labelled), found.unlabelled) == (rows // 5, rows - rows // 5)
    assert time.process_time() - began < 5
