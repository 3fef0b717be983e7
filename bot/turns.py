"""Pure conversions between a stored snapshot, a backend's turn, an engine's answer and the row that is kept."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from backends.contract import Customer, FlowState, QuickReply, Reply, Turn
from bot.conversation import (
    Answered,
    Event,
    MessageLeft,
    Owner,
    PersonAsked,
    QueueLeft,
    Unanswered,
    with_open_question,
)
from bot.engine import Answer
from bot.ids import now
from bot.phrases import BACK_TO_BOT, LEAVE_MESSAGE, TALK_TO_HUMAN
from bot.redact import first_email
from bot.store.operations import Outcome, Received
from bot.store.rows import ConversationRow, Snapshot, TurnRow
from bot.tools import SlotReading
from bot.wire import BotUttered, citation_out, quick_reply_out

PRESSED: Mapping[str, Event] = {
    TALK_TO_HUMAN: PersonAsked(),
    BACK_TO_BOT: QueueLeft(),
    LEAVE_MESSAGE: MessageLeft(),
}
"""Buttons that are for the host and no backend."""
CONTACT = "contact_email"
"""Slot for the address of a customer who leaves a message."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a turn ended, beside the answer."""

    message_id: str
    """Id under which the reply was or would be shown."""
    settings_hash: str
    total_ms: float
    """From the start of the turn to its end, milliseconds."""
    queued_ms: float
    """From the receipt of the message to the start of the turn, milliseconds."""
    crashed: bool = False


def turn_of(snapshot: Snapshot, turn_id: str, error_budget: float | None) -> Turn:
    """What the backends are given."""
    row, pending = snapshot.conversation, snapshot.pending
    return Turn(
        id=turn_id,
        text=pending.text,
        conversation_id=row.id,
        language=row.language,
        history=snapshot.history,
        slots=snapshot.slots,
        found=frozenset(pending.found),
        flow=row.flow,
        payload=pending.payload,
        clarified=row.clarified,
        customer=Customer(row.customer_id, row.visitor_id),
        error_budget=error_budget,
    )


def outcome_of(
    snapshot: Snapshot,
    turn: Turn,
    answer: Answer,
    ending: Ending,
    hide: Callable[[str], str] = str,
    waiting: tuple[QuickReply, ...] = (),
) -> Outcome:
    """What is stored: the turn's row, the event for the state machine, and the frame.

    Args:
        hide: takes personal data out of a text before it is stored.
        waiting: buttons for a customer who is handed to the queue.
    """
    reply = answer.reply and _hidden(with_open_question(answer.reply, snapshot.conversation.flow), hide)
    if reply is not None and reply.handoff:
        reply = replace(reply, quick_replies=(*reply.quick_replies, *waiting))
    columns = _columns(snapshot, turn, answer, ending)
    if reply is None:
        columns |= {"outcome": "error" if ending.crashed else "unanswered", "reason": answer.reason}
        return Outcome(TurnRow(**columns), Unanswered(answer.spoken, answer.handoff), None)
    columns |= {
        "bot_message_id": ending.message_id,
        "reply": reply.text,
        "outcome": "handoff" if reply.handoff else "answered",
        **_evidence(reply, ending, answer.first_token_ms),
    }
    shown = _shown(snapshot, reply, answer, ending.message_id)
    return Outcome(TurnRow(**columns), Answered(reply), shown, reply.forget)


def _hidden(reply: Reply, hide: Callable[[str], str]) -> Reply:
    flow = reply.flow
    if isinstance(flow, FlowState):
        flow = replace(flow, question=hide(flow.question))
    return replace(reply, text=hide(reply.text), flow=flow)


def _columns(snapshot: Snapshot, turn: Turn, answer: Answer, ending: Ending) -> dict[str, Any]:
    """What a turn's row holds whether or not there is a reply."""
    conversation, pending = snapshot.conversation, snapshot.pending
    return {
        "id": turn.id,
        "conversation_id": conversation.id,
        "message_id": pending.message_id,
        "bot_message_id": None,
        "asked_at": pending.received_at,
        "answered_at": now(),
        "text": pending.text,
        "reply": None,
        "source": conversation.source,
        "language": conversation.language,
        "arm": conversation.arm,
        "propensity": conversation.propensity,
        "routing_version": conversation.routing_version,
        "settings_hash": ending.settings_hash,
        "latency_ms": ending.total_ms,
        "backend": answer.backend,
        "payload": pending.payload,
        "clarified": int(conversation.clarified),
        "stages_json": json.dumps({"queued": round(ending.queued_ms, 3)}),
        "attempts": answer.attempts,
    }


def _evidence(reply: Reply, ending: Ending, first_token_ms: float | None) -> dict[str, object]:
    stages = {**reply.stages_ms, "queued": ending.queued_ms}
    if first_token_ms is not None:
        stages.setdefault("first_token", first_token_ms)
    return {
        "kind": reply.kind,
        "intent": reply.intent,
        "confidence": reply.confidence,
        "mode": reply.provenance.mode,
        "bundle_id": reply.provenance.bundle_id,
        "prompt_hash": reply.provenance.prompt_hash,
        "index_hash": reply.provenance.index_hash,
        "citations_json": json.dumps([asdict(citation) for citation in reply.citations]),
        "actions_json": json.dumps([{"name": action.name, "ok": action.ok} for action in reply.actions]),
        "stages_json": json.dumps({name: round(ms, 3) for name, ms in stages.items()}),
        "prompt_tokens": reply.usage.prompt_tokens,
        "completion_tokens": reply.usage.completion_tokens,
        "cost_usd": reply.usage.cost_usd,
    }


def _shown(snapshot: Snapshot, reply: Reply, answer: Answer, message_id: str) -> BotUttered:
    return BotUttered(
        offset=0,
        at="",
        message_id=message_id,
        reply_to=snapshot.pending.message_id,
        text=reply.text,
        backend=answer.backend or "",
        intent=reply.intent,
        confidence=reply.confidence,
        citations=tuple(map(citation_out, reply.citations)),
        quick_replies=tuple(map(quick_reply_out, reply.quick_replies)),
    )


def found_in(reading: SlotReading, row: ConversationRow, raw: str) -> dict[str, str]:
    """Slots in a customer's message; in the queue also the address that somebody may write back to."""
    contact = first_email(raw) if row.owner == Owner.QUEUE else None
    return {**reading.found, **({CONTACT: contact} if contact else {})}


def begins_ahead(received: Received, payload: str | None) -> bool:
    """Whether the model may begin before the message is durable: not where an action may change something."""
    snapshot = received.snapshot
    return snapshot is not None and snapshot.conversation.flow is None and payload not in PRESSED


def since_ms(received_at: str, begun: float) -> float:
    """Milliseconds between a stored time and a reading of `perf_counter`."""
    received = datetime.fromisoformat(received_at).timestamp()
    elapsed = time.perf_counter() - begun
    return max(0.0, (time.time() - elapsed - received) * 1000)
