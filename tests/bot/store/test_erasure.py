"""A customer who was erased is not in the store any more, not even in its bytes; the certificate names nobody."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from bot.conversation import Closed, OperatorSaid
from bot.errors import NotFound
from bot.ids import new_id, now
from bot.routing import Arm, Routing
from bot.store.erasure import (
    Subject,
    conversations_of,
    erase,
    finish_erasure,
    list_certificates,
    note_learned,
    pending_erasures,
    read_certificate,
    text_mark,
)
from bot.store.journal import Change, write_change
from bot.store.notes import write_note
from bot.store.opening import Opening, identify, open_conversation
from bot.store.operations import Incoming, Phrase, receive, step
from bot.store.proposals import decide_proposal, list_proposals, write_proposal
from bot.store.rows import AttemptRow, TurnRow
from bot.store.signals import write_label
from bot.store.tables import Claim, insert_turn
from bot.store.writer import connect, empty_log, migrate

ROUTING = Routing(1, (Arm("main", 1.0, ("scripted",)),))
ME = Claim("me", 1000.0)
SECRET = "Xanadu77"
"""Stands in whatever is about the customer who is erased."""
CHAT, BROWSER = "a-chat-erased", "a-browser-erased"
"""Names of that customer that no random name has a piece of."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    migrate(tmp_path / "s.sqlite3")
    return tmp_path / "s.sqlite3"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    database = connect(path, synchronous="NORMAL")
    database.execute("PRAGMA synchronous = OFF")
    yield database
    database.conn.close()


def opened(db: Database, name: str, visitor: str = "v", customer: str | None = None) -> None:
    unit = f"customer:{customer}" if customer else f"visitor:{visitor}"
    opening = Opening(name, f"secret-{name}", unit, "live", "en", visitor, customer)
    open_conversation(db, opening, ROUTING, "seed")


def talk(db: Database, name: str, text: str, number: int = 0) -> str:
    """One message with everything that can be said about it; gives the turn's id."""
    receive(db, name, Incoming(f"m{number}", text, slots={"city": text}), ME)
    turn_id = new_id("t")
    turn = TurnRow(
        id=turn_id,
        conversation_id=name,
        message_id=f"m{number}",
        bot_message_id=f"b{number}",
        asked_at=now(),
        answered_at=now(),
        text=text,
        reply=f"You said {text}",
        source="live",
        language="en",
        arm="main",
        propensity=1.0,
        routing_version=1,
        outcome="answered",
        settings_hash="x",
        latency_ms=1.0,
        attempts=(AttemptRow("scripted", "reply", 1.0, detail=text),),
    )
    insert_turn(db, turn)
    db.execute("DELETE FROM inbox WHERE conversation_id = ?", [name])
    return turn_id


def fill(db: Database, name: str, text: str) -> None:
    """A row about the conversation in every table that is about conversations or turns."""
    turn_id = talk(db, name, text)
    step(db, name, OperatorSaid("ada"), lambda phrase, _: Phrase(phrase), f"Dear {text}")
    label = write_label(db, turn_id, "greet", provenance="operator", by="ada", note=text)
    note = write_note(db, name, "note", "ada", text)
    for target in (turn_id, label, note, name):
        write_change(db, Change("ada", "admin", "turn.label", target, {"text": text}))
    for table in db.table_names():
        columns = {column.name: column for column in db.table(table).columns}
        key = name if "conversation_id" in columns else turn_id if "turn_id" in columns else None
        given = "conversation_id" if "conversation_id" in columns else "turn_id"
        if key is None or db.execute(f'SELECT 1 FROM "{table}" WHERE {given} = ?', [key]).fetchone():
            continue
        values: dict[str, Any] = {}
        for column in columns.values():
            if column.name == "seq":
                continue
            is_text = column.type == "TEXT"
            values[column.name] = (text if is_text else 1) if column.notnull or column.is_pk or is_text else None
        db.table(table).insert({**values, given: key, **({"id": f"x{key}"} if "id" in columns else {})})


def test_every_row_about_the_customer_is_gone_and_nothing_else(db: Database) -> None:
    opened(db, "c1", BROWSER)
    opened(db, "c2", "v2")
    fill(db, "c1", SECRET)
    fill(db, "c2", "Otherwise")
    about = [t for t in db.table_names() if {"conversation_id", "turn_id"} & set(db.table(t).columns_dict)]
    assert len(about) >= 11
    before = {table: db.table(table).count for table in about}
    erase(db, conversations_of(db, Subject(visitor_id=BROWSER)), by="ada")
    assert {table: before[table] - db.table(table).count for table in about} == {
        table: before[table] // 2 for table in about
    }
    assert db.execute("SELECT count(*) FROM assignments").fetchone()[0] == 1
    dump = "\n".join(db.conn.iterdump())
    assert SECRET not in dump
    assert BROWSER not in dump
    assert "Otherwise" in dump
    details = {row["target"]: json.loads(row["details_json"]) for row in db.query("SELECT * FROM journal")}
    assert details["c1"] == {}
    assert details["c2"] == {"text": "Otherwise"}


