"""Conversations out of the store: one line an event, or one line a conversation in OpenAI's `messages` form.

What was stored is masked, and slot values are no part of it.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from sqlite_utils import Database

from bot.store.tables import read_conversation, rows

Form = Literal["events", "messages"]
ROLES = {"user_uttered": "user", "bot_uttered": "assistant", "operator_uttered": "assistant"}
SPEAKERS = {"user_uttered": "customer", "bot_uttered": "assistant", "operator_uttered": "operator"}


def transcripts(db: Database, *, form: Form = "events", source: str | None = "live") -> Iterator[dict[str, Any]]:
    """Read every conversation, the oldest first.

    Args:
        form: `events` gives a line for each stored event with its turn's evidence; `messages` a line for each
            conversation.
        source: `live`, `simulated`, `test` or `cli`; None takes all.
    """
    condition, values = ("WHERE source = ?", [source]) if source else ("", [])
    found = db.execute(f"SELECT id FROM conversations {condition} ORDER BY id", values).fetchall()
    for (conversation_id,) in found:
        if form == "messages":
            yield _messages(db, conversation_id)
        else:
            yield from _events(db, conversation_id)


def read_transcript(db: Database, conversation_id: str) -> dict[str, Any]:
    """Read what was said in one conversation, as its customer may have it: masked, without notes and evidence.

    Raises:
        NotFound: there is none.
    """
    read_conversation(db, conversation_id)
    said = [
        {"at": frame["at"], "role": SPEAKERS[frame["type"]], "name": frame.get("operator"), "text": frame["text"]}
        for frame in _frames(db, conversation_id)
        if frame["type"] in SPEAKERS
    ]
    return {"conversation_id": conversation_id, "messages": said}


def transcript_text(transcript: Mapping[str, Any]) -> str:
    """Write a transcript as lines to read."""
    lines = [f"Conversation {transcript['conversation_id']}. Times are UTC.", ""]
    for said in transcript["messages"]:
        who = said["name"] or said["role"].capitalize()
        at = said["at"][:19].replace("T", " ")
        lines.append(f"{at}  {who}: " + said["text"].replace("\n", "\n    "))
    return "\n".join(lines) + "\n"


def _events(db: Database, conversation_id: str) -> Iterator[dict[str, Any]]:
    sql = "SELECT * FROM turns WHERE conversation_id = ?"
    turns = {turn["bot_message_id"]: turn for turn in rows(db, sql, conversation_id)}
    for frame in _frames(db, conversation_id):
        turn = turns.get(frame.get("message_id")) if frame["type"] == "bot_uttered" else None
        evidence = {} if turn is None else {"turn": {key: turn[key] for key in _KEPT}}
        yield {"conversation_id": conversation_id, **frame, **evidence}


def _messages(db: Database, conversation_id: str) -> dict[str, Any]:
    messages = [
        {"role": ROLES[frame["type"]], "content": frame["text"]}
        for frame in _frames(db, conversation_id)
        if frame["type"] in ROLES
    ]
    return {"conversation_id": conversation_id, "messages": messages}


def _frames(db: Database, conversation_id: str) -> Iterator[dict[str, Any]]:
    sql = 'SELECT frame_json FROM events WHERE conversation_id = ? ORDER BY "offset"'
    for row in rows(db, sql, conversation_id):
        yield json.loads(row["frame_json"])


_KEPT = (
    "id",
    "arm",
    "propensity",
    "backend",
    "outcome",
    "reason",
    "intent",
    "confidence",
    "mode",
    "bundle_id",
    "latency_ms",
    "cost_usd",
)
