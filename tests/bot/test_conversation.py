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
    st.builds(machine.TakenOver, st.sampled_from(["ada", "bo"]), st.sampled_from([None, "ada", machine.ANYBODY])),
    st.builds(machine.OperatorSaid, st.sampled_from(["ada", "bo"]), st.sampled_from([None, "ada"])),
    st.builds(machine.HandedBack, st.sampled_from([None, "ada", "bo"]), st.sampled_from([None, "ada"])),
    st.just(machine.QueueLeft()),
    st.just(machine.MessageLeft()),
    st.just(machine.DutyEnded()),
    st.just(machine.TimedOut()),
    st.builds(machine.Closed, st.just("done"), st.sampled_from([None, "ada", "bo"])),
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
        (
            Owner.BOT,
            machine.MessageLeft(),
            Owner.QUEUE,
            (machine.CancelTurn(), machine.Say("leave"), machine.ChangeOwner(Owner.QUEUE), machine.TellOperators()),
        ),
        (Owner.QUEUE, machine.MessageLeft(), Owner.QUEUE, (machine.Say("leave"), machine.TellOperators())),
        (Owner.BOT, machine.DutyEnded(), Owner.BOT, ()),
        (Owner.BOT, machine.TimedOut(), Owner.BOT, ()),
        (Owner.QUEUE, machine.TimedOut(), Owner.BOT, (machine.ChangeOwner(Owner.BOT), machine.Say("queue_timeout"))),
        (
            Owner.OPERATOR,
            machine.TimedOut(),
            Owner.BOT,
            (machine.ChangeOwner(Owner.BOT), machine.Say("operator_timeout")),
        ),
        (Owner.OPERATOR, machine.MessageLeft(), Owner.OPERATOR, ()),
        (Owner.BOT, machine.Closed("done"), Owner.CLOSED, (machine.CancelTurn(), machine.End("done"))),
    ],
)
def test_each_event_has_its_consequence(
    owner: Owner, event: machine.Event, after: Owner, effects: tuple[machine.Effect, ...]
) -> None:
    state, done = machine.apply(Conversation(owner), event)
    assert state.owner is after
    assert done == effects


@pytest.mark.parametrize("event", [machine.HandedBack("bo"), machine.Closed("done", "bo"), machine.TakenOver("bo")])
def test_what_another_operator_has_is_refused(event: machine.Event) -> None:
    state = Conversation(Owner.OPERATOR, "ada")
    assert machine.apply(state, event) == (state, (machine.Refuse("taken"),))


@pytest.mark.parametrize(
    "event",
    [
        machine.HandedBack("ada"),
        machine.HandedBack("bo", "ada"),
        machine.HandedBack("bo", machine.ANYBODY),
        machine.HandedBack(),
        machine.Closed("done", "bo", "ada"),
        machine.Closed("idle"),
    ],
)
def test_one_s_own_what_is_named_and_what_the_host_does_is_not(event: machine.Event) -> None:
    state, _ = machine.apply(Conversation(Owner.OPERATOR, "ada"), event)
    assert state.owner in {Owner.BOT, Owner.CLOSED}


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


def test_two_operators_never_have_it_both_and_the_second_takes_it_knowingly() -> None:
    adas = Conversation(Owner.OPERATOR, "ada")
    for event in (machine.TakenOver("bo"), machine.OperatorSaid("bo"), machine.TakenOver("bo", over="cleo")):
        assert machine.apply(adas, event) == (adas, (machine.Refuse("taken"),))
    state, effects = machine.apply(adas, machine.TakenOver("bo", over="ada"))
    assert (state.operator, effects) == ("bo", (machine.CancelTurn(), machine.ChangeOwner(Owner.OPERATOR)))
    assert machine.apply(adas, machine.TakenOver("ada")) == (adas, ())
    assert machine.apply(adas, machine.OperatorSaid("ada")) == (adas, (machine.ShowOperator(),))


def test_a_message_is_left_when_nobody_is_on_duty_and_waits_until_a_person_takes_it() -> None:
    state, effects = machine.apply(Conversation(), machine.PersonAsked(), staffed=False)
    assert machine.Say("handoff") in effects
    assert (state.owner, state.left_message) == (Owner.QUEUE, True)
    assert machine.apply(state, machine.TimedOut()) == (state, ())
    assert machine.apply(state, machine.DutyEnded(), staffed=False) == (state, ())
    taken, _ = machine.apply(state, machine.TakenOver("ada"))
    assert not taken.left_message


def test_who_waits_when_duty_ends_is_asked_for_a_message_once() -> None:
    state, _ = machine.apply(Conversation(), machine.PersonAsked())
    assert machine.apply(state, machine.DutyEnded(), staffed=True) == (state, ())
    state, effects = machine.apply(state, machine.DutyEnded(), staffed=False)
    assert (state.left_message, effects) == (True, (machine.Say("handoff"), machine.TellOperators()))


def test_a_backend_that_passes_on_says_so_itself_and_the_host_adds_that_nobody_is_there() -> None:
    passed = machine.Answered(Reply("I ask a colleague.", handoff=True))
    _, staffed = machine.apply(Conversation(), passed)
    state, alone = machine.apply(Conversation(), passed, staffed=False)
    assert machine.Say("handoff") not in staffed
    assert alone[:2] == (machine.ShowReply(), machine.Say("handoff"))
    assert state.left_message


@given(st.lists(st.tuples(EVENTS, st.booleans()), max_size=30))
def test_any_sequence_of_events_keeps_the_invariants(events: list[tuple[machine.Event, bool]]) -> None:
    state = Conversation()
    for event, staffed in events:
        before = state
        state, effects = machine.apply(state, event, staffed=staffed)
        if before.owner is Owner.CLOSED:
            assert state == before
            assert effects == (machine.Refuse("closed"),)
        shows_bot = any(isinstance(e, machine.ShowReply | machine.Say) for e in effects)
        assert not (shows_bot and before.owner is Owner.OPERATOR and state.owner is not Owner.BOT), (
            "the bot spoke in a conversation that a person has"
        )
        changed = [e.owner for e in effects if isinstance(e, machine.ChangeOwner)]
        if changed:
            assert changed == [state.owner]
        elif not isinstance(event, machine.Closed):
            assert state.owner is before.owner
        assert (state.operator is not None) == (state.owner is Owner.OPERATOR) or state.owner is Owner.CLOSED
        assert state.flow is None or state.owner is Owner.BOT
        assert not state.left_message or state.owner is Owner.QUEUE


@given(st.lists(st.tuples(EVENTS, st.booleans()), max_size=40))
def test_no_bot_message_follows_a_take_over_until_it_is_given_back(events: list[tuple[machine.Event, bool]]) -> None:
    state, seen = Conversation(), Owner.BOT
    for event, staffed in events:
        state, effects = machine.apply(state, event, staffed=staffed)
        for effect in effects:  # in the order in which the customer sees them
            if isinstance(effect, machine.ChangeOwner):
                seen = effect.owner
            if isinstance(effect, machine.ShowReply | machine.Say):
                assert seen is not Owner.OPERATOR
            if isinstance(effect, machine.ShowOperator):
                assert seen is Owner.OPERATOR
