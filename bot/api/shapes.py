"""The shapes of answers that are read straight from the store, for the OpenAPI description.

The answers themselves do not pass through these: a conversation may be long, and the store has checked it already. The
tests hold the two together.
"""

from typing import Any, Literal

from backends.settings import Section
from bot.wire import CitationOut, StoredFrame

Json = dict[str, Any]


class Listed(Section):
    """One conversation in a list."""

    conversation_id: str
    owner: Literal["bot", "queue", "operator", "closed"]
    operator: str | None
    source: str
    arm: str | None
    language: str | None
    customer_id: str | None
    last_text: str | None
    resolved: bool | None
    """What the customer said; null when nothing."""
    started_at: str
    updated_at: str | None
    closed_at: str | None
    close_reason: str | None
    left_message: bool
    """Written while nobody was there: to be answered later."""
    waiting_s: float | None
    """In line for a person; null for who does not wait."""
    backend: str | None
    intent: str | None
    confidence: float | None


class ListedWithCount(Listed):
    """The same with the number of its messages and the customer's newest words."""

    messages: int
    last_asked: str | None


class ConversationPage(Section):
    """Some conversations, the ones that changed last first."""

    conversations: tuple[ListedWithCount, ...]
    next: str | None
    """Hand it in as `before` to get the next page; null on the last one."""


class AttemptShape(Section):
    """One try of one backend."""

    backend: str
    outcome: str
    ms: float
    intent: str | None
    confidence: float | None
    detail: str


class LabelShape(Section):
    """What somebody said a turn's intent was."""

    label_id: str
    intent: str
    provenance: str
    by: str
    note: str | None
    at: str


class TurnShape(Section):
    """One message with everything that led to its answer."""

    turn_id: str
    message_id: str
    bot_message_id: str | None
    asked_at: str
    answered_at: str
    text: str
    reply: str | None
    arm: str | None
    propensity: float | None
    routing_version: int | None
    outcome: str
    backend: str | None
    kind: str | None
    reason: str | None
    intent: str | None
    confidence: float | None
    mode: str | None
    bundle_id: str | None
    prompt_hash: str | None
    index_hash: str | None
    settings_hash: str
    latency_ms: float
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float
    stages_ms: dict[str, float]
    citations: tuple[CitationOut, ...]
    actions: tuple[Json, ...]
    attempts: tuple[AttemptShape, ...]
    labels: tuple[LabelShape, ...]


class SignalShape(Section):
    """A thumb, or the answer to "did this solve it?"."""

    turn_id: str | None
    kind: str
    value: int
    reason: str | None
    at: str


class NoteShape(Section):
    """A private note."""

    note_id: str
    kind: str
    by: str
    text: str
    at: str


class Detail(Listed):
    """Everything about one conversation."""

    slots: dict[str, str]
    """Only while it is open."""
    events: tuple[StoredFrame, ...]
    turns: tuple[TurnShape, ...]
    notes: tuple[NoteShape, ...]
    signals: tuple[SignalShape, ...]


class Labelled(Section):
    """A label that was stored."""

    label_id: str
    turn_id: str
    intent: str
    has_reply: bool


class Readiness(Section):
    """Whether the server can answer, and what of it is down."""

    status: Literal["ready", "not_ready"]
    store: Literal["ok", "down"]
    chain: tuple[str, ...]
    backends: dict[str, str]


def shown(model: Any) -> dict[int | str, dict[str, Any]]:
    """Describe the answer of a route without passing it through the model."""
    return {200: {"model": model}}
