"""The conversation as a pure state machine: who owns it, and what follows from an event.

No clock, no store, no socket. Every event is allowed in every state; one that makes no sense is refused with a code.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from backends.contract import KEEP, FlowState, Reply

MISSES_UNTIL_HANDOFF = 2
"""Unanswered messages in a row after which a person is asked for."""


class Owner(StrEnum):
    """Who answers the next message."""

    BOT = "bot"
    QUEUE = "queue"
    OPERATOR = "operator"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the next step depends on."""

    owner: Owner = Owner.BOT
    operator: str | None = None
    misses: int = 0
    clarified: bool = False
    flow: FlowState | None = None


# --- events ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """The customer wrote something or pressed a button."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A backend replied."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No backend replied."""

    spoken: bool = False
    """Half an answer was shown: only a person may finish it."""
    handoff: bool = False
    """The chain ends with a handoff."""


@dataclass(frozen=True, slots=True)
class PersonAsked:
    """The customer asks for a person."""


@dataclass(frozen=True, slots=True)
class TakenOver:
    """An operator steps in."""

    operator: str


@dataclass(frozen=True, slots=True)
class OperatorSaid:
    """An operator writes; that takes the conversation over if need be."""

    operator: str


@dataclass(frozen=True, slots=True)
class HandedBack:
    """The bot answers again."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The conversation ends."""

    reason: str


@dataclass(frozen=True, slots=True)
class QueueLeft:
    """The customer would rather go on with the bot than wait for a person."""


Event = QueueLeft | Said | Answered | Unanswered | PersonAsked | TakenOver | OperatorSaid | HandedBack | Closed

# --- effects -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AskBackends:
    """Let the engine answer."""


@dataclass(frozen=True, slots=True)
class TellOperators:
    """A person has to see this."""


@dataclass(frozen=True, slots=True)
class ShowReply:
    """Send the backend's reply."""


@dataclass(frozen=True, slots=True)
class Suppress:
    """Keep the backend's reply from the customer."""


@dataclass(frozen=True, slots=True)
class Say:
    """Send one of the host's own phrases."""

    phrase: str


@dataclass(frozen=True, slots=True)
class ChangeOwner:
    """Announce who answers from now on."""

    owner: Owner


@dataclass(frozen=True, slots=True)
class CancelTurn:
    """Stop a turn in flight."""


@dataclass(frozen=True, slots=True)
class ShowOperator:
    """Send the operator's message."""


@dataclass(frozen=True, slots=True)
class End:
    """Announce the end."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """The event cannot be carried out."""

    code: str


Effect = (
    AskBackends | TellOperators | ShowReply | Suppress | Say | ChangeOwner | CancelTurn | ShowOperator | End | Refuse
)
Step = tuple[Conversation, tuple[Effect, ...]]


def apply(state: Conversation, event: Event) -> Step:
    """Give the next state and what has to be done, in order."""
    if state.owner is Owner.CLOSED:
        return state, (Refuse("closed"),)
    match event:
        case Said():
            return state, (AskBackends() if state.owner is Owner.BOT else TellOperators(),)
        case Answered(reply):
            return _answered(state, reply)
        case Unanswered():
            return _unanswered(state, event)
        case PersonAsked():
            return _person_asked(state)
        case TakenOver(operator):
            return _taken_over(state, operator)
        case OperatorSaid(operator):
            after, effects = _taken_over(state, operator)
            return after, (*effects, ShowOperator())
        case HandedBack() | QueueLeft():
            return _to_bot(state, event)
        case Closed(reason):
            return replace(state, owner=Owner.CLOSED, flow=None), (CancelTurn(), End(reason))
        case _:
            assert_never(event)


def _answered(state: Conversation, reply: Reply) -> Step:
    if state.owner is not Owner.BOT:
        return state, (Suppress(),)
    flow = state.flow if reply.flow is KEEP else reply.flow
    after = replace(state, misses=0, clarified=reply.kind == "clarify", flow=flow)
    if not reply.handoff:
        return after, (ShowReply(),)
    return replace(after, owner=Owner.QUEUE, flow=None), (
        ShowReply(),
        ChangeOwner(Owner.QUEUE),
        TellOperators(),
    )


def _unanswered(state: Conversation, event: Unanswered) -> Step:
    if state.owner is not Owner.BOT:
        return state, (Suppress(),)
    after = replace(state, misses=state.misses + 1, clarified=False)
    if event.spoken or event.handoff or after.misses >= MISSES_UNTIL_HANDOFF:
        return _to_queue(after)
    return after, (Say("fallback"),)


def _person_asked(state: Conversation) -> Step:
    if state.owner is not Owner.BOT:
        return state, ()
    after, effects = _to_queue(state)
    return after, (CancelTurn(), *effects)


def _to_queue(state: Conversation) -> Step:
    after = replace(state, owner=Owner.QUEUE, flow=None, clarified=False)
    return after, (Say("handoff"), ChangeOwner(Owner.QUEUE), TellOperators())


def _taken_over(state: Conversation, operator: str) -> Step:
    if state.owner is Owner.OPERATOR and state.operator == operator:
        return state, ()
    after = replace(state, owner=Owner.OPERATOR, operator=operator, flow=None, clarified=False)
    return after, (CancelTurn(), ChangeOwner(Owner.OPERATOR))


def _to_bot(state: Conversation, event: HandedBack | QueueLeft) -> Step:
    is_customer = isinstance(event, QueueLeft)
    if state.owner is Owner.BOT or (is_customer and state.owner is not Owner.QUEUE):
        return state, ()
    after = replace(state, owner=Owner.BOT, operator=None, misses=0)
    return after, (ChangeOwner(Owner.BOT), *((Say("back"),) if is_customer else ()))


def with_open_question(reply: Reply, flow: FlowState | None) -> Reply:
    """Ask the open slot again after an answer that left the flow as it was."""
    if flow is None or reply.flow is not KEEP or reply.kind != "answer" or reply.handoff:
        return reply
    return replace(reply, text=f"{reply.text}\n\n{flow.question}")
