"""Reads transcripts, and which of them can be judged, out of the store. Decides nothing else."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlite_utils import Database

from bot.outcomes.definition import parse, stamp
from bot.outcomes.rules import Rules
from bot.outcomes.transcript import AskedTurn, Event, Signal, Suggested, Transcript
from bot.store.tables import rows

LOOK_AHEAD = 50
"""Later conversations of a customer that are looked at for a coming back; a customer with more is a machine."""


_WORD_OF = "provenance IN ('customer_choice', 'operator')"


class Due(NamedTuple):
    """A conversation to be judged."""

    id: str
    unit: str
    started_at: str


def due(db: Database, rules: Rules, as_of: str) -> list[Due]:
    """Find what may be judged now and is not, or not for good: a customer's conversations in one piece, in order.

    That is what has no outcome of this definition; what was judged ahead of its window's end; and all of a customer
    one of whose messages was labelled since. A conversation whose texts were removed in the course of time keeps the
    outcome it has.

    Args:
        as_of: UTC, as the store writes times.
    """
    latest = stamp(parse(as_of) - rules.window)
    labelled = (
        "SELECT coalesce(c.unit, c.id) AS unit, max(l.at) AS at FROM labels l JOIN turns t ON t.id = l.turn_id"
        f" JOIN conversations c ON c.id = t.conversation_id WHERE l.{_WORD_OF} GROUP BY 1"
    )
    found = rows(
        db,
        f"WITH labelled AS ({labelled})"
        f" SELECT c.id, coalesce(c.unit, c.id) AS unit, c.created_at AS started_at FROM conversations c"
        " LEFT JOIN outcomes o ON o.conversation_id = c.id LEFT JOIN labelled l ON l.unit = coalesce(c.unit, c.id)"
        " WHERE c.created_at <= ? AND c.purged_at IS NULL AND (o.conversation_id IS NULL OR o.definition != ?"
        " OR o.judged_at < o.window_ends_at OR o.judged_at <= l.at)"
        " ORDER BY 2, 3, 1",
        latest,
        rules.definition,
    )
    return [Due(**row) for row in found]


def read_transcripts(db: Database, ids: Sequence[str]) -> dict[str, Transcript]:
    """Read conversations with all that belongs to them."""
    marks, values = ", ".join("?" * len(ids)), list(ids)
    parts = _parts(db, marks, values)
    found = rows(
        db,
        "SELECT id, coalesce(unit, id) AS unit, source, created_at, language, arm, propensity, routing_version"
        f" FROM conversations WHERE id IN ({marks})",
        *values,
    )
    return {row["id"]: _transcript(row, parts) for row in found}


def later_ids(db: Database, conversations: Sequence[Due]) -> dict[str, list[str]]:
    """Find for each conversation those of the same customer that began after it, the next first."""
    units = list({conversation.unit for conversation in conversations})
    sql = f"SELECT unit FROM conversations WHERE unit IN ({', '.join('?' * len(units))}) GROUP BY 1 HAVING count(*) > 1"
    several = {row[0] for row in db.execute(sql, units).fetchall()}
    return {each.id: _later(db, each) if each.unit in several else [] for each in conversations}


def _later(db: Database, conversation: Due) -> list[str]:
    found = db.execute(
        "SELECT id FROM conversations WHERE unit = ? AND (created_at, id) > (?, ?) ORDER BY created_at, id LIMIT ?",
        [conversation.unit, conversation.started_at, conversation.id, LOOK_AHEAD],
    )
    return [row[0] for row in found.fetchall()]


class _Parts(NamedTuple):
    """Rows of other tables, by conversation."""

    events: Mapping[str, list[Event]]
    turns: Mapping[str, list[AskedTurn]]
    signals: Mapping[str, list[Signal]]
    suggested: Mapping[str, list[Suggested]]


def _transcript(row: Mapping[str, Any], parts: _Parts) -> Transcript:
    return Transcript(
        row["id"],
        row["unit"],
        row["source"],
        parse(row["created_at"]),
        tuple(parts.events.get(row["id"], ())),
        tuple(parts.turns.get(row["id"], ())),
        tuple(parts.signals.get(row["id"], ())),
        row["language"],
        row["arm"],
        row["propensity"],
        row["routing_version"],
        tuple(parts.suggested.get(row["id"], ())),
    )


def _parts(db: Database, marks: str, values: list[str]) -> _Parts:
    events: dict[str, list[Event]] = defaultdict(list)
    for conversation_id, at, *columns in db.execute(_EVENTS.format(marks=marks), values).fetchall():
        events[conversation_id].append(Event(parse(at), *columns))
    turns: dict[str, list[AskedTurn]] = defaultdict(list)
    labels = _labels(db, marks, values)
    for row in rows(db, _TURNS.format(marks=marks), *values):
        turns[row.pop("conversation_id")].append(_turn(row, labels.get(row["id"])))
    signals: dict[str, list[Signal]] = defaultdict(list)
    sql = (
        f"SELECT conversation_id, at, kind, value, turn_id FROM signals WHERE conversation_id IN ({marks}) ORDER BY id"
    )
    for conversation_id, at, kind, value, turn_id in db.execute(sql, values).fetchall():
        signals[conversation_id].append(Signal(parse(at), kind, int(value), turn_id))
    suggested: dict[str, list[Suggested]] = defaultdict(list)
    for conversation_id, at, *columns in db.execute(_SUGGESTED.format(marks=marks), values).fetchall():
        suggested[conversation_id].append(Suggested(parse(at), *columns))
    return _Parts(events, turns, signals, suggested)


_EVENTS = (
    "SELECT conversation_id, at, type, coalesce(frame_json ->> '$.text', ''), message_id, frame_json ->> '$.reply_to',"
    " coalesce(frame_json ->> '$.owner', ''), coalesce(frame_json ->> '$.reason', '')"
    ' FROM events WHERE conversation_id IN ({marks}) ORDER BY conversation_id, "offset"'
)
_TURNS = (
    "SELECT conversation_id, id, message_id, answered_at, outcome, bot_message_id, kind, mode, backend, intent,"
    " payload, coalesce(reply, '') AS reply, citations_json, actions_json, latency_ms, prompt_tokens,"
    " completion_tokens, cost_usd,"
    " (SELECT coalesce(sum(a.ms), 0.0) FROM attempts a WHERE a.turn_id = turns.id) AS backend_ms"
    " FROM turns WHERE conversation_id IN ({marks}) ORDER BY id"
)
_SUGGESTED = (
    "SELECT conversation_id, at, ms, prompt_tokens, completion_tokens, cost_usd FROM suggestions"
    " WHERE conversation_id IN ({marks}) ORDER BY id"
)


def _turn(row: dict[str, Any], label: str | None) -> AskedTurn:
    citations, actions = row.pop("citations_json"), row.pop("actions_json")
    return AskedTurn(
        **{**row, "answered_at": parse(row["answered_at"])},
        quote=_quote(citations),
        actions=() if actions == "[]" else tuple(bool(action["ok"]) for action in json.loads(actions)),
        label=label,
    )


def _quote(citations: str) -> str:
    if citations == "[]":
        return ""
    first = json.loads(citations)[0]
    return f"{first['article_id']}\n{first['quote']}"


def _labels(db: Database, marks: str, values: Iterable[str]) -> dict[str, str]:
    """The newest word of an operator on each turn, else the customer's own choice; others may be a model's guess."""
    found: dict[str, str] = {}
    sql = (
        "SELECT l.turn_id, l.intent FROM labels l JOIN turns t ON t.id = l.turn_id"
        f" WHERE t.conversation_id IN ({marks}) AND l.{_WORD_OF}"
        " ORDER BY l.provenance = 'operator', l.at, l.id"
    )
    for turn_id, intent in db.execute(sql, list(values)).fetchall():
        found[turn_id] = intent
    return found
