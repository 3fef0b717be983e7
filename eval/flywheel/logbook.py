"""Writes a day's talks into a store as the server does: conversations, events, turns, attempts, signals, labels."""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from backends.content.content import NONE_OF_THESE
from bot.house import STORE
from bot.routing import Arm, Routing
from bot.store.opening import Opening, open_conversation
from bot.store.rows import AttemptRow, TurnRow
from bot.store.signals import write_label, write_resolved
from bot.store.tables import append_event, insert_turn, one
from bot.store.writer import connect
from bot.wire import BotUttered, QuickReplyOut, UserUtteredOut
from eval.flywheel.day import Talk

ROUTING = Routing(1, (Arm("main", 1.0, ("intent",)),))
SOON = timedelta(seconds=20)
"""After which a customer presses a button."""


def write_day(home: Path, talks: Sequence[Talk], bundle_id: str) -> None:
    """Store a day in one transaction; one that is there already stays as it is.

    Args:
        home: the `var/` folder, its store migrated.
        talks: the day.
        bundle_id: the bundle that answered.

    Raises:
        StoreError: the store cannot be opened.
    """
    with closing(connect(home / STORE, synchronous="OFF").conn) as connection:
        db = Database(connection)
        if not talks or one(db, "SELECT 1 FROM turns WHERE id = ?", talks[0].asked.turn_id) is not None:
            return
        connection.execute("BEGIN IMMEDIATE")
        for talk in talks:
            _write(db, talk, bundle_id)
        connection.execute("COMMIT")


def _write(db: Database, talk: Talk, bundle_id: str) -> None:
    asked = talk.asked
    opening = Opening(
        asked.conversation_id, f"s_{asked.conversation_id}", asked.customer, "live", "en", visitor_id=asked.customer
    )
    open_conversation(db, opening, ROUTING, "flywheel")
    _exchange(db, _turn(talk, bundle_id), asked.at, 1, talk.offered)
    if talk.pressed is not None:
        _exchange(db, _pressed(talk, bundle_id), asked.at + SOON, 3)
    if talk.is_confirmed:
        write_resolved(db, asked.conversation_id, True)
    if talk.corrected is not None:
        write_label(db, asked.turn_id, talk.corrected, provenance="operator", by="operator", note=None)


def _exchange(db: Database, turn: TurnRow, at: datetime, offset: int, offered: Sequence[str] = ()) -> None:
    """Store what the customer said, what the bot said, and the turn."""
    said = UserUtteredOut(offset=offset, at=_iso(at), message_id=turn.message_id, text=turn.text)
    buttons = (*offered, NONE_OF_THESE) if offered else ()
    answer = BotUttered(
        offset=offset + 1,
        at=_iso(at),
        message_id=turn.bot_message_id or "",
        reply_to=turn.message_id,
        text=turn.reply or "I am not sure I understood.",
        backend=turn.backend or "host",
        intent=turn.intent,
        confidence=turn.confidence,
        quick_replies=tuple(QuickReplyOut(title=name, payload=f"/{name}") for name in buttons),
    )
    append_event(db, turn.conversation_id, said)
    append_event(db, turn.conversation_id, answer)
    insert_turn(db, turn)


def _turn(talk: Talk, bundle_id: str) -> TurnRow:
    """The turn of the typed message: a reply, a question what was meant, or nothing."""
    is_reply = talk.intent is not None
    outcome = "reply" if is_reply or talk.offered else f"abstain:{talk.reason}"
    return TurnRow(
        **_common(talk, talk.asked.turn_id, talk.asked.at, talk.asked.text),
        reply=f"About {talk.intent}." if is_reply else "What did you mean?" if talk.offered else None,
        outcome="answered" if is_reply or talk.offered else "fallback",
        backend="intent" if is_reply or talk.offered else None,
        kind="answer" if is_reply else "clarify" if talk.offered else None,
        mode="template" if is_reply else None,
        reason=talk.reason,
        intent=talk.intent,
        confidence=talk.confidence,
        bundle_id=bundle_id,
        attempts=(AttemptRow("intent", outcome, 1.0, talk.intent, talk.confidence),),
    )


def _pressed(talk: Talk, bundle_id: str) -> TurnRow:
    """The turn of the button."""
    is_known = talk.pressed != NONE_OF_THESE
    intent = talk.pressed if is_known else None
    return TurnRow(
        **_common(talk, f"{talk.asked.turn_id}b", talk.asked.at + SOON, str(talk.pressed)),
        reply=f"About {talk.pressed}." if is_known else None,
        outcome="answered" if is_known else "fallback",
        backend="intent" if is_known else None,
        kind="answer" if is_known else None,
        mode="template" if is_known else None,
        reason=None if is_known else "ambiguous",
        intent=intent,
        confidence=1.0 if is_known else None,
        payload=f"/{talk.pressed}",
        bundle_id=bundle_id,
        attempts=(AttemptRow("intent", "reply" if is_known else "abstain:ambiguous", 0.1, intent),),
    )


def _common(talk: Talk, turn_id: str, at: datetime, text: str) -> dict[str, Any]:
    return {
        "id": turn_id,
        "conversation_id": talk.asked.conversation_id,
        "message_id": f"m_{turn_id}",
        "bot_message_id": f"b_{turn_id}",
        "asked_at": _iso(at),
        "answered_at": _iso(at),
        "text": text,
        "source": "live",
        "language": "en",
        "arm": "main",
        "propensity": 1.0,
        "routing_version": 1,
        "settings_hash": "flywheel",
        "latency_ms": 1.0,
    }


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