def test_a_reply_that_was_accepted_for_everybody_stays_and_forgets_whose_it_was(db: Database) -> None:
    opened(db, "c1", "v1")
    turn_id = talk(db, "c1", SECRET)
    accepted, open_ = (write_proposal(db, turn_id, text, by="ada", intent="greet") for text in ("Hello", SECRET))
    decide_proposal(db, accepted, "accepted", "ada")
    write_change(db, Change("ada", "admin", "proposal.add", accepted, {"turn_id": turn_id}))
    erase(db, ["c1"], by="ada")
    assert [(row.id, row.turn_id, row.text) for row in list_proposals(db)] == [(accepted, "", "Hello")]
    left = "\n".join(line for line in db.conn.iterdump() if "erasures" not in line)
    assert open_ not in left
    assert turn_id not in left


def test_the_bytes_of_store_and_log_tell_nothing_of_the_customer(db: Database, path: Path) -> None:
    """Pages are split and merged by many other writes, which would leave copies of rows behind."""
    chance = random.Random(5)
    names = [f"c{number}" for number in range(60)]
    for name in names:
        opened(db, name, f"v{name}")
    for number in range(1200):
        name = chance.choice(names)
        db.execute("BEGIN")
        talk(db, name, f"{SECRET if name < 'c3' else 'other'} {'word ' * chance.randrange(60)}", number)
        if chance.random() < 0.1:
            write_note(db, name, "note", "ada", f"{SECRET if name < 'c3' else 'other'} note")
        db.execute("COMMIT")
    for name in names:
        if name < "c3":
            step(db, name, Closed("done"), lambda phrase, _: Phrase(phrase))
            erase(db, conversations_of(db, Subject(conversation_id=name)), by="ada")
    assert empty_log(path)
    written = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert SECRET.encode() not in written
    assert b"other note" in written


def test_a_store_from_before_is_written_anew_once(path: Path) -> None:
    db = connect(path)
    db.execute("PRAGMA secure_delete = OFF")
    db.execute("PRAGMA user_version = 0")
    opened(db, "c1")
    talk(db, "c1", SECRET)
    erase(db, ["c1"], by="ada")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert SECRET.encode() in path.read_bytes()
    db.conn.close()
    migrate(path)
    assert SECRET.encode() not in path.read_bytes()
    db = connect(path)
    assert db.execute("PRAGMA user_version").fetchone()[0] == 1
    db.conn.close()


def test_the_log_is_not_emptied_while_somebody_reads(path: Path, db: Database) -> None:
    reader = connect(path)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM events").fetchall()
    opened(db, "c1")
    reader.execute("PRAGMA busy_timeout = 0")
    other = connect(path)
    other.execute("PRAGMA busy_timeout = 0")
    assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 1
    reader.execute("ROLLBACK")
    reader.conn.close()
    other.conn.close()
    assert empty_log(path)


def test_a_customer_is_all_conversations_under_the_id_and_those_of_the_same_browser_under_nobodys(db: Database) -> None:
    opened(db, "a", "v1")
    opened(db, "b", "v1")
    identify(db, "b", "anna")
    opened(db, "c", "v2", "anna")
    opened(db, "d", "v1")
    identify(db, "d", "bob")
    opened(db, "e", "v3")
    opened(db, "f", "v2")
    assert conversations_of(db, Subject(customer_id="anna")) == ["a", "b", "c", "f"]
    assert conversations_of(db, Subject(conversation_id="c")) == ["a", "b", "c", "f"]
    assert conversations_of(db, Subject(conversation_id="a")) == ["a"]
    assert conversations_of(db, Subject(visitor_id="v1")) == ["a", "b", "d"]
    assert conversations_of(db, Subject(customer_id="bob")) == ["a", "d"]
    for nobody in (Subject(customer_id="carl"), Subject(visitor_id="v9"), Subject(conversation_id="z")):
        with pytest.raises(NotFound):
            conversations_of(db, nobody)


def test_a_conversation_without_a_customer_or_a_browser_stands_for_itself(db: Database) -> None:
    for name in ("a", "b"):
        opened(db, name)
    db.execute("UPDATE conversations SET unit = NULL, visitor_id = NULL")
    assert conversations_of(db, Subject(conversation_id="a")) == ["a"]


def test_a_certificate_counts_names_nobody_and_forgets_what_was_searched_for(db: Database) -> None:
    opened(db, CHAT, BROWSER)
    turn_id = talk(db, CHAT, SECRET)
    name = erase(db, [CHAT], by="ada")
    ((pending, traces),) = pending_erasures(db).items()
    assert pending == name
    assert traces.turns == frozenset({turn_id})
    assert traces.conversations == frozenset({CHAT})
    assert text_mark(SECRET) in traces.texts
    assert read_certificate(db, name)["state"] == "pending"
    note_learned(db, name, {"training_rows": 2, "bundles": [{"id": "b1", "rows": 2}]})
    note_learned(db, name, {"training_rows": 0, "bundles": []})
    finish_erasure(db, name)
    (certificate,) = list_certificates(db)
    assert (certificate["state"], certificate["conversations"], certificate["turns"]) == ("complete", 1, 1)
    assert (certificate["training_rows"], certificate["bundles"]) == (2, [{"id": "b1", "rows": 2}])
    assert pending_erasures(db) == {}
    stored = str(list(db.query("SELECT * FROM erasures")))
    assert not any(word in stored for word in (SECRET, turn_id, CHAT, BROWSER, text_mark(SECRET)))
    with pytest.raises(NotFound):
        read_certificate(db, "e_nope")
