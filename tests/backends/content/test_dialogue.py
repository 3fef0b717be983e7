"""Whole conversations with the content runtime: questions, look-ups, confirmations, actions, results."""

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from backends.content.content import Content
from backends.content.dialogue import respond
from backends.content.heard import Heard
from backends.contract import KEEP, Abstain, FlowState, Message, QuickReply, Reply, Turn

NOTHING = Heard(None, 0.2, "low_confidence", "hello", detail="hello 0.20")
PERSON = QuickReply("Talk to a person", "/person")


@dataclass
class Chat:
    """Keeps between turns what a host keeps."""

    content: Content
    slots: dict[str, str] = field(default_factory=dict)
    flow: FlowState | None = None
    history: list[Message] = field(default_factory=list)
    turns: int = 0

    async def say(self, raw: str, heard: Heard | str = NOTHING) -> Reply | Abstain:
        if isinstance(heard, str):
            heard = Heard(heard, 0.9, guess=heard)
        self.turns += 1
        reading = self.content.reader.read(raw, self.flow)
        self.slots |= reading.found
        turn = Turn(
            f"t{self.turns}",
            reading.text,
            history=tuple(self.history),
            slots=dict(self.slots),
            found=frozenset(reading.found),
            flow=self.flow,
        )
        outcome = await respond(self.content, turn, heard)
        if isinstance(outcome, Reply):
            self.history += [Message("customer", turn.text), Message("bot", outcome.text)]
            self.flow = self.flow if outcome.flow is KEEP else outcome.flow
            for slot in outcome.forget:
                self.slots.pop(slot, None)
        return outcome

    async def ask(self, raw: str, heard: Heard | str = NOTHING) -> Reply:
        outcome = await self.say(raw, heard)
        assert isinstance(outcome, Reply), outcome
        return outcome

    @property
    def booked(self) -> list[tuple[str, dict[str, str], str | None]]:
        booked = self.content.actions.functions["book"].__globals__["BOOKED"]
        assert isinstance(booked, list)
        return booked


@pytest.fixture
def chat(bot_dir: Path) -> Chat:
    return Chat(Content.load(bot_dir))


async def to_confirmation(chat: Chat, code: str = "1234") -> Reply:
    await chat.ask("a table please", "book")
    await chat.ask(code)
    await chat.ask("near the window")
    return await chat.ask("Main 5, 8010 Graz")


async def test_an_intent_with_a_reply_is_answered_with_its_evidence(chat: Chat) -> None:
    reply = await chat.ask("when are you open", "hours")
    assert (reply.text, reply.kind, reply.intent, reply.confidence) == ("From nine to five.", "answer", "hours", 0.9)
    assert reply.provenance.mode == "template"
    assert reply.flow is KEEP


async def test_a_flow_asks_slot_by_slot_confirms_acts_and_tells(chat: Chat) -> None:
    first = await chat.ask("a table please", "book")
    assert (first.text, first.kind, first.provenance.mode) == ("Which code?", "question", "flow")
    assert first.flow == FlowState("book", "code", "Which code?")
    assert (await chat.ask("1234")).text == "What shall we note?"
    assert (await chat.ask("near the window")).text == "Where to?"
    question = await chat.ask("Main 5, 8010 Graz")
    assert question.text == "Book Q-1234 (near the window) at Main 5, 8010 Graz, 12 EUR?"
    assert [button.payload for button in question.quick_replies] == ["/affirm", "/deny"]
    assert chat.booked == []
    done = await chat.ask("yes please")
    assert done.text == "Q-1234 is booked, ticket 1."
    assert done.flow is None
    assert [(a.name, a.ok) for a in done.actions] == [("look", True), ("book", True)]
    ((key, slots, _),) = chat.booked
    assert key == "t5"
    assert slots == {"code": "Q-1234", "note": "near the window", "place": "Main 5, 8010 Graz"}


async def test_known_slots_are_not_asked_for(chat: Chat) -> None:
    assert (await chat.ask("a table, Q-1234", "book")).text == "What shall we note?"


async def test_after_the_end_only_slots_worth_keeping_are_known(chat: Chat) -> None:
    await to_confirmation(chat)
    await chat.ask("yes")
    assert chat.slots == {"code": "Q-1234"}
    assert (await chat.ask("another table", "book")).text == "What shall we note?"


@pytest.mark.parametrize("text", ["no", "never mind", "cancel that"])
async def test_a_no_ends_the_flow_and_nothing_is_done(chat: Chat, text: str) -> None:
    await to_confirmation(chat)
    reply = await chat.ask(text)
    assert (reply.text, reply.flow) == ("Dropped.", None)
    assert chat.booked == []
    assert "place" not in chat.slots


async def test_a_question_in_between_leaves_the_flow_open(chat: Chat) -> None:
    await chat.ask("a table please", "book")
    reply = await chat.ask("when are you open", "hours")
    assert (reply.text, reply.flow) == ("From nine to five.", KEEP)
    assert (await chat.ask("1234")).text == "What shall we note?"


