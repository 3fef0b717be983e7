"""What to do with one message, as a pure function: the state machine of flows, digressions and confirmations.

It takes the open question as the host kept it, and returns a move; `dialogue` carries the move out.
"""

from collections.abc import Callable
from dataclasses import dataclass

from backends.content.content import Content
from backends.content.flows import CONFIRM, FlowSection
from backends.content.heard import Heard
from backends.content.slots import is_attempt
from backends.content.words import Words
from backends.contract import FlowState, Reason, Turn

SURE_YES = 0.95
"""Confidence from which a yes that only the classifier recognises confirms an action."""
MAX_UNCLEAR = 3
"""Unclear answers to a confirmation before a person is offered."""
_BARE_ATTEMPT_WORDS = 4
_SHORT_ANSWER_WORDS = 3


@dataclass(frozen=True, slots=True)
class Say:
    """Answer with the reply of an intent; an open question stays open."""

    intent: str


@dataclass(frozen=True, slots=True)
class Handoff:
    """The customer wants a person."""


@dataclass(frozen=True, slots=True)
class Clarify:
    """Ask which of these was meant."""

    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Go:
    """Begin a flow, or go on with it."""

    flow: str
    confirmed: bool = False
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Retry:
    """Put the open question once more."""

    flow: str
    is_misfit: bool
    """The answer was meant as a value but is none; else it was no answer at all."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Too many misfits: end the flow and offer a person."""

    flow: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The customer ends the flow."""

    flow: str


@dataclass(frozen=True, slots=True)
class Pass:
    """Leave the message to the next backend; an open question stays open."""

    reason: str


Move = Say | Handoff | Clarify | Go | Retry | GiveUp | Stop | Pass


def open_flow(content: Content, state: FlowState | None) -> FlowSection | None:
    """The flow an open question belongs to; None when there is none, or the content no longer knows it."""
    flow = content.file.flows.get(state.flow) if state else None
    if flow is None or state is None or state.awaiting not in {*flow.slots, CONFIRM}:
        return None
    return flow


def decide(content: Content, turn: Turn, heard: Heard) -> Move:
    """Choose the move for a message.

    Args:
        content: the bot's content.
        turn: the message, with the open question in `turn.flow` and the slots found in it in `turn.found`.
        heard: what the backend made of it.
    """
    flow = open_flow(content, turn.flow)
    if flow is None or turn.flow is None:
        return _outside(content, turn, heard)
    return _inside(content, turn, heard, turn.flow, flow)


def _outside(content: Content, turn: Turn, heard: Heard) -> Move:
    started = next((name for name, flow in content.file.flows.items() if flow.starts_on in turn.found), None)
    if started is not None and not heard.is_pressed and content.reader.words_beside(turn.text) == 0:
        return Go(started)
    if heard.intent is not None:
        return _by_intent(content, heard.intent)
    if started is not None and content.reader.is_bare(turn.text):
        return Go(started)
    if heard.candidates and not turn.clarified:
        return Clarify(heard.candidates)
    return Pass(heard.reason)


def _by_intent(content: Content, intent: str) -> Move:
    if intent == content.file.handoff:
        return Handoff()
    if intent in content.file.flows:
        return Go(intent)
    return Say(intent) if content.can_answer(intent) else Pass(Reason.NO_REPLY)


def _inside(content: Content, turn: Turn, heard: Heard, state: FlowState, flow: FlowSection) -> Move:
    if heard.intent == content.file.handoff:
        return Handoff()
    if turn.found & set(flow.slots):
        switches = heard.intent in content.file.flows and heard.intent != state.flow
        if switches and heard.intent is not None and not content.reader.is_bare(turn.text):
            return Go(heard.intent)
        return Go(state.flow, tries=state.tries)
    if not heard.is_pressed and content.file.words.is_cancel(turn.text):
        return Stop(state.flow)
    answer: Callable[[Content, Turn, Heard, FlowState], Move | None]
    answer = _to_confirmation if state.awaiting == CONFIRM else _to_question
    return answer(content, turn, heard, state) or _aside(content, heard)


def _aside(content: Content, heard: Heard) -> Move:
    """A message that does not answer the open question."""
    return Pass(heard.reason) if heard.intent is None else _by_intent(content, heard.intent)


def _to_confirmation(content: Content, turn: Turn, heard: Heard, state: FlowState) -> Move | None:
    words = content.file.words
    if heard.is_pressed:
        moves: dict[str | None, Move] = {"affirm": Go(state.flow, confirmed=True), "deny": Stop(state.flow)}
        return moves.get(heard.intent)
    if words.is_affirm(turn.text) or _is_sure_yes(heard, turn.text, words):
        return Go(state.flow, confirmed=True)
    if words.is_deny(turn.text) or heard.intent == "deny":
        return Stop(state.flow)
    is_short = len(turn.text.split()) <= _SHORT_ANSWER_WORDS
    if heard.intent in {"affirm", state.flow} or (heard.intent is None and is_short):
        return _again(state, MAX_UNCLEAR, is_misfit=False)
    return None


def _is_sure_yes(heard: Heard, text: str, words: Words) -> bool:
    """A classifier's yes sets things in motion, so it takes more than one: "hm" can sound like a yes to it."""
    is_yes = heard.intent == "affirm" and (heard.confidence or 0.0) >= SURE_YES
    return is_yes and len(text.split()) > 1 and not words.is_hedged(text)


def _to_question(content: Content, turn: Turn, heard: Heard, state: FlowState) -> Move | None:
    slot = content.file.slots[state.awaiting]
    if heard.intent == "deny" or content.file.words.is_bare_deny(turn.text):
        return Stop(state.flow)
    is_masked = f"[{state.awaiting}]" in turn.text
    is_misfit = not heard.is_pressed and (is_masked or is_attempt(slot, turn.text))
    if is_misfit and (is_masked or heard.intent is None or len(turn.text.split()) <= _BARE_ATTEMPT_WORDS):
        return _again(state, slot.tries, is_misfit=True)
    if heard.intent in {"affirm", state.flow}:
        return _again(state, slot.tries, is_misfit=is_misfit)
    return None


def _again(state: FlowState, tries: int, *, is_misfit: bool) -> Move:
    return GiveUp(state.flow) if state.tries + 1 >= tries else Retry(state.flow, is_misfit=is_misfit)
