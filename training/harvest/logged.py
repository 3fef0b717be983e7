"""Reads the turns of live conversations with everything that was said about them. Decides nothing."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from backends.contract import Citation
from bot.errors import StoreError

FLOW_MODE = "flow"
"""How a reply of a flow is marked in `turns.mode`; a reply of a template is marked `template`."""


class Try(NamedTuple):
    """One try of one backend."""

    backend: str
    outcome: str
    """`reply`, `abstain:REASON`, `timeout`, `error`, `skipped:…`."""
    intent: str | None
    confidence: float | None


class StoredLabel(NamedTuple):
    """What somebody said a turn's intent was."""

    intent: str
    provenance: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class LoggedTurn:
    """One customer message of a live conversation, how it was answered, and what came after it."""

    turn_id: str
    conversation_id: str
    customer: str
    """Verified customer id, else visitor id, else the conversation itself."""
    asked_at: str
    """UTC, ISO-8601."""
    text: str
    """As stored: personal data masked."""
    outcome: str = "answered"
    """`answered`, `fallback`, `handoff`, `suppressed`, `unanswered`, `error`."""
    reply: str | None = None
    backend: str | None = None
    kind: str | None = None
    """`answer`, `question` (a flow asks), `clarify` ("did you mean")."""
    mode: str | None = None
    """How the reply was made: `template`, `flow`, or a word of another backend."""
    reason: str | None = None
    intent: str | None = None
    """The intent that answered: a prediction, never a label."""
    confidence: float | None = None
    payload: str | None = None
    """Of the button that was pressed; None for typed text."""
    bundle_id: str | None = None
    citations: tuple[Citation, ...] = ()
    attempts: tuple[Try, ...] = ()
    flow: str | None = None
    """The flow whose question was open when this message came."""
    thumbs: tuple[int, ...] = ()
    """1 or -1, oldest first."""
    resolved: bool | None = None
    """The last answer to "did this solve it?" that was given while this was the newest turn."""
    labels: tuple[StoredLabel, ...] = ()
    """Oldest first."""
    offered: tuple[str, ...] = ()
    """Payloads of the buttons under a "did you mean"."""
    pressed_next: str | None = None
    """Payload of the very next message of the conversation, if that was a button."""
    operator_reply: str | None = None
    """The first thing a person wrote after this message and before the customer's next one."""

    @property
    def is_flow_answer(self) -> bool:
        """Whether the message was taken as an answer to a flow's open question: a value, not a request."""
        return self.flow is not None and self.mode == FLOW_MODE and self.intent == self.flow


