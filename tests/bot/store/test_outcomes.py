"""Rows of outcomes and audits: what is read at which time, and how likely each conversation is to be looked at."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.errors import NotFound
from bot.store.outcomes import (
    OutcomeRow,
    audit_state,
    count_open,
    delete_outcomes,
    draw_audits,
    read_audits,
    read_outcomes,
    write_audit,
    write_definition,
    write_outcomes,
)
from bot.store.writer import connect, migrate

ROW = OutcomeRow(
    conversation_id="c1",
    definition="resolution/1",
    kind="assumed",
    resolved=True,
    assisted=False,
    reopened=False,
    handed_off=False,
    unit="visitor:v1",
    source="live",
    language="en",
    arm="main",
    propensity=0.5,
    routing_version=1,
    backend="intent",
    intent="order_status",
    first_text="Where is my order?",
    turns=1,
    started_at="2026-03-01T10:00:00Z",
    ended_at="2026-03-01T10:01:00Z",
    window_ends_at="2026-03-08T10:31:00Z",
    judged_at="2026-03-09T00:00:00Z",
    resolution_s=1.5,
    latency_ms=3.0,
    prompt_tokens=0,
    completion_tokens=0,
    cost_usd=0.0,
    backend_s=0.003,
    operator_s=0.0,
    evidence=("answer:intent",),
)
AS_OF = "2026-03-10T00:00:00Z"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    migrate(tmp_path / "store.sqlite3")
    store = connect(tmp_path / "store.sqlite3", synchronous="OFF")
    store.execute("BEGIN")
    yield store
    store.conn.close()


def add(db: Database, *outcomes: OutcomeRow) -> None:
    for row in outcomes:
        begin(db, row.conversation_id, row.started_at, row.source)
    write_outcomes(db, outcomes)


def begin(db: Database, conversation_id: str, at: str, source: str = "live") -> None:
    db.execute(
        "INSERT INTO conversations (id, session_hash, source, owner, owner_seq, last_offset, created_at)"
        " VALUES (?, ?, ?, 'bot', 0, 0, ?)",
        [conversation_id, conversation_id, source, at],
    )


def many(n: int, *, arm: str = "main", first: int = 0) -> list[OutcomeRow]:
    return [replace(ROW, conversation_id=f"c{arm}{number:05}", arm=arm) for number in range(first, first + n)]


def test_a_row_is_read_as_it_was_written(db: Database) -> None:
    add(db, ROW)
    assert read_outcomes(db, as_of=AS_OF) == [ROW]


def test_a_row_is_replaced_not_repeated(db: Database) -> None:
    add(db, ROW)
    write_outcomes(db, [replace(ROW, kind="reopened", resolved=False)])
    assert [row.kind for row in read_outcomes(db, as_of=AS_OF)] == ["reopened"]


def test_an_outcome_is_known_from_the_end_of_its_window_on(db: Database) -> None:
    add(db, ROW)
    assert read_outcomes(db, as_of="2026-03-08T10:30:59Z") == []
    assert count_open(db, None, "2026-03-08T10:30:59Z", None) == 1
    assert read_outcomes(db, as_of="2026-03-08T10:31:00Z") == [ROW]
    assert count_open(db, None, "2026-03-08T10:31:00Z", None) == 0


def test_since_and_source_narrow_what_is_read(db: Database) -> None:
    add(db, ROW, replace(ROW, conversation_id="c2", source="simulated"))
    begin(db, "c3", "2026-03-02T00:00:00Z")
    assert [row.conversation_id for row in read_outcomes(db, as_of=AS_OF, source="simulated")] == ["c2"]
    assert read_outcomes(db, as_of=AS_OF, since="2026-03-01T10:00:01Z") == []
    assert count_open(db, "2026-03-02T00:00:00Z", AS_OF, "live") == 1
    assert count_open(db, "2026-03-02T00:00:01Z", AS_OF, "live") == 0
    assert count_open(db, None, "2026-03-01T23:00:00Z", None) == 2


def test_an_erased_conversation_gets_no_outcome(db: Database) -> None:
    write_outcomes(db, [ROW])
    assert read_outcomes(db, as_of=AS_OF) == []


def test_only_outcomes_of_the_definition_in_force_are_read(db: Database) -> None:
    add(db, ROW, replace(ROW, conversation_id="c2", definition="resolution/0"))
    assert len(read_outcomes(db, as_of=AS_OF)) == 2
    write_definition(db, "resolution/0")
    write_definition(db, "resolution/1")
    assert read_outcomes(db, as_of=AS_OF) == [ROW]
    assert count_open(db, None, AS_OF, None) == 1
    assert [audit.conversation_id for audit in draw_audits(db, 5, seed=1, as_of=AS_OF)] == ["c1"]


def test_an_outcome_can_be_forgotten(db: Database) -> None:
    add(db, ROW)
    delete_outcomes(db, ["c1"])
    assert read_outcomes(db, as_of=AS_OF) == []


def test_each_arm_gives_as_many_audits_as_it_can(db: Database) -> None:
    add(db, *many(100, arm="a"), *many(3, arm="b"), *many(50, arm="c"))
    drawn = draw_audits(db, 23, seed=1, as_of=AS_OF)
    arms = Counter(audit.conversation_id[1] for audit in drawn)
    assert arms == {"a": 10, "b": 3, "c": 10}
    assert {(audit.conversation_id[1], audit.frame, round(audit.probability, 9)) for audit in drawn} == {
        ("a", 100, 0.1),
        ("b", 3, 1.0),
        ("c", 50, 0.2),
    }


def test_a_drawing_can_be_repeated(db: Database, tmp_path: Path) -> None:
    migrate(tmp_path / "other.sqlite3")
    other = connect(tmp_path / "other.sqlite3", synchronous="OFF")
    for store in (db, other):
        add(store, *many(40))
    first, again = (draw_audits(store, 7, seed=5, as_of=AS_OF) for store in (db, other))
    assert [audit.conversation_id for audit in first] == [audit.conversation_id for audit in again]
    other.conn.close()


def test_nothing_is_drawn_twice_and_what_is_left_is_drawn(db: Database) -> None:
    add(db, *many(10))
    draws = [draw_audits(db, 4, seed=1, as_of=AS_OF) for _ in range(4)]
    assert [len(drawn) for drawn in draws] == [4, 4, 2, 0]
    assert len({audit.conversation_id for drawn in draws for audit in drawn}) == 10
    assert {audit.probability for audit in read_audits(db)} == {1.0}


def test_conversations_that_cannot_count_are_not_drawn(db: Database) -> None:
    add(
        db,
        replace(ROW, conversation_id="greeting", kind="no_question"),
        replace(ROW, conversation_id="open", window_ends_at="2026-04-01T00:00:00Z"),
        replace(ROW, conversation_id="simulated", source="simulated"),
        replace(ROW, conversation_id="old", started_at="2026-01-01T00:00:00Z"),
        ROW,
    )
    drawn = draw_audits(db, 10, seed=1, as_of=AS_OF, since="2026-02-01T00:00:00Z")
    assert [audit.conversation_id for audit in drawn] == ["c1"]


def test_after_two_draws_the_probability_is_that_of_being_in_either(db: Database) -> None:
    add(db, *many(100))
    draw_audits(db, 20, seed=1, as_of=AS_OF)
    later = [replace(row, window_ends_at="2026-03-11T00:00:00Z") for row in many(80, first=100)]
    add(db, *later)
    draw_audits(db, 40, seed=2, as_of="2026-03-12T00:00:00Z")
    known = {row.conversation_id for row in later}
    probabilities = {(audit.conversation_id in known, round(audit.probability, 9)) for audit in read_audits(db)}
    assert probabilities == {(False, 0.4), (True, 0.25)}  # 1 - 0.8 * 0.75, and 40 of 160


def test_an_audit_keeps_the_probability_of_its_own_draw_when_windows_become_longer(db: Database) -> None:
    add(db, *many(100))
    draw_audits(db, 20, seed=1, as_of=AS_OF)
    write_outcomes(db, [replace(row, window_ends_at="2026-03-14T00:00:00Z") for row in many(100)])
    draw_audits(db, 40, seed=2, as_of="2026-03-15T00:00:00Z")
    assert sorted({round(audit.probability, 9) for audit in read_audits(db)}) == [0.5, 0.6]  # 40 of 80; 1 - 0.8 * 0.5


def test_weighting_by_the_stored_probability_is_right_on_average(db: Database) -> None:
    add(db, *many(30))
    sums = []
    for seed in range(300):
        db.execute("DELETE FROM audits")
        db.execute("DELETE FROM audit_draws")
        draw_audits(db, 6, seed=seed, as_of=AS_OF)
        draw_audits(db, 6, seed=seed + 1000, as_of=AS_OF, since=None)
        sums.append(sum(int(a.conversation_id[-2:]) / a.probability for a in read_audits(db)))
    assert sum(sums) / len(sums) == pytest.approx(sum(range(30)), rel=0.03)


def test_kinds_that_deceive_are_drawn_more_often_and_none_is_left_out(db: Database) -> None:
    sure = [replace(row, conversation_id=f"s{row.conversation_id}", kind="confirmed") for row in many(100)]
    lost = [replace(row, conversation_id=f"h{row.conversation_id}", kind="handed_off") for row in many(100)]
    add(db, *many(100), *sure, *lost)
    drawn = draw_audits(db, 60, seed=1, as_of=AS_OF)
    shares = {audit.conversation_id[0]: audit.probability for audit in drawn}
    assert shares["c"] > 1.5 * shares["s"] > 1.5 * shares["h"] > 0
    kinds = Counter(audit.conversation_id[0] for audit in drawn)
    assert all(abs(kinds[kind] - 100 * share) < 1 for kind, share in shares.items())


def test_a_judgement_is_stored_and_can_be_corrected(db: Database) -> None:
    add(db, *many(5))
    drawn = draw_audits(db, 2, seed=1, as_of=AS_OF)
    assert audit_state(db) == (2, 0, drawn[0])
    judged = write_audit(db, drawn[0].id, True, "ann", "order found")
    assert (judged.resolved, judged.by, judged.note) == (True, "ann", "order found")
    assert audit_state(db)[:2] == (1, 1)
    assert write_audit(db, drawn[0].id, False, "bob", None).resolved is False
    write_audit(db, drawn[1].id, True, "bob")
    assert audit_state(db) == (0, 2, None)


def test_audits_are_read_by_what_their_conversation_is(db: Database) -> None:
    add(db, ROW, replace(ROW, conversation_id="c2", source="simulated"))
    draw_audits(db, 2, seed=1, as_of=AS_OF, source=None)
    assert [audit.conversation_id for audit in read_audits(db, source="simulated")] == ["c2"]
    assert read_audits(db, as_of="2026-03-02T00:00:00Z") == []
    assert len(read_audits(db)) == 2


def test_an_unknown_audit_cannot_be_judged(db: Database) -> None:
    with pytest.raises(NotFound, match="no audit 'a_x'"):
        write_audit(db, "a_x", True, "ann")


def test_a_draw_of_nothing_is_a_mistake(db: Database) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        draw_audits(db, 0, seed=1, as_of=AS_OF)
