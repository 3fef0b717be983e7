"""What real customers do, as a table in `conversations.txt`: events in, outcome out; coming back; windows and costs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.outcomes.definition import outcome_of, parse, stamp, window_of
from bot.outcomes.transcript import Suggested, Transcript
from bot.store.outcomes import OutcomeRow
from tests.bot.outcomes.telling import RULES, START, tell, with_rules

DAY = 24 * 60.0
AGAIN = "0 customer: where is my parcel | 0.1 fallback"


class Case(NamedTuple):
    """A conversation and how it ended."""

    name: str
    steps: tuple[str, ...]
    kind: str
    evidence: str
    """Something that has to be in the evidence."""
    assisted: bool


def cases() -> Iterator[Case]:
    text = Path(__file__).with_name("conversations.txt").read_text(encoding="utf-8")
    for told in text.split("\n== ")[1:]:
        head, *lines = told.splitlines()
        name, _, result = head.partition(" -> ")
        ending, _, evidence = result.partition(", ")
        kind, _, assisted = ending.partition(" and ")
        steps = tuple(line for line in lines if line and not line.startswith("#"))
        yield Case(name, steps, kind, evidence, assisted == "assisted")


CASES = list(cases())


def outcome(transcript: Transcript, *later: Transcript) -> OutcomeRow:
    window = window_of(transcript, RULES)
    return outcome_of(transcript, later, RULES, window=window, judged_at="2024-04-01T00:00:00Z")


@pytest.mark.parametrize("told", CASES, ids=[told.name for told in CASES])
def test_a_conversation_ends_as_a_reader_would_say(told: Case) -> None:
    row = outcome(tell(told.steps))
    assert (row.kind, row.assisted) == (told.kind, told.assisted), row.evidence
    assert not told.evidence or told.evidence in row.evidence
    assert row.resolved == (told.kind in {"confirmed", "assumed"})


def test_every_way_to_end_is_in_the_table() -> None:
    assert {told.kind for told in CASES} == {
        "confirmed",
        "assumed",
        "handed_off",
        "abandoned",
        "reopened",
        "no_question",
    }
    assert len(CASES) >= 80


def test_who_writes_in_capitals_from_the_start_does_not_shout() -> None:
    shouted = outcome(tell("@answered | 1 customer: AND WHERE ARE THE GLOVES | 1.1 rag: In the same parcel."))
    plain = outcome(
        tell(
            "0 customer: WHERE IS MY PARCEL | 0.1 template order_status: On its way."
            " | 1 customer: AND WHERE ARE THE GLOVES | 1.1 rag: In the same parcel."
        )
    )
    assert "capitals" in shouted.evidence
    assert "capitals" not in plain.evidence


# --- coming back -------------------------------------------------------------------------------------------


def next_time(steps: str, *, minutes: float) -> Transcript:
    return tell(steps, name="c2", start=START + timedelta(minutes=minutes))


BACK = {
    "the same words": (AGAIN, True),
    "the same intent": ("0 customer: still nothing here | 0.1 template order_status", True),
    "the same intent, after a greeting": (
        "0 customer: hi | 0.1 template greet | 1 customer: nothing | 1.1 template order_status",
        True,
    ),
    "the same intent, by an operator's label": ("0 customer label=order_status: nothing came | 0.1 fallback", True),
    "another intent": ("0 customer: how much is shipping | 0.1 template shipping_cost", False),
    "the same intent as a second question": (
        "0 customer: shipping price | 0.1 template shipping_cost | 1 customer: nothing | 1.1 template order_status",
        False,
    ),
    "a greeting only": ("0 customer: hi | 0.1 template greet", False),
    "thanks": ("0 customer: thank you | 0.1 template thanks", False),
    "nothing": ("", False),
}


@pytest.mark.parametrize(("steps", "is_back"), BACK.values(), ids=BACK.keys())
def test_who_comes_back_with_the_same_problem_takes_the_resolution_back(steps: str, is_back: bool) -> None:
    row = outcome(tell("@answered | 1 solved 1"), next_time(steps, minutes=DAY))
    expected = ("reopened", False, True) if is_back else ("confirmed", True, False)
    assert (row.kind, row.resolved, row.reopened) == expected
    assert ("came_back:c2" in row.evidence) is is_back


def test_the_same_passage_cited_is_the_same_problem_where_there_is_no_intent() -> None:
    first = tell("0 customer: nothing arrived | 0.1 rag quote=shipping/3: It takes 3 days.")
    again = next_time("0 customer: how long now | 0.1 rag quote=shipping/3: Three days.", minutes=DAY)
    other = next_time("0 customer: how long now | 0.1 rag quote=shipping/5: Three days.", minutes=DAY)
    assert outcome(first, again).kind == "reopened"
    assert outcome(first, other).kind == "assumed"


def test_another_order_number_is_another_problem() -> None:
    first = tell("0 customer: where is TF-111111 | 0.1 template order_status")
    again = next_time("0 customer: where is TF-222222 | 0.1 template order_status", minutes=DAY)
    assert outcome(first, again).kind == "assumed"


def test_a_second_question_that_comes_back_counts_too() -> None:
    first = tell("@answered | 1 customer: how much is shipping | 1.1 template shipping_cost")
    again = next_time("0 customer: what do you charge for it | 0.1 template shipping_cost", minutes=DAY)
    assert outcome(first, again).kind == "reopened"


def test_what_a_person_solved_is_taken_back_too() -> None:
    first = tell("@handed off | 3 owner operator | 4 person: It comes today.")
    row = outcome(first, next_time(AGAIN, minutes=DAY))
    assert (row.kind, row.assisted, row.handed_off, row.reopened) == ("reopened", False, True, True)


def test_what_was_not_solved_is_not_taken_back_but_noted() -> None:
    row = outcome(tell("0 customer: Where is my parcel? | 0.1 fallback"), next_time(AGAIN, minutes=DAY))
    assert (row.kind, row.reopened) == ("abandoned", True)


@pytest.mark.parametrize("reply", ["60.1 fallback", ""])
def test_who_comes_back_in_the_same_chat_and_is_not_answered_is_noted_too(reply: str) -> None:
    row = outcome(tell(f"@answered | 60 customer: so where is the parcel | {reply}"))
    assert (row.kind, row.reopened) == ("abandoned", True)


def test_a_customer_may_come_back_over_midnight() -> None:
    late = datetime(2024, 3, 2, 23, 58, tzinfo=UTC)
    again = tell(AGAIN, name="c2", start=late + timedelta(minutes=4))
    row = outcome(tell("@answered", start=late), again)
    assert (row.kind, row.started_at[:10]) == ("reopened", "2024-03-02")


WINDOW_MINUTES = 7 * DAY + 30
ENDED_MINUTE = 0.1


@pytest.mark.parametrize(("seconds", "kind"), [(-1, "reopened"), (0, "assumed"), (1, "assumed")])
def test_the_window_ends_to_the_second(seconds: float, kind: str) -> None:
    again = next_time(AGAIN, minutes=ENDED_MINUTE + WINDOW_MINUTES + seconds / 60)
    assert outcome(tell("@answered"), again).kind == kind


def test_a_question_after_the_window_does_not_count_though_its_conversation_began_before() -> None:
    steps = "0 customer: hi | 0.1 template greet | 2 customer: where is my parcel | 2.1 fallback"
    again = next_time(steps, minutes=ENDED_MINUTE + WINDOW_MINUTES - 1)
    assert outcome(tell("@answered"), again).kind == "assumed"


# --- windows, times and costs ------------------------------------------------------------------------------


def test_the_window_runs_from_the_last_word_and_not_from_the_closing() -> None:
    window = window_of(tell("@answered | 1440 closed idle"), RULES)
    assert stamp(window.ended_at) == "2024-03-02T10:00:06.000000Z"
    assert stamp(window.ends_at) == "2024-03-09T10:30:06.000000Z"


@pytest.mark.parametrize("step", ["thumb 1", "solved 1", "customer: ok", "person: Hello", "owner queue"])
def test_what_people_do_moves_the_window(step: str) -> None:
    assert window_of(tell(f"@answered | 5 {step}"), RULES).ended_at == START + timedelta(minutes=5)


@pytest.mark.parametrize("step", ["owner bot", "host", "closed operator"])
def test_what_the_host_does_by_itself_does_not_move_the_window(step: str) -> None:
    assert window_of(tell(f"@answered | 5 {step}"), RULES).ended_at == START + timedelta(minutes=0.1)


@pytest.mark.parametrize("late", [ENDED_MINUTE + WINDOW_MINUTES, WINDOW_MINUTES + 1])
def test_what_comes_after_the_whole_window_belongs_to_no_outcome(late: float) -> None:
    row = outcome(tell(f"@answered | {late} thumb -1 | {late + 1} customer: useless | {late + 2} fallback"))
    assert row == outcome(tell("@answered"))
    assert row.kind == "assumed"


def test_what_suggestions_took_before_the_window_ended_counts_into_the_cost() -> None:
    told = tell("0 customer: Where is it? | 2 rag order_status: Here.")
    window = window_of(told, RULES)
    spent = [Suggested(at, 500.0, 90, 12, 0.25) for at in (told.started_at, window.ends_at)]
    row = outcome(replace(told, suggested=spent))
    plain = outcome(told)
    assert (row.prompt_tokens, row.completion_tokens, row.cost_usd) == (90, 12, 0.25)
    assert row.backend_s == plain.backend_s + 0.5
    assert (row.kind, row.turns, row.latency_ms) == (plain.kind, plain.turns, plain.latency_ms)


def test_the_row_tells_whom_what_and_when() -> None:
    row = outcome(
        tell("0 customer: hello | 0.1 template greet | 1 customer: Where is it? | 2 template order_status: Here.")
    )
    assert (row.unit, row.arm, row.propensity, row.routing_version, row.language) == (
        "visitor:v1",
        "main",
        0.5,
        3,
        "en",
    )
    assert (row.first_text, row.intent, row.backend, row.turns) == ("Where is it?", "order_status", "intent", 2)
    assert (row.resolution_s, row.latency_ms, row.backend_s) == (120.0, 2.0, 0.002)
    assert row.definition.startswith("resolution/1+")


def test_an_operators_label_is_the_intent_that_counts() -> None:
    told = tell("0 customer label=delivery_problem: Where is it? | 0.1 template order_status")
    assert outcome(told).intent == "delivery_problem"


def test_what_was_not_resolved_has_no_time_to_resolution() -> None:
    assert outcome(tell("0 customer: Where is it? | 0.1 fallback")).resolution_s is None


@pytest.mark.parametrize(
    ("steps", "seconds"),
    [
        ("3 owner operator | 4 person: a | 6 customer: b | 7 owner bot", 4 * 60),
        ("3 owner operator | 4 person: a | 6 closed operator", 3 * 60),
        ("3 owner operator | 4 person: a | 1440 closed idle", 60),
        ("3 owner operator | 4 person: a | 600 customer: b | 601 person: c", (1 + 10 + 1) * 60),
        ("3 owner operator | 5 owner queue | 9 owner operator | 10 person: a", 3 * 60),
        ("30 host", 0),
    ],
)
def test_a_persons_time_is_what_it_took_without_the_long_pauses(steps: str, seconds: float) -> None:
    assert outcome(tell(f"@handed off | {steps}")).operator_s == seconds


def test_settings_have_a_name_of_their_own() -> None:
    names = {
        with_rules().definition,
        with_rules(silence_minutes=10).definition,
        with_rules(reopen_days=3).definition,
        with_rules(similar=0.5).definition,
        with_rules(small_talk=["greet"]).definition,
    }
    assert len(names) == 5
    assert with_rules(judge_minutes=1).definition == with_rules().definition


def test_times_are_read_with_and_without_a_zone() -> None:
    assert stamp(parse("2024-03-02")) == "2024-03-02T00:00:00.000000Z"
    assert stamp(parse("2024-03-02T10:00:00+02:00")) == "2024-03-02T08:00:00.000000Z"
