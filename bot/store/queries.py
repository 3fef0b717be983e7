"""What operators read: the list of conversations, and one of them with all its turns. Read-only."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlite_utils import Database

from bot.errors import NotFound
from bot.ids import now
from bot.queueing import seconds_between
from bot.store.notes import read_notes
from bot.store.tables import one, rows

Row = dict[str, Any]

LISTED = (
    "id AS conversation_id, owner, operator, source, arm, language, customer_id, last_text, resolved,"
    " created_at AS started_at, updated_at, closed_at, close_reason, left_message, queued_at,"
    " last_backend AS backend, last_intent AS intent, last_confidence AS confidence"
)
TURN = (
    "id AS turn_id, message_id, bot_message_id, asked_at, answered_at, text, reply, arm, propensity, routing_version,"
    " outcome, backend, kind, reason, intent, confidence, mode, bundle_id, prompt_hash, index_hash, settings_hash,"
    " latency_ms, prompt_tokens, completion_tokens, cost_usd, stages_json, citations_json, actions_json"
)
ASKED = (
    "(SELECT json_extract(a.frame_json, '$.text') FROM events a WHERE a.conversation_id = c.id"
    " AND a.type = 'user_uttered' ORDER BY a.\"offset\" DESC LIMIT 1)"
)
"""The customer's newest words."""
SEARCHED = 2000
"""Conversations whose messages are looked through for one page."""
COLUMNS = {"backend": "last_backend", "intent": "last_intent"}
"""Where what is asked for by another name is stored."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which conversations are wanted."""

    owners: tuple[str, ...] = ()
    """Any of these; empty means all."""
    source: str | None = None
    arm: str | None = None
    backend: str | None = None
    """That answered last."""
    intent: str | None = None
    """That was answered last."""
    q: str | None = None
    """Words anywhere in its messages, or its id."""
    before: str | None = None
    """The `next` of the page before."""
    limit: int = 50


class Page(NamedTuple):
    """Some conversations, newest first."""

    conversations: list[Row]
    next: str | None
    """Hand it in as `before` to get the next page; None on the last one."""


def list_conversations(db: Database, wanted: Filter) -> Page:
    """Read one page of conversations, the ones that changed last first.

    `waiting_s` counts for those who wait in line for a person, and is null for all others. A search looks at so many
    conversations a page (`SEARCHED`): one that finds few has a `next` all the same.
    """
    clauses, values = _where(wanted)
    span, matches = wanted.limit + 1, []
    if wanted.q and one(db, "SELECT 1 FROM conversations WHERE id = ?", wanted.q):
        clauses, values = [*clauses, "id = ?"], [*values, wanted.q]
    elif wanted.q:
        span, matches = SEARCHED, [_MATCHES]
    inner = f"SELECT * FROM conversations WHERE {' AND '.join(clauses)} ORDER BY updated_at DESC, id DESC LIMIT ?"
    likes = [f"%{_literal(wanted.q or '')}%"] if matches else []
    sql = (  # in the order of the inner query, which a limit fixes: the search stops at the last hit of the page
        f"SELECT {LISTED}, (SELECT count(*) FROM events e WHERE e.conversation_id = c.id AND e.message_id IS NOT NULL)"
        f" AS messages, {ASKED} AS last_asked FROM ({inner}) c WHERE {' AND '.join(['1', *matches])} LIMIT ?"
    )
    found = rows(db, sql, *values, span, *likes, wanted.limit + 1)
    page = [_with_flags(row) for row in found[: wanted.limit]]
    if len(found) > wanted.limit:
        return Page(page, _cursor(page[-1]))
    if not matches:
        return Page(page, None)
    ends = rows(db, f"SELECT id AS conversation_id, updated_at FROM ({inner} OFFSET ?)", *values, 1, SEARCHED - 1)
    return Page(page, _cursor(ends[0]) if ends else None)


def _cursor(row: Row) -> str:
    return f"{row['updated_at']}~{row['conversation_id']}"


