"""What was kept long enough loses its words, and nothing else is lost."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from bot.conversation import Closed, OperatorSaid
from bot.keeping import Keeper
from bot.metrics import Metrics
from bot.queueing import since
from bot.routing import Arm, Routing
from bot.settings import RetentionSection, Settings
from bot.store.notes import write_note
from bot.store.opening import Opening, open_conversation
from bot.store.operations import Incoming, Phrase, receive, step
from bot.store.queries import read_detail
from bot.store.reader import events_after
from bot.store.retention import BATCH, purge_transcripts
from bot.store.signals import write_feedback, write_label
from bot.store.tables import Claim, write_slots
from bot.store.writer import Writer, connect, migrate

ROUTING = Routing(1, (Arm("main", 1.0, ("scripted",)),))
NOW = datetime.now(UTC)
TURN = {
    "message_id": "m1",
    "asked_at": "now",
    "answered_at": "now",
    "text": "Xanadu77",
    "reply": "Xanadu77",
    "source": "live",
    "language": "en",
    "outcome": "answered",
    "clarified": 0,
    "citations_json": '["Xanadu77"]',
    "actions_json": "[]",
    "settings_hash": "x",
    "latency_ms": 5.0,
    "stages_json": "{}",
    "prompt_tokens": 0,
    "completion_tokens": 0,
    "cost_usd": 0.0,
    "backend": "scripted",
    "intent": "greet",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    migrate(tmp_path / "s.sqlite3")
    return tmp_path / "s.sqlite3"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    database = connect(path, synchronous="NORMAL")
    yield database
    database.conn.close()


def ended(db: Database, name: str, days_ago: float | None) -> None:
    """A conversation full of words; None leaves it open."""
    open_conversation(db, Opening(name, f"s-{name}", f"visitor:{name}", "live", "en", name), ROUTING, "seed")
    receive(db, name, Incoming("m1", "Xanadu77"), Claim("me", 1.0))
    db.table("turns").insert({**TURN, "id": f"t{name}", "conversation_id": name, "bot_message_id": f"b{name}"})
    step(db, name, OperatorSaid("ada"), lambda phrase, _: Phrase(phrase), "Dear Xanadu77")
    write_feedback(db, name, f"b{name}", -1, "Xanadu77")
    write_label(db, f"t{name}", "greet", provenance="operator", by="ada", note="Xanadu77")
    write_note(db, name, "note", "ada", "Xanadu77")
    if days_ago is None:
        return
    step(db, name, Closed("done"), lambda phrase, _: Phrase(phrase))
    db.execute("UPDATE conversations SET closed_at = ? WHERE id = ?", [since(NOW, days_ago * 86_400), name])


def test_an_old_conversation_loses_its_words_and_keeps_how_it_went(db: Database) -> None:
    ended(db, "c1", 31)
    ended(db, "c2", 29)
    ended(db, "c3", None)
    assert purge_transcripts(db, since(NOW, 30 * 86_400)) == 1
    assert purge_transcripts(db, since(NOW, 30 * 86_400)) == 0
    old = read_detail(db, "c1")
    assert "Xanadu77" not in str(old)
    assert [event["type"] for event in old["events"]] == [
        "user_uttered",
        "owner_changed",
        "operator_uttered",
        "conversation_closed",
    ]
    assert [event.frame.offset for event in events_after(db, "c1", 0)] == [1, 2, 3, 4]
    (turn,) = old["turns"]
    assert (turn["text"], turn["reply"], turn["backend"], turn["latency_ms"]) == ("", None, "scripted", 5.0)
    assert turn["labels"][0]["intent"] == "greet"
    assert (old["signals"][0]["value"], old["signals"][0]["reason"]) == (-1, None)
    assert old["notes"] == []
    for name in ("c2", "c3"):
        assert str(read_detail(db, name)).count("Xanadu77") >= 7


async def test_each_kind_has_its_time_and_zero_keeps_it(db: Database, path: Path) -> None:
    ended(db, "c1", 40)
    ended(db, "c2", None)
    for name, days in (("city", 3), ("street", 1)):
        write_slots(db, "c2", {name: "x"}, since(NOW, days * 86_400))
    db.execute("UPDATE notes SET at = ? WHERE conversation_id = 'c2'", [since(NOW, 8 * 86_400)])
    writer, metrics = Writer(path), Metrics()
    try:
        assert await Keeper(writer, RetentionSection(), metrics).keep(NOW) == {}
        settings = RetentionSection(transcript_days=30, slot_days=2, note_days=7)
        keeper = Keeper(writer, settings, metrics)
        assert await keeper.keep(NOW) == {"transcripts": 1, "slots": 1, "notes": 1}
        assert await keeper.keep(NOW) == {"transcripts": 0, "slots": 0, "notes": 0}
    finally:
        writer.close()
    assert [row["name"] for row in db.query("SELECT name FROM conversation_slots")] == ["street"]
    assert b'chatbot_removed_rows_total{kind="slots"' in metrics.render()


async def test_much_is_removed_in_small_steps(db: Database, path: Path) -> None:
    ended(db, "c1", None)
    count = 2 * BATCH + 3
    db.execute("BEGIN")
    for number in range(count):
        write_slots(db, "c1", {f"slot{number}": "x"}, since(NOW, 9 * 86_400))
    db.execute("COMMIT")
    writer = Writer(path)
    steps: list[int] = []
    write = writer.write

    async def counted(operation: Any) -> Any:
        steps.append(await write(operation))
        return steps[-1]

    writer.write = counted  # type: ignore[method-assign,assignment]
    try:
        await Keeper(writer, RetentionSection(slot_days=1), Metrics()).keep(NOW)
    finally:
        writer.close()
    assert steps == [BATCH, BATCH, 3]


def test_texts_are_kept_until_outcomes_are_judged() -> None:
    with pytest.raises(ValueError, match=r"at least outcomes\.reopen_days"):
        Settings(retention=RetentionSection(transcript_days=2))
    assert Settings(retention=RetentionSection(transcript_days=8)).retention.transcript_days == 8


def test_what_is_removed_is_not_in_the_file_either(db: Database, path: Path) -> None:
    ended(db, "c1", 31)
    purge_transcripts(db, since(NOW + timedelta(days=1), 0))
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert b"Xanadu77" not in path.read_bytes()
