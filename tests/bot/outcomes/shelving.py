"""Puts told conversations into a store, as the server would have."""

import json
from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from backends.contract import Usage
from bot.outcomes.definition import stamp
from bot.outcomes.transcript import AskedTurn, Event, Transcript
from bot.store.rows import AttemptRow, TurnRow
from bot.store.suggestions import Spent, write_spent
from bot.store.tables import insert_turn


def shelve(db: Database, transcripts: Iterable[Transcript]) -> None:
    """Store conversations, in one transaction."""
    db.execute("BEGIN")
    for transcript in transcripts:
        _shelve(db, transcript)
    db.execute("COMMIT")


def _shelve(db: Database, told: Transcript) -> None:
    db.execute(
        "INSERT INTO conversations (id, session_hash, unit, source, language, arm, propensity, routing_version, owner,"
        " owner_seq, last_offset, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'bot', 0, 0, ?, ?)",
        [told.id, told.id, told.unit, told.source, told.language, told.arm, told.propensity, told.routing_version]
        + [stamp(told.started_at)] * 2,
    )
    append(db, told, told.events)
    for turn in told.turns:
        insert_turn(db, _turn(told, turn))
        if turn.label is not None:
            label(db, turn.id, turn.label, at="2024-03-02T12:00:00.000000Z")
    for place, signal in enumerate(told.signals):
        db.execute(
            "INSERT INTO signals (id, conversation_id, turn_id, kind, value, at) VALUES (?, ?, ?, ?, ?, ?)",
            [f"{told.id}-s{place:03}", told.id, signal.turn_id, signal.kind, str(signal.value), stamp(signal.at)],
        )
    for each in told.suggested:
        attempt = AttemptRow("rag", "reply", each.backend_ms)
        usage = Usage(each.prompt_tokens, each.completion_tokens, each.cost_usd)
        write_spent(db, told.id, [Spent(attempt, usage)], stamp(each.at))


def append(db: Database, told: Transcript, events: Sequence[Event], *, after: int = 0) -> None:
    """Store further events of a conversation."""
    for offset, event in enumerate(events, after + 1):
        frame = {
            "offset": offset,
            "at": stamp(event.at),
            "type": event.type,
            "text": event.text,
            "message_id": event.message_id,
            "reply_to": event.reply_to,
            "owner": event.owner,
            "reason": event.reason,
        }
        db.execute(
            'INSERT INTO events (conversation_id, "offset", type, message_id, at, frame_json)'
            " VALUES (?, ?, ?, ?, ?, ?)",
            [told.id, offset, event.type, event.message_id, stamp(event.at), json.dumps(frame)],
        )


def label(db: Database, turn_id: str, intent: str, *, at: str, provenance: str = "operator") -> None:
    """Store a label."""
    db.execute(
        "INSERT INTO labels (id, turn_id, intent, provenance, by, at) VALUES (?, ?, ?, ?, 'ann', ?)",
        [f"l-{turn_id}-{at}-{provenance}", turn_id, intent, provenance, at],
    )


def _turn(told: Transcript, turn: AskedTurn) -> TurnRow:
    article, _, quote = turn.quote.partition("/")
    citation = {"title": "", "url": "", "article_id": article, "quote": quote}
    return TurnRow(
        id=turn.id,
        conversation_id=told.id,
        message_id=turn.message_id,
        bot_message_id=turn.bot_message_id,
        asked_at=stamp(turn.answered_at),
        answered_at=stamp(turn.answered_at),
        text="",
        reply=turn.reply,
        source=told.source,
        language="en",
        arm=told.arm,
        propensity=told.propensity,
        routing_version=told.routing_version,
        outcome=turn.outcome,
        settings_hash="s",
        latency_ms=turn.latency_ms,
        backend=turn.backend,
        kind=turn.kind,
        intent=turn.intent,
        mode=turn.mode,
        payload=turn.payload,
        citations_json=json.dumps([citation] if turn.quote else []),
        actions_json=json.dumps([{"name": "look_up", "ok": ok} for ok in turn.actions]),
        attempts=(
            AttemptRow("intent", "reply", turn.backend_ms / 4),
            AttemptRow("rag", "timeout", turn.backend_ms * 0.75),
        ),
    )
