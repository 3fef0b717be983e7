"""The state machine: tables for single steps, properties for any sequence of events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.contract import KEEP, FlowState, Reply
from bot import conversation as machine
from bot.conversation import Conversation, Owner

FLOW = FlowState("order_status", "email", "Which e-mail?")
EVENTS = st.one_of(
    st.just(machine.Said()),
    st.builds(
        lambda handoff, kind, flow: machine.Answered(Reply("ok", kind=kind, handoff=handoff, flow=flow)),
        st.booleans(),
        st.sampled_from(["answer", "question", "clarify"]),
        st.sampled_from([None, FLOW, KEEP]),
    ),
    st.builds(machine.Unanswered, st.booleans(), st.booleans()),
    st.just(machine.PersonAsked()),
    st.builds(machine.TakenOver, st.sampled_from(["ada", "bo"])),
    st.builds(machine.OperatorSaid, st.sampled_from(["ada", "bo"])),
    st.just(machine.HandedBack()),
    st.just(machine.QueueLeft()),
    st.builds(machine.Closed, st.just("done")),
)


@pytest.mark.parametrize(
    ("owner", "event", "after", "effects"),
    [
        (Owner.BOT, machine.Said(), Owner.BOT, (machine.AskBackends(),)),
        (Owner.QUEUE, machine.Said(), Owner.QUEUE, (machine.TellOperators(),)),
        (Owner.OPERATOR, machine.Said(), Owner.OPERATOR, (machine.TellOperators(),)),
        (Owner.CLOSED, machine.Said(), Owner.CLOSED, (machine.Refuse("closed"),)),
        (Owner.OPERATOR, machine.Answered(Reply("late")), Owner.OPERATOR, (machine.Suppress(),)),
        (Owner.BOT, machine.Unanswered(), Owner.BOT, (machine.Say("fallback"),)),
        (Owner.QUEUE, machine.PersonAsked(), Owner.QUEUE, ()),
        (Owner.BOT, machine.HandedBack(), Owner.BOT, ()),
        (Owner.OPERATOR, machine.HandedBack(), Owner.BOT, (machine.ChangeOwner(Owner.BOT),)),
        (Owner.QUEUE, machine.QueueLeft(), Owner.BOT, (machine.ChangeOwner(Owner.BOT), machine.Say("back"))),
        (Owner.OPERATOR, machine.QueueLeft(), Owner.OPERATOR, ()),
        (
            Owner.QUEUE,
            machine.TakenOver("ada"),
            Owner.OPERATOR,
            (machine.CancelTurn(), machine.ChangeOwner(Owner.OPERATOR)),
        ),
        (Owner.BOT, machine.Closed("done"), Owner.CLOSED, (machine.CancelTurn(), machine.End("done"))),
    ],
)
def test_each_event_has_its_consequence(
    owner: Owner, event: machine.Event, after: Owner, effects: tuple[machine.Effect, ...]
) -> None:
    state, done = machine.apply(Conversation(owner), event)
    assert state.owner is after
    assert done == effects


def test_the_second_miss_in_a_row_asks_for_a_person() -> None:
    state, first = machine.apply(Conversation(), machine.Unanswered())
    state, second = machine.apply(state, machine.Unanswered())
    assert first == (machine.Say("fallback"),)
    assert second[0] == machine.Say("handoff")
    assert state.owner is Owner.QUEUE


def test_an_answer_between_two_misses_starts_the_count_again() -> None:
    state, _ = machine.apply(Conversation(), machine.Unanswered())
    state, _ = machine.apply(state, machine.Answered(Reply("yes")))
    state, effects = machine.apply(state, machine.Unanswered())
    assert effects == (machine.Say("fallback"),)
    assert state.owner is Owner.BOT


def test_half_an_answer_is_finished_by_a_person() -> None:
    state, _ = machine.apply(Conversation(), machine.Unanswered(spoken=True))
    assert state.owner is Owner.QUEUE


def test_a_reply_in_the_middle_of_a_flow_asks_the_open_question_again() -> None:
    reply = machine.with_open_question(Reply("We open at ten."), FLOW)
    assert reply.text == "We open at ten.\n\nWhich e-mail?"


def test_a_reply_of_the_flow_itself_is_left_alone() -> None:
    reply = Reply("Which e-mail?", kind="question", flow=FLOW)
    assert machine.with_open_question(reply, FLOW) is reply


@given(st.lists(EVENTS, max_size=30))
def test_any_sequence_of_events_keeps_the_invariants(events: list[machine.Event]) -> None:
    state = Conversation()
    for event in events:
        before = state
        state, effects = machine.apply(state, event)
        if before.owner is Owner.CLOSED:
            assert state == before
            assert effects == (machine.Refuse("closed"),)
        shows_bot = any(isinstance(e, machine.ShowReply | machine.Say) for e in effects)
        assert not (shows_bot and Owner.BOT not in {before.owner, state.owner}), (
            "the bot spoke in a conversation it does not own"
        )
        changed = [e.owner for e in effects if isinstance(e, machine.ChangeOwner)]
        if changed:
            assert changed == [state.owner]
        elif not isinstance(event, machine.Closed):
            assert state.owner is before.owner
        assert (state.operator is not None) == (state.owner is Owner.OPERATOR) or state.owner is Owner.CLOSED
        assert state.flow is None or state.owner is Owner.BOT
