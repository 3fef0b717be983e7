"""Removes what was kept long enough, a few conversations at a time so that customers' messages get in between.

A conversation that has lost its texts stays as a row without them: who answered, how long it took, how it ended.
"""

import json

from sqlite_utils import Database

from bot.ids import now

BATCH = 50
"""Conversations, or other rows, in one transaction."""


def purge_transcripts(db: Database, closed_before: str, most: int = BATCH) -> int:
    """Take the texts out of conversations that ended before a time; returns of how many, at most `most`."""
    found = db.execute(
        "SELECT id FROM conversations WHERE closed_at IS NOT NULL AND purged_at IS NULL AND closed_at < ?"
        " ORDER BY closed_at LIMIT ?",
        [closed_before, most],
    ).fetchall()
    if not found:
        return 0
    ids = json.dumps([row[0] for row in found])
    for sql in _PURGES:
        db.execute(sql, [ids])
    db.execute(f"UPDATE conversations SET last_text = NULL, purged_at = ? WHERE id IN {_GIVEN}", [now(), ids])
    return len(found)


def purge_slots(db: Database, before: str, most: int = BATCH) -> int:
    """Remove slot values older than a time; returns how many, at most `most`."""
    sql = "DELETE FROM conversation_slots WHERE rowid IN (SELECT rowid FROM conversation_slots WHERE at < ? LIMIT ?)"
    return int(db.execute(sql, [before, most]).rowcount)


def purge_notes(db: Database, before: str, most: int = BATCH) -> int:
    """Remove notes older than a time; returns how many, at most `most`."""
    sql = "DELETE FROM notes WHERE id IN (SELECT id FROM notes WHERE at < ? ORDER BY at LIMIT ?)"
    return int(db.execute(sql, [before, most]).rowcount)


_GIVEN = "(SELECT value FROM json_each(?))"
_TURNS = f"(SELECT id FROM turns WHERE conversation_id IN {_GIVEN})"
_PURGES = (
    "UPDATE events SET frame_json = json_remove(json_set(frame_json, '$.text', ''), '$.citations', '$.quick_replies')"
    f" WHERE type IN ('user_uttered', 'bot_uttered', 'operator_uttered') AND conversation_id IN {_GIVEN}",
    f"UPDATE attempts SET detail = '' WHERE detail != '' AND turn_id IN {_TURNS}",
    f"UPDATE labels SET note = NULL WHERE note IS NOT NULL AND turn_id IN {_TURNS}",
    f"DELETE FROM proposals WHERE state != 'accepted' AND turn_id IN {_TURNS}",
    "UPDATE turns SET text = '', reply = NULL, payload = NULL, citations_json = '[]'"
    f" WHERE conversation_id IN {_GIVEN}",
    f"UPDATE signals SET reason = NULL WHERE reason IS NOT NULL AND conversation_id IN {_GIVEN}",
    f"UPDATE outcomes SET first_text = NULL WHERE conversation_id IN {_GIVEN}",
    f"UPDATE audits SET note = NULL WHERE conversation_id IN {_GIVEN}",
    f"DELETE FROM notes WHERE conversation_id IN {_GIVEN}",
)
"""Whatever holds words of a conversation. Each takes the ids as a JSON list."""
