"""Transcripts in both forms, of live traffic only unless asked."""

from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.store.transcripts import transcripts
from bot.store.writer import connect, migrate


@pytest.fixture
def db(tmp_path: Path) -> Database:
    migrate(tmp_path / "s.sqlite3")
    db = connect(tmp_path / "s.sqlite3")
    for name, source in (("c1", "live"), ("c2", "simulated")):
        db.execute(
            "INSERT INTO conversations (id, session_hash, source, owner, owner_seq, last_offset, created_at)"
            " VALUES (?, ?, ?, 'bot', 0, 0, 'now')",
            [name, name, source],
        )
        for offset, kind, text in ((1, "user_uttered", "hi"), (2, "bot_uttered", "hello"), (3, "owner_changed", "")):
            frame = f'{{"type": "{kind}", "message_id": "m{offset}", "text": "{text}"}}'
            db.execute(
                'INSERT INTO events (conversation_id, "offset", type, message_id, at, frame_json) VALUES (?,?,?,?,?,?)',
                [name, offset, kind, f"m{offset}", "now", frame],
            )
    return db


def test_messages_take_openais_form_and_leave_the_rest_out(db: Database) -> None:
    messages = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    assert list(transcripts(db, form="messages")) == [{"conversation_id": "c1", "messages": messages}]


def test_events_come_in_order_and_simulated_ones_only_when_asked_for(db: Database) -> None:
    assert [row["type"] for row in transcripts(db)] == ["user_uttered", "bot_uttered", "owner_changed"]
    assert {row["conversation_id"] for row in transcripts(db, source=None)} == {"c1", "c2"}
