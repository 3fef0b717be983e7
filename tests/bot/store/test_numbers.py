"""Figures by day."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlite_utils import Database

from backends.contract import Usage
from bot.conversation import Closed, PersonAsked
from bot.ids import first_id
from bot.store.numbers import audit_mark, read_numbers
from bot.store.operations import Phrase, step
from bot.store.rows import AttemptRow, TurnRow
from bot.store.suggestions import Spent, write_spent
from bot.store.tables import insert_turn
from bot.store.writer import connect, migrate

TODAY = date(2026, 3, 3)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    migrate(tmp_path / "store.sqlite3")
    store = connect(tmp_path / "store.sqlite3", synchronous="OFF")
    yield store
    store.conn.close()


def talk(db: Database, number: int, day: int, *, backend: str | None = "rag", source: str = "live") -> None:
    at = f"2026-03-{day:02}T12:00:00.000000Z"
    db.execute(
        "INSERT INTO conversations (id, session_hash, source, arm, last_backend, owner, owner_seq, last_offset,"
        " created_at) VALUES (?, ?, ?, 'main', ?, 'bot', 0, 0, ?)",
        [f"c{number}", f"s{number}", source, backend, at],
    )
    turn = first_id("t", datetime.fromisoformat(at).astimezone(UTC)) + f"{number:012}"
    insert_turn(
        db,
        TurnRow(
            id=turn, conversation_id=f"c{number}", message_id=f"m{number}", bot_message_id=None, asked_at=at,
            answered_at=at, text="", reply=None, source=source, language="en", arm="main", propensity=1.0,
            routing_version=1, outcome="answered", settings_hash="", latency_ms=float(number), backend=backend,
            cost_usd=0.5,
        ),
    )  # fmt: skip


def hand_off(db: Database, conversation_id: str) -> None:
    step(db, conversation_id, PersonAsked(), lambda phrase, _: Phrase(phrase))


def test_figures_stand_at_their_day(db: Database) -> None:
    for number in range(1, 21):
        talk(db, number, 2)
    talk(db, 30, 3, backend=None)
    hand_off(db, "c1")
    found = read_numbers(db, days=3, source="live", today=TODAY)
    assert found["days"] == ["2026-03-01", "2026-03-02", "2026-03-03"]
    series = found["series"]
    assert series["volume"]["arm"] == {"main": [0, 20, 1]}
    assert series["volume"]["backend"] == {"(none)": [0, 0, 1], "rag": [0, 20, 0]}
    assert series["handoff_rate"]["arm"] == {"main": [None, 0.05, 0.0]}
    assert series["latency_ms_p50"]["backend"]["rag"] == [None, 10.0, None]
    assert series["latency_ms_p95"]["backend"]["rag"] == [None, 19.0, None]
    assert series["cost_usd"]["intent"] == {"(none)": [0, 10.0, 0.5]}


def test_answers_suggested_to_operators_cost_too(db: Database) -> None:
    talk(db, 1, 2)
    tries = [
        Spent(AttemptRow("llm", "reply", 9.0), Usage(10, 2, 0.25)),
        Spent(AttemptRow("rag", "abstain:unsure", 1.0)),
    ]
    write_spent(db, "c1", tries, "2026-03-03T09:00:00.000000Z")
    series = read_numbers(db, days=3, source="live", today=TODAY)["series"]
    assert series["cost_usd"]["arm"] == {"main": [0, 0.5, 0.25]}
    assert series["cost_usd"]["backend"] == {"llm": [0, 0, 0.25], "rag": [0, 0.5, 0]}
    assert series["latency_ms_p50"]["arm"] == {"main": [None, 1.0, None]}
    assert read_numbers(db, days=3, source="simulated", today=TODAY)["series"]["cost_usd"]["arm"] == {}


def test_a_message_left_with_nobody_there_is_handed_off_and_a_closing_is_not(db: Database) -> None:
    talk(db, 1, 3)
    talk(db, 2, 3)
    step(db, "c1", PersonAsked(), lambda phrase, _: Phrase(phrase), staffed=False)
    for name in ("c1", "c2"):
        step(db, name, Closed("idle"), lambda phrase, _: Phrase(phrase))
    found = read_numbers(db, days=1, source="live", today=TODAY)
    assert found["series"]["handoff_rate"]["arm"] == {"main": [0.5]}


def test_other_days_and_sources_are_left_out(db: Database) -> None:
    talk(db, 1, 1)
    talk(db, 2, 3, source="simulated")
    assert read_numbers(db, days=2, source="live", today=TODAY)["series"]["volume"]["arm"] == {}
    assert read_numbers(db, days=2, source=None, today=TODAY)["series"]["volume"]["arm"] == {"main": [0, 1]}


def test_an_empty_store_has_days_and_no_figures(db: Database) -> None:
    found = read_numbers(db, days=1, source=None, today=TODAY)
    assert found == {
        "days": ["2026-03-03"],
        "series": {metric: {"arm": {}, "backend": {}, "intent": {}} for metric in found["series"]},
    }


def test_the_mark_of_the_audits_changes_with_each_judgement(db: Database) -> None:
    before = audit_mark(db)
    columns = "id, conversation_id, drawn_at, probability, frame, definition"
    db.execute(f"INSERT INTO audits ({columns}) VALUES ('a', 'c', '', 1, 1, '')")
    drawn = audit_mark(db)
    db.execute("UPDATE audits SET resolved = 1, judged_at = '2026'")
    assert len({before, drawn, audit_mark(db)}) == 3
