"""What a backend is given and what it may answer: the seam between the core and everything that replies.

Standard library only. It does not know of storage, sockets, settings files or any model.

Errors: `BackendError` (a dependency is broken; the chain goes on) is the only exception a backend raises on
purpose. "I don't know" is the value `Abstain`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

Emit = Callable[[str], Awaitable[None]]
"""Shows a piece of the reply to the customer at once; awaiting it gives back-pressure and cancellation."""

Role = Literal["customer", "bot", "operator"]


class BackendError(Exception):
    """A dependency of a backend is broken (endpoint down, model file gone). For operators' eyes only."""


class UnknownBackend(ValueError):
    """A name that is in no table of backends; the message lists the known ones."""


class Reason(StrEnum):
    """Why a backend did not answer. Open set: a stranger's backend may use other lower-case words."""

    OUT_OF_SCOPE = "out_of_scope"
    LOW_CONFIDENCE = "low_confidence"
    AMBIGUOUS = "ambiguous"
    UNGROUNDED = "ungrounded"
    NO_ARTICLES = "no_articles"
    NO_REPLY = "no_reply"
    UNSUPPORTED_LANGUAGE = "unsupported_language"
    ACTION_FAILED = "action_failed"


class Keep(StrEnum):
    """Marks "leave it as it was", where None already means "none"."""

    KEEP = "keep"


KEEP = Keep.KEEP


@dataclass(frozen=True, slots=True)
class Message:
    """One earlier line of the conversation, as stored (masked)."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class FlowState:
    """An open question of a flow: the state any backend may pick up."""

    flow: str
    """Name of the flow, which is the name of its intent."""
    awaiting: str
    """The slot asked for, or `confirm`."""
    question: str
    """The question as the customer saw it, to be asked again after an interruption."""
    tries: int = 0
    """Answers so far that did not fit."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Who is asking, as far as the host knows."""

    id: str | None = None
    """Verified customer id, or None for a visitor."""
    visitor_id: str | None = None
    """Random id kept by the widget, or None."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One customer message and everything of the past a backend may know."""

    id: str
    """Turn id; the idempotency key of every action taken for it."""
    text: str
    """The message with personal data masked."""
    conversation_id: str = ""
    language: str = "en"
    """Language of the customer's interface, BCP 47 (`en`, `de-AT`)."""
    history: tuple[Message, ...] = ()
    """Earlier messages, oldest first, without this one."""
    slots: Mapping[str, str] = field(default_factory=dict)
    """Slot values known in this conversation, those of this message included. Unmasked: never log them."""
    found: frozenset[str] = frozenset()
    """Names of the slots whose value came with this message."""
    flow: FlowState | None = None
    payload: str | None = None
    """Payload of the quick reply that was pressed (`/order_status`), or None for typed text."""
    clarified: bool = False
    """The last bot message was a "did you mean": do not ask that twice in a row."""
    customer: Customer = Customer()
    error_budget: float | None = None
    """Share of wrong canned answers the operators put up with, 0..1; None leaves it to the backend."""


@dataclass(frozen=True, slots=True)
class Citation:
    """The passage an answer rests on."""

    title: str
    url: str
    article_id: str
    quote: str


@dataclass(frozen=True, slots=True)
class QuickReply:
    """A button under a reply; pressing it sends the payload."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What an action of a flow reported."""

    name: str
    ok: bool
    values: Mapping[str, str] = field(default_factory=dict)
    """Facts it returned, or `code` of the refusal."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one reply cost."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which versions answered, so that training and evaluation can tell."""

    bundle_id: str | None = None
    prompt_hash: str | None = None
    index_hash: str | None = None
    mode: str | None = None
    """`template`, `flow`, `generated` or `extractive`; None when the backend has one way only."""


ReplyKind = Literal["answer", "question", "clarify"]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with its evidence."""

    text: str
    kind: ReplyKind = "answer"
    """`question`: a flow asks for something; `clarify`: "did you mean"."""
    intent: str | None = None
    confidence: float | None = None
    """Calibrated probability that the answer is the right one, 0..1; None when the backend has none."""
    citations: tuple[Citation, ...] = ()
    quick_replies: tuple[QuickReply, ...] = ()
    flow: FlowState | Keep | None = KEEP
    """The open question after this reply, None when the flow has ended, KEEP when it was not touched."""
    forget: tuple[str, ...] = ()
    """Slots to drop, e.g. an order number that does not exist."""
    actions: tuple[ActionResult, ...] = ()
    usage: Usage = Usage()
    provenance: Provenance = Provenance()
    stages_ms: Mapping[str, float] = field(default_factory=dict)
    """Milliseconds by stage (`encode`, `retrieve`, `first_token`, `generate`)."""
    handoff: bool = False
    """The customer asked for a person: the host moves the conversation to the queue after this reply."""


@dataclass(frozen=True, slots=True)
class Abstain:
    """The backend does not answer this turn: a value, not an error."""

    reason: str
    """A `Reason`, or a word of the backend's own."""
    intent: str | None = None
    confidence: float | None = None
    detail: str = ""
    """For operators, e.g. the scores."""
    provenance: Provenance = Provenance()
    stages_ms: Mapping[str, float] = field(default_factory=dict)


class Backend(Protocol):
    """Answers one turn. Stateless: all it may know of the past is in `turn`."""

    name: str

    async def reply(self, turn: Turn, emit: Emit) -> Reply | Abstain:
        """Answer, streaming through `emit` if that helps; the returned text replaces what was shown.

        Raises:
            BackendError: a dependency is broken.
        """
        ...

    async def aclose(self) -> None:
        """Release what was opened; safe to call twice."""
        ...


@dataclass(frozen=True, slots=True)
class Status:
    """How a backend is doing, for operators."""

    state: Literal["ok", "degraded", "down"]
    detail: str = ""


@runtime_checkable
class HasStatus(Protocol):
    """A backend that can tell how it is doing."""

    def status(self) -> Status:
        """Tell from memory, without waiting."""
        ...


@dataclass(frozen=True, slots=True)
class Parse:
    """What a classifier thinks of a text."""

    intent: str | None
    """The top intent, or None when the text is out of scope."""
    confidence: float
    """Calibrated probability of the top intent, 0..1."""
    ranking: tuple[tuple[str, float], ...]
    """Intents with their probability, best first; they sum to at most 1."""
    oos_score: float = 0.0
    """Higher means more likely out of scope; comparable only within one bundle."""


@runtime_checkable
class HasParse(Protocol):
    """A backend with a classifier inside."""

    async def parse(self, text: str) -> Parse:
        """Rank the intents of one masked text."""
        ...


@runtime_checkable
class HasBudget(Protocol):
    """A backend that follows the operators' error budget by how confident it must be."""

    def least_confidence(self, intent: str, error_budget: float) -> float | None:
        """The confidence below which it does not answer with this intent; None while it has no model."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a backend finds its files when it is loaded."""

    bot: Path
    """The bot folder (`bot.toml`, `nlu/`, `articles/`, …)."""
    home: Path
    """The `var/` folder (bundles, encoders, index)."""
    serves: bool = True
    """False for a one-off command: no background work that outlives a turn."""


Load = Callable[[Mapping[str, Any], Place], Backend]
"""A factory: the backend's own settings table, unopened, and where its files are.

May raise `BackendError` or `ValueError`."""
