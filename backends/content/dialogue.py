"""Carries out what `decide` chose: fills in replies, runs checks and actions, keeps the open question.

The half of a turn that every intent-like backend shares. It does not classify.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import assert_never

from backends.content.actions import FAILED, Call
from backends.content.content import NONE_OF_THESE, Content
from backends.content.decide import Clarify, GiveUp, Go, Handoff, Move, Pass, Retry, Say, Stop, decide, open_flow
from backends.content.flows import CONFIRM, OK, Ask, Confirm, FlowSection, ResultReply, Run, step
from backends.content.heard import Heard
from backends.content.responses import Said
from backends.contract import (
    KEEP,
    Abstain,
    ActionResult,
    FlowState,
    Provenance,
    QuickReply,
    Reply,
    Turn,
)

TEMPLATE = Provenance(mode="template")
FLOW = Provenance(mode="flow")
_LOOK_BACK = 3
"""Bot messages whose wording is not repeated."""


async def respond(content: Content, turn: Turn, heard: Heard, *, home: Path | None = None) -> Reply | Abstain:
    """Answer one turn from the content.

    Args:
        content: the bot's content.
        turn: the customer's message.
        heard: what the backend made of it.
        home: the `var/` folder, for actions that keep something.
    """
    stale = turn.flow is not None and open_flow(content, turn.flow) is None
    if stale:
        turn = replace(turn, flow=None)
    outcome = await _Answer(content, turn, heard, home).carry_out(decide(content, turn, heard))
    if stale and isinstance(outcome, Reply) and outcome.flow is KEEP:
        return replace(outcome, flow=None)
    return outcome


@dataclass(frozen=True, slots=True)
class _Answer:
    """One turn being answered."""

    content: Content
    turn: Turn
    heard: Heard
    home: Path | None

    async def carry_out(self, move: Move) -> Reply | Abstain:
        """Do what was decided."""
        match move:
            case Say(intent):
                said = self._say(f"utter_{intent}")
                return self._reply(said, intent, provenance=TEMPLATE)
            case Handoff():
                return self._hand_off()
            case Clarify(candidates):
                return self._clarify(candidates)
            case Go():
                return await self._go(move)
            case Retry():
                return self._retry(move)
            case GiveUp(flow):
                said = self._with_person(self._say("utter_fallback_again"))
                return self._end(flow, said)
            case Stop(flow):
                return self._end(flow, self._say("utter_flow_cancelled"))
            case Pass(reason):
                return Abstain(reason, self.heard.guess, self.heard.confidence, self.heard.detail)
            case _:
                assert_never(move)

    def _hand_off(self) -> Reply:
        intent = self.content.file.handoff
        name = f"utter_{intent}" if f"utter_{intent}" in self.content.responses else "utter_handoff_queued"
        reply = self._reply(self._say(name), intent, provenance=TEMPLATE)
        open_slots = self._passing(self.turn.flow.flow) if self.turn.flow else ()
        return replace(reply, flow=None, forget=open_slots, handoff=True)

    def _clarify(self, candidates: Iterable[str]) -> Reply:
        title = self.content.responses.title
        buttons = [QuickReply(title(intent), f"/{intent}") for intent in candidates]
        other = self.content.responses.titles.get(NONE_OF_THESE, "Something else")
        said = self._say("utter_did_you_mean")
        said = replace(said, quick_replies=(*buttons, QuickReply(other, f"/{NONE_OF_THESE}")))
        reply = self._reply(said, self.heard.guess, provenance=TEMPLATE)
        return replace(reply, kind="clarify")

    async def _go(self, move: Go) -> Reply:
        flow = self.content.file.flows[move.flow]
        slots = {name: self.turn.slots[name] for name in flow.slots if name in self.turn.slots}
        done: list[ActionResult] = []
        facts: dict[str, str] = {}
        if flow.check is not None and set(flow.check.needs) <= slots.keys():
            checked = await self._run(flow.check.action, slots, key=None)
            done.append(checked)
            if not checked.ok:
                return self._result(move, flow, checked, slots, tuple(done))
            facts = _facts(checked)
        match step(flow, slots, confirmed=move.confirmed):
            case Ask(slot):
                said = self._say(self.content.question_of(slot), slots | facts)
                reply = self._question(move.flow, FlowState(move.flow, slot, said.text, move.tries), said)
            case Confirm(name):
                said = self._with_yes_no(self._say(name, slots | facts))
                reply = self._question(move.flow, FlowState(move.flow, CONFIRM, said.text), said)
            case Run(action):
                result = await self._run(action, slots, key=self.turn.id)
                return self._result(move, flow, result, slots | facts, (*done, result))
        return replace(reply, actions=tuple(done), forget=self._left_behind(move.flow))

    async def _run(self, action: str, slots: Mapping[str, str], *, key: str | None) -> ActionResult:
        return await self.content.actions.run(action, slots, self.turn.customer, Call(key, self.home))

    def _result(
        self,
        move: Go,
        flow: FlowSection,
        result: ActionResult,
        known: Mapping[str, str],
        done: tuple[ActionResult, ...],
    ) -> Reply:
        code = result.values.get("code", OK)
        answer = flow.replies.get(code)
        if code == FAILED or answer is None:
            said = self._with_person(self._say("utter_action_failed"))
            return replace(self._end(move.flow, said), actions=done)
        said = self._say(answer.say, {**known, **_facts(result)})
        if answer.ask_again:
            return replace(self._ask_again(move, flow, answer, said), actions=done)
        return replace(self._end(move.flow, said), actions=done)

    def _ask_again(self, move: Go, flow: FlowSection, answer: ResultReply, said: Said) -> Reply:
        slot = next(name for name in flow.slots if name in answer.ask_again)
        tries = move.tries + 1
        if tries >= self.content.file.slots[slot].tries:
            reply = self._end(move.flow, self._with_person(said))
            return replace(reply, forget=tuple({*reply.forget, *answer.ask_again}))
        question = self._say(self.content.question_of(slot)).text
        said = replace(said, text=f"{said.text}\n\n{question}")
        reply = self._question(move.flow, FlowState(move.flow, slot, question, tries), said)
        return replace(reply, forget=(*answer.ask_again, *self._left_behind(move.flow)))

    def _retry(self, move: Retry) -> Reply:
        state = self.turn.flow
        assert state is not None  # decide() retries open questions only
        flow = replace(state, tries=state.tries + 1)
        if state.awaiting == CONFIRM:
            return self._question(move.flow, flow, self._with_yes_no(Said(state.question)))
        name = self.content.invalid_of if move.is_misfit else self.content.question_of
        return self._question(move.flow, flow, self._say(name(state.awaiting), self.turn.slots))

    def _question(self, intent: str, state: FlowState, said: Said) -> Reply:
        return replace(self._reply(said, intent), kind="question", flow=state)

    def _end(self, flow: str, said: Said) -> Reply:
        gone = {*self._passing(flow), *self._left_behind(flow)}
        return replace(self._reply(said, flow), flow=None, forget=tuple(sorted(gone)))

    def _left_behind(self, flow: str) -> tuple[str, ...]:
        """Slots of the flow that was open before, when this is another one."""
        if self.turn.flow is None or self.turn.flow.flow == flow:
            return ()
        wanted = self.content.file.flows[flow].slots
        return tuple(name for name in self._passing(self.turn.flow.flow) if name not in wanted)

    def _passing(self, flow: str) -> tuple[str, ...]:
        """Slots of a flow that do not outlive it."""
        slots = self.content.file.slots
        return tuple(name for name in self.content.file.flows[flow].slots if not slots[name].keep)

    def _reply(self, said: Said, intent: str | None, *, provenance: Provenance = FLOW) -> Reply:
        return Reply(
            said.text,
            intent=intent,
            confidence=self.heard.confidence if self.heard.guess == intent else None,
            quick_replies=said.quick_replies,
            provenance=provenance,
        )

    def _say(self, name: str, values: Mapping[str, str] | None = None) -> Said:
        last = [message.text for message in self.turn.history if message.role == "bot"][-_LOOK_BACK:]
        return self.content.say(name, seed=self.turn.id, values=values, avoid=last)

    def _with_person(self, said: Said) -> Said:
        return self._with_buttons(said, (self.content.file.handoff,))

    def _with_yes_no(self, said: Said) -> Said:
        return said if said.quick_replies else self._with_buttons(said, ("affirm", "deny"))

    def _with_buttons(self, said: Said, intents: Iterable[str]) -> Said:
        buttons = [QuickReply(self.content.responses.title(intent), f"/{intent}") for intent in intents]
        new = [button for button in buttons if button.payload not in {b.payload for b in said.quick_replies}]
        return replace(said, quick_replies=(*said.quick_replies, *new))


def _facts(result: ActionResult) -> dict[str, str]:
    return {name: value for name, value in result.values.items() if name != "code"}