async def test_what_nobody_understands_in_between_is_passed_on(chat: Chat) -> None:
    await chat.ask("a table please", "book")
    outcome = await chat.say("what is the meaning of life")
    assert outcome == Abstain("low_confidence", "hello", 0.2, "hello 0.20")


async def test_three_misfits_offer_a_person(chat: Chat) -> None:
    await chat.ask("a table please", "book")
    for _ in range(2):
        reply = await chat.ask("12")
        assert (reply.text, reply.kind) == ("That is no code.", "question")
        assert isinstance(reply.flow, FlowState)
        assert reply.flow.question == "Which code?"
    reply = await chat.ask("123")
    assert (reply.text, reply.flow) == ("I can not help. A colleague can.", None)
    assert reply.quick_replies == (PERSON,)


async def test_a_failed_look_up_is_told_and_asked_again(chat: Chat) -> None:
    await chat.ask("a table please", "book")
    reply = await chat.ask("0000")
    assert reply.text == "No such code.\n\nWhich code?"
    assert reply.forget == ("code",)
    assert reply.flow == FlowState("book", "code", "Which code?", tries=1)
    assert (await chat.ask("1234")).text == "What shall we note?"


async def test_three_failed_look_ups_offer_a_person(chat: Chat) -> None:
    await chat.ask("a table please", "book")
    await chat.ask("0000")
    await chat.ask("0000")
    reply = await chat.ask("0000")
    assert (reply.text, reply.flow, reply.quick_replies) == ("No such code.", None, (PERSON,))
    assert chat.slots == {}


async def test_a_refused_look_up_ends_the_flow_before_more_is_asked(chat: Chat) -> None:
    await chat.ask("a table please", "book")
    reply = await chat.ask("0001")
    assert (reply.text, reply.flow) == ("Q-0001 is full.", None)


@pytest.mark.parametrize("code", ["6666", "7777", "8888", "9999"])
async def test_a_failed_action_offers_a_person_and_shows_nothing_of_the_reason(chat: Chat, code: str) -> None:
    await to_confirmation(chat, code)
    reply = await chat.ask("yes")
    assert (reply.text, reply.flow, reply.quick_replies) == ("Our system is down.", None, (PERSON,))
    assert reply.actions[-1].ok is False


async def test_an_unclear_answer_gets_the_same_question(chat: Chat) -> None:
    question = await to_confirmation(chat)
    again = await chat.ask("hm")
    assert (again.text, again.quick_replies) == (question.text, question.quick_replies)
    assert chat.booked == []


async def test_a_corrected_value_is_confirmed_again(chat: Chat) -> None:
    await to_confirmation(chat)
    reply = await chat.ask("no, Side 6, 8010 Graz")
    assert reply.text == "Book Q-1234 (near the window) at Side 6, 8010 Graz, 12 EUR?"
    assert chat.booked == []


async def test_another_flow_takes_over_and_drops_what_only_the_first_needed(chat: Chat) -> None:
    await chat.ask("a table please", "book")
    await chat.ask("1234")
    await chat.ask("near the window")
    reply = await chat.ask("no wait, is it open at all", "hours_of")
    assert (reply.text, reply.flow) == ("From nine to five.", None)
    assert chat.slots == {"code": "Q-1234"}


async def test_a_person_can_be_asked_for_at_any_time(chat: Chat) -> None:
    await chat.ask("a table please", "book")
    reply = await chat.ask("give me a human", "person")
    assert (reply.text, reply.handoff, reply.flow) == ("One moment, a colleague comes.", True, None)


async def test_a_handoff_intent_without_a_reply_of_its_own_says_the_queue(chat: Chat) -> None:
    responses = chat.content.responses
    kept = {name: variants for name, variants in responses.variants.items() if name != "utter_person"}
    content = Content(type(responses)(kept, responses.titles), chat.content.file)
    outcome = await respond(content, Turn("t", "a human"), Heard("person", 0.9, guess="person"))
    assert isinstance(outcome, Reply)
    assert (outcome.text, outcome.handoff) == ("You are in the queue.", True)


async def test_did_you_mean_offers_titles_and_something_else(chat: Chat) -> None:
    reply = await chat.ask("table hours", Heard(None, 0.45, "ambiguous", "book", ("book", "hours")))
    assert (reply.text, reply.kind) == ("Which of these?", "clarify")
    assert reply.quick_replies == (
        QuickReply("Book a table", "/book"),
        QuickReply("Opening hours", "/hours"),
        QuickReply("Something else", "/none_of_these"),
    )


async def test_an_open_question_that_is_gone_is_closed(chat: Chat) -> None:
    chat.flow = FlowState("removed", "thing", "Which thing?")
    reply = await chat.ask("when are you open", "hours")
    assert (reply.text, reply.flow) == ("From nine to five.", None)


async def test_the_same_words_are_not_said_twice_in_a_row(chat: Chat) -> None:
    said = [(await chat.ask("hi", "hello")).text for _ in range(6)]
    assert all(a != b for a, b in pairwise(said))
