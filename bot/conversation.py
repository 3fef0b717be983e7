"""The conversation as a pure state machine: who owns it, and what follows from an event.

No clock, no store, no socket. Every event is allowed in every state; one that makes no sense is refused with a code.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from backends.contract import KEEP, FlowState, Reply

ANYBODY = "*"
"""In the place of an operator's name: whoever it is."""
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
    left_message: bool = False
    """In the queue: the customer need not stay, a person answers later. No time-out gives it back."""


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
    over: str | None = None
    """Another operator from whom it is taken knowingly, or `ANYBODY`; without it, what somebody has is refused."""


@dataclass(frozen=True, slots=True)
class OperatorSaid:
    """An operator writes; that takes the conversation over if need be."""

    operator: str
    over: str | None = None
    """As for `TakenOver`."""


@dataclass(frozen=True, slots=True)
class HandedBack:
    """The bot answers again."""

    operator: str | None = None
    """Who says so; None asks nobody's leave."""
    over: str | None = None
    """As for `TakenOver`."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The conversation ends."""

    reason: str
    operator: str | None = None
    """Who says so; None, as for the host itself, asks nobody's leave."""
    over: str | None = None
    """As for `TakenOver`."""


@dataclass(frozen=True, slots=True)
class QueueLeft:
    """The customer would rather go on with the bot than wait for a person."""


@dataclass(frozen=True, slots=True)
class MessageLeft:
    """The customer would rather leave a message than wait for a person."""


@dataclass(frozen=True, slots=True)
class DutyEnded:
    """Nobody is on duty any more, and the customer still waits in the queue."""


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The customer has waited for a person for too long."""


Event = (
    Said
    | Answered
    | Unanswered
    | PersonAsked
    | MessageLeft
    | QueueLeft
    | TakenOver
    | OperatorSaid
    | HandedBack
    | DutyEnded
    | TimedOut
    | Closed
)

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


def apply(state: Conversation, event: Event, *, staffed: bool = True) -> Step:
    """Give the next state and what has to be done, in order.

    Args:
        state: before the event.
        event: what happened.
        staffed: whether somebody is on duty to answer the queue.
    """
    if state.owner is Owner.CLOSED:
        return state, (Refuse("closed"),)
    if isinstance(event, TakenOver | OperatorSaid | HandedBack | Closed) and _is_anothers(state, event):
        return state, (Refuse("taken"),)
    match event:
        case Said():
            return state, (AskBackends() if state.owner is Owner.BOT else TellOperators(),)
        case Answered(reply):
            return _answered(state, reply, staffed)
        case Unanswered():
            return _unanswered(state, event, staffed)
        case PersonAsked() | MessageLeft() | DutyEnded():
            return _person_asked(state, event, staffed)
        case TakenOver() | OperatorSaid():
            return _taken_over(state, event)
        case HandedBack() | QueueLeft() | TimedOut():
            return _to_bot(state, event)
        case Closed(reason=reason):
            return replace(state, owner=Owner.CLOSED, flow=None, left_message=False), (CancelTurn(), End(reason))
        case _:
            assert_never(event)


def _answered(state: Conversation, reply: Reply, staffed: bool) -> Step:
    if state.owner is not Owner.BOT:
        return state, (Suppress(),)
    flow = state.flow if reply.flow is KEEP else reply.flow
    after = replace(state, misses=0, clarified=reply.kind == "clarify", flow=flow)
    if not reply.handoff:
        return after, (ShowReply(),)
    after = replace(after, owner=Owner.QUEUE, flow=None, left_message=not staffed)
    nobody = () if staffed else (Say("handoff"),)
    return after, (ShowReply(), *nobody, ChangeOwner(Owner.QUEUE), TellOperators())


def _unanswered(state: Conversation, event: Unanswered, staffed: bool) -> Step:
    if state.owner is not Owner.BOT:
        return state, (Suppress(),)
    after = replace(state, misses=state.misses + 1, clarified=False)
    if event.spoken or event.handoff or after.misses >= MISSES_UNTIL_HANDOFF:
        return _to_queue(after, is_left=not staffed)
    return after, (Say("fallback"),)


def _person_asked(state: Conversation, event: PersonAsked | MessageLeft | DutyEnded, staffed: bool) -> Step:
    """Into the queue, or from waiting there to a message that is left there."""
    leaves, ended = isinstance(event, MessageLeft), isinstance(event, DutyEnded)
    if state.owner is Owner.BOT and not ended:
        after, effects = _to_queue(state, is_left=leaves or not staffed, phrase="leave" if leaves else "handoff")
        return after, (CancelTurn(), *effects)
    if state.owner is Owner.QUEUE and not state.left_message and (leaves or (ended and not staffed)):
        return replace(state, left_message=True), (Say("leave" if leaves else "handoff"), TellOperators())
    return state, ()


def _to_queue(state: Conversation, *, is_left: bool, phrase: str = "handoff") -> Step:
    after = replace(state, owner=Owner.QUEUE, flow=None, clarified=False, left_message=is_left)
    return after, (Say(phrase), ChangeOwner(Owner.QUEUE), TellOperators())


def _is_anothers(state: Conversation, event: TakenOver | OperatorSaid | HandedBack | Closed) -> bool:
    """Whether another operator has the conversation, and is not named."""
    if state.owner is not Owner.OPERATOR or event.operator is None:
        return False
    return event.operator != state.operator and event.over not in {state.operator, ANYBODY}


def _taken_over(state: Conversation, event: TakenOver | OperatorSaid) -> Step:
    shown = (ShowOperator(),) if isinstance(event, OperatorSaid) else ()
    if state.owner is Owner.OPERATOR and state.operator == event.operator:
        return state, shown
    after = replace(
        state, owner=Owner.OPERATOR, operator=event.operator, flow=None, clarified=False, left_message=False
    )
    return after, (CancelTurn(), ChangeOwner(Owner.OPERATOR), *shown)


def _to_bot(state: Conversation, event: HandedBack | QueueLeft | TimedOut) -> Step:
    if state.owner is Owner.BOT or (isinstance(event, QueueLeft) and state.owner is not Owner.QUEUE):
        return state, ()
    if isinstance(event, TimedOut) and state.left_message:
        return state, ()
    after = replace(state, owner=Owner.BOT, operator=None, misses=0, left_message=False)
    return after, (ChangeOwner(Owner.BOT), *_farewell(state, event))


def _farewell(state: Conversation, event: HandedBack | QueueLeft | TimedOut) -> tuple[Say, ...]:
    match event:
        case HandedBack():
            return ()
        case QueueLeft():
            return (Say("back"),)
        case TimedOut():
            return (Say("queue_timeout" if state.owner is Owner.QUEUE else "operator_timeout"),)
        case _:
            assert_never(event)


def with_open_question(reply: Reply, flow: FlowState | None) -> Reply:
    """Ask the open slot again after an answer that left the flow as it was."""
    if flow is None or reply.flow is not KEEP or reply.kind != "answer" or reply.handoff:
        return reply
    return replace(reply, text=f"{reply.text}\n\n{flow.question}")