_MATCHES = (
    "EXISTS (SELECT 1 FROM events e WHERE e.conversation_id = c.id"
    " AND json_extract(e.frame_json, '$.text') LIKE ? ESCAPE '!')"
)


def read_detail(db: Database, conversation_id: str) -> Row:
    """Read everything about one conversation; slots only while it is open.

    Raises:
        NotFound: there is none.
    """
    row = one(db, f"SELECT {LISTED} FROM conversations WHERE id = ?", conversation_id)
    if row is None:
        raise NotFound(f"no conversation {conversation_id!r}")
    slots = rows(db, "SELECT name, value FROM conversation_slots WHERE conversation_id = ?", conversation_id)
    events = rows(db, 'SELECT frame_json FROM events WHERE conversation_id = ? ORDER BY "offset"', conversation_id)
    signals = rows(
        db,
        "SELECT turn_id, kind, value, reason, at FROM signals WHERE conversation_id = ? ORDER BY id",
        conversation_id,
    )
    return {
        **_with_flags(row),
        "slots": {} if row["owner"] == "closed" else {slot["name"]: slot["value"] for slot in slots},
        "events": [json.loads(event["frame_json"]) for event in events],
        "turns": _turns(db, conversation_id),
        "notes": read_notes(db, conversation_id),
        "signals": [{**signal, "value": int(signal["value"])} for signal in signals],
    }


def _turns(db: Database, conversation_id: str) -> list[Row]:
    turns = rows(db, f"SELECT {TURN} FROM turns WHERE conversation_id = ? ORDER BY id", conversation_id)
    attempts = _by_turn(
        rows(
            db,
            "SELECT turn_id, backend, outcome, ms, intent, confidence, detail FROM attempts"
            " WHERE turn_id IN (SELECT id FROM turns WHERE conversation_id = ?) ORDER BY turn_id, position",
            conversation_id,
        )
    )
    labels = _by_turn(
        rows(
            db,
            "SELECT id AS label_id, turn_id, intent, provenance, by, note, at FROM labels"
            " WHERE turn_id IN (SELECT id FROM turns WHERE conversation_id = ?) ORDER BY id",
            conversation_id,
        )
    )
    return [
        {**_opened(turn), "attempts": attempts.get(turn["turn_id"], []), "labels": labels.get(turn["turn_id"], [])}
        for turn in turns
    ]


def _opened(turn: Mapping[str, Any]) -> Row:
    """Turn the JSON columns into what they hold."""
    plain = {name: value for name, value in turn.items() if not name.endswith("_json")}
    return {
        **plain,
        "stages_ms": json.loads(turn["stages_json"]),
        "citations": json.loads(turn["citations_json"]),
        "actions": json.loads(turn["actions_json"]),
    }


def _by_turn(found: Iterable[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in found:
        grouped.setdefault(row.pop("turn_id"), []).append(row)
    return grouped


def _with_flags(row: Row) -> Row:
    is_left, queued_at = bool(row["left_message"]), row.pop("queued_at")
    waits = queued_at is not None and not is_left
    return {
        **row,
        "resolved": None if row["resolved"] is None else bool(row["resolved"]),
        "left_message": is_left,
        "waiting_s": round(seconds_between(queued_at, now()), 1) if waits else None,
    }


def _where(wanted: Filter) -> tuple[list[str], list[Any]]:
    clauses: list[str] = ["1"]
    values: list[Any] = []
    if wanted.owners:
        clauses.append(f"owner IN ({', '.join('?' * len(wanted.owners))})")
        values += wanted.owners
    for column in ("source", "arm", "backend", "intent"):
        if value := getattr(wanted, column):
            clauses.append(f"{COLUMNS.get(column, column)} = ?")
            values.append(value)
    if wanted.before:
        at, _, last = wanted.before.partition("~")
        clauses.append("(updated_at, id) < (?, ?)")
        values += [at, last]
    return clauses, values


def _literal(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