def read_logged(path: Path, *, since: str | None = None, until: str | None = None) -> tuple[LoggedTurn, ...]:
    """Read the turns of live conversations, each conversation in one piece and in order.

    Simulated, test and command-line traffic is left aside. The file is opened read-only.

    Args:
        path: the store, or a copy of it.
        since: UTC ISO-8601; turns asked before are left out, though they still tell which flow was open.
        until: UTC ISO-8601, exclusive.

    Raises:
        StoreError: there is no store, or it cannot be read.
    """
    if not path.is_file():
        raise StoreError(f"no store at {path}: expected the conversations of a server that has run; start it once")
    try:
        with closing(sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            db.execute("BEGIN")  # one view of the store, whatever is written meanwhile
            return tuple(_turns(db, since or "", until or "~"))
    except sqlite3.Error as exc:
        raise StoreError(f"the store {path} could not be read: {exc}") from exc


_LIVE = "conversation_id IN (SELECT id FROM conversations WHERE source = 'live')"
_TURNS = (
    "SELECT t.id AS turn_id, t.conversation_id, coalesce(c.customer_id, c.visitor_id, c.unit, c.id) AS customer,"
    " t.asked_at, t.text, t.outcome, t.reply, t.backend, t.kind, t.mode, t.reason, t.intent,"
    " t.confidence, t.payload, t.bundle_id, t.citations_json"
    " FROM turns t JOIN conversations c ON c.id = t.conversation_id"
    " WHERE c.source = 'live' AND t.source = 'live' AND t.conversation_id IN"
    " (SELECT conversation_id FROM turns WHERE asked_at >= ? AND asked_at < ?)"
    " ORDER BY t.conversation_id, t.id"
)
_PLAIN = (
    "turn_id", "conversation_id", "customer", "asked_at", "text", "outcome", "reply", "backend", "kind", "mode",
    "reason", "intent", "confidence", "payload", "bundle_id",
)  # fmt: skip
"""Fields of `LoggedTurn` that are the first columns of a row, in its order; those after them help to build it."""


class _Beside(NamedTuple):
    """What other tables hold about turns."""

    attempts: dict[str, list[Try]]
    signals: dict[str, list[tuple[str, int]]]
    labels: dict[str, list[StoredLabel]]
    offered: dict[str, tuple[str, ...]]
    operators: dict[str, list[tuple[str, str]]]
    """Conversation → (time, text) of what a person wrote, in order."""


def _turns(db: sqlite3.Connection, since: str, until: str) -> Iterator[LoggedTurn]:
    beside = _beside(db, since)
    rows = db.execute(_TURNS, (since, until))
    for _, group in groupby(rows, key=lambda row: str(row["conversation_id"])):
        flow: str | None = None
        conversation = [row for row in group if row["asked_at"] < until]
        for place, row in enumerate(conversation):
            after = conversation[place + 1] if place + 1 < len(conversation) else None
            said = _said_between(beside.operators.get(row["conversation_id"], ()), row, after)
            if row["asked_at"] >= since:
                yield _turn(row, after, flow, said, beside)
            flow = None if said is not None else _flow_after(row, flow)


def _turn(
    row: sqlite3.Row, after: sqlite3.Row | None, flow: str | None, operator_reply: str | None, beside: _Beside
) -> LoggedTurn:
    turn_id = row["turn_id"]
    signals = beside.signals.get(turn_id, ())
    resolved = [bool(value) for kind, value in signals if kind == "resolved"]
    return LoggedTurn(
        **dict(zip(_PLAIN, row, strict=False)),
        citations=_citations(row["citations_json"]),
        attempts=tuple(beside.attempts.get(turn_id, ())),
        flow=flow,
        thumbs=tuple(value for kind, value in signals if kind == "feedback"),
        resolved=resolved[-1] if resolved else None,
        labels=tuple(beside.labels.get(turn_id, ())),
        offered=beside.offered.get(turn_id, ()),
        pressed_next=after["payload"] if after is not None else None,
        operator_reply=operator_reply,
    )


def _flow_after(row: sqlite3.Row, flow: str | None) -> str | None:
    """The open flow after a turn: a question opens one; its end, a handoff or a kept-back reply closes it."""
    if row["outcome"] in {"handoff", "suppressed"}:
        return None
    if row["kind"] == "question":
        return str(row["intent"])
    return None if row["mode"] == FLOW_MODE else flow


def _said_between(said: Sequence[tuple[str, str]], row: sqlite3.Row, after: sqlite3.Row | None) -> str | None:
    end = after["asked_at"] if after is not None else "~"
    return next((text for at, text in said if row["asked_at"] <= at < end), None)


def _citations(text: str) -> tuple[Citation, ...]:
    return () if text == "[]" else tuple(Citation(**citation) for citation in json.loads(text))


def _beside(db: sqlite3.Connection, since: str) -> _Beside:
    beside = _Beside(defaultdict(list), defaultdict(list), defaultdict(list), {}, defaultdict(list))
    turns = f"turn_id IN (SELECT id FROM turns WHERE asked_at >= ? AND {_LIVE})"
    sql = f"SELECT turn_id, backend, outcome, intent, confidence FROM attempts WHERE {turns} ORDER BY turn_id, position"
    for turn_id, *attempt in db.execute(sql, (since,)):
        beside.attempts[turn_id].append(Try(*attempt))
    for turn_id, kind, value in db.execute(
        f"SELECT turn_id, kind, value FROM signals WHERE {turns} ORDER BY id", (since,)
    ):
        beside.signals[turn_id].append((kind, int(value)))
    sql = f"SELECT turn_id, intent, provenance, by, at FROM labels WHERE {turns} ORDER BY at, id"
    for turn_id, *label in db.execute(sql, (since,)):
        beside.labels[turn_id].append(StoredLabel(*label))
    clarified = (
        "SELECT t.id, e.frame_json FROM turns t JOIN events e ON e.conversation_id = t.conversation_id"
        " AND e.message_id = t.bot_message_id WHERE t.kind = 'clarify' AND t.asked_at >= ?"
    )
    for turn_id, frame in db.execute(clarified, (since,)):
        beside.offered[turn_id] = tuple(button["payload"] for button in json.loads(frame).get("quick_replies", ()))
    spoken = (
        "SELECT conversation_id, at, json_extract(frame_json, '$.text') FROM events"
        f" WHERE type = 'operator_uttered' AND at >= ? AND {_LIVE} ORDER BY seq"
    )
    for conversation_id, at, text in db.execute(spoken, (since,)):
        beside.operators[conversation_id].append((at, text))
    return beside
