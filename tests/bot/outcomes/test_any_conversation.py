"""Whatever happens in a conversation: it ends in one way, and the same however and whenever it is judged."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from bot.outcomes.definition import outcome_of, stamp, window_of
from bot.outcomes.job import judged
from bot.outcomes.reading import due
from bot.outcomes.transcript import AskedTurn, Event, Signal, Transcript
from bot.outcomes.walk import first_question, walk
from bot.store.outcomes import Kind, OutcomeRow, read_outcomes, write_outcomes
from bot.store.writer import connect, migrate
from tests.bot.outcomes.shelving import shelve
from tests.bot.outcomes.telling import RULES, START

TEXTS = (
    "where is my parcel", "so where is the parcel??", "how much is shipping", "thanks", "hi", "this is useless", "yes",
    "never mind", "talk to a human", "that helped", "[email]", "", "👎", "WHERE IS MY PARCEL", "no not 12 but 13",
)  # fmt: skip
MINUTES = (0.0, 0.5, 29.0, 31.0, 600.0, 7 * 1440 + 29.0, 7 * 1440 + 30.0, 9 * 1440.0)
SHARED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
LATER = "2025-01-01T00:00:00.000000Z"


@st.composite
def transcripts(draw: st.DrawFn, name: str = "c1") -> Transcript:
    """Any sequence of events, turns and signals, however senseless."""
    start = at = START + timedelta(minutes=draw(st.sampled_from(MINUTES)))
    events: list[Event] = []
    turns: list[AskedTurn] = []
    signals: list[Signal] = []
    for place in range(draw(st.integers(0, 8))):
        at += timedelta(minutes=draw(st.sampled_from(MINUTES)))
        what = draw(st.sampled_from(("said", "said", "reply", "reply", "host", "person", "owner", "closed", "signal")))
        text, message_id = draw(st.sampled_from(TEXTS)), f"{name}-{place}"
        asked = [event.message_id for event in events if event.type == "user_uttered"]
        match what:
            case "said":
                events.append(Event(at, "user_uttered", text, message_id))
            case "reply" if asked and asked[-1] not in {turn.message_id for turn in turns}:
                turns.append(_turn(draw, f"{message_id}t", asked[-1] or "", at))
                if turns[-1].outcome != "suppressed":
                    events.append(Event(at, "bot_uttered", text, f"{message_id}b", asked[-1]))
            case "host":
                events.append(Event(at, "bot_uttered", text, message_id))
            case "person":
                events.append(Event(at, "operator_uttered", text, message_id))
            case "owner":
                events.append(Event(at, "owner_changed", owner=draw(st.sampled_from(("bot", "queue", "operator")))))
            case "closed":
                events.append(Event(at, "conversation_closed", reason="idle"))
            case _:
                turn_id = draw(st.sampled_from([None, *(turn.id for turn in turns)]))
                kind, value = draw(
                    st.sampled_from((("feedback", 1), ("feedback", -1), ("resolved", 1), ("resolved", 0)))
                )
                signals.append(Signal(at, kind, value, turn_id))
    unit = draw(st.sampled_from(("visitor:1", "visitor:2")))
    return Transcript(name, unit, "live", start, events, turns, signals, "en", "main", 0.5, 1)


def _turn(draw: st.DrawFn, turn_id: str, message_id: str, at: object) -> AskedTurn:
    return AskedTurn(
        id=turn_id,
        message_id=message_id,
        answered_at=at,  # type: ignore[arg-type]
        outcome=draw(st.sampled_from(("answered", "answered", "fallback", "handoff", "suppressed", "error"))),
        kind=draw(st.sampled_from(("answer", "answer", "question", "clarify", None))),
        mode=draw(st.sampled_from(("template", "flow", "generated", None))),
        backend=draw(st.sampled_from(("intent", "rag", None))),
        intent=draw(st.sampled_from(("order_status", "greet", None))),
        payload=draw(st.sampled_from((None, None, "/order_status", "/none_of_these"))),
        reply=draw(st.sampled_from(("On its way.", "Soon."))),
        actions=draw(st.sampled_from(((), (True,), (False,)))),
    )


@st.composite
def stores(draw: st.DrawFn) -> list[Transcript]:
    return [draw(transcripts(name=f"c{number}")) for number in range(draw(st.integers(1, 6)))]


def of(transcript: Transcript, *later: Transcript) -> OutcomeRow:
    window = window_of(transcript, RULES)
    return outcome_of(transcript, later, RULES, window=window, judged_at="")


@settings(max_examples=60, deadline=None)
@given(transcripts(), transcripts(name="c2"))
def test_any_conversation_ends_in_exactly_one_way(told: Transcript, other: Transcript) -> None:
    row = of(told, other)
    assert row.kind in get_args(Kind)
    assert row.resolved == (row.kind in {"confirmed", "assumed"})
    assert not (row.resolved and row.assisted)
    assert not row.assisted or (row.kind == "handed_off" and row.handed_off)
    assert row.kind != "reopened" or row.reopened
    assert row.kind != "no_question" or (row.first_text is None and not row.handed_off)
    assert (row.resolution_s is not None) == (row.resolved or row.assisted)
    assert row.resolution_s is None or row.resolution_s >= 0
    assert row.started_at <= row.ended_at < row.window_ends_at
    assert row.operator_s >= 0


@settings(max_examples=60, deadline=None)
@given(transcripts(), st.integers(0, 20_000))
def test_the_first_question_is_that_of_the_whole_walk(told: Transcript, minutes: int) -> None:
    before = told.started_at + timedelta(minutes=minutes)
    asked = walk(told, RULES, before=before).questions
    first = first_question(told, RULES, before=before)
    assert (
        (first.text, first.intent, first.quote) == (asked[0].text, asked[0].intent, asked[0].quote)
        if first
        else not asked
    )


@settings(max_examples=60, deadline=None)
@given(transcripts(), transcripts(name="c2"))
def test_nothing_after_the_window_matters(told: Transcript, other: Transcript) -> None:
    end = window_of(told, RULES).ends_at

    def before(transcript: Transcript) -> Transcript:
        return replace(
            transcript,
            events=[event for event in transcript.events if event.at < end],
            turns=[turn for turn in transcript.turns if turn.answered_at < end],
            signals=[signal for signal in transcript.signals if signal.at < end],
        )

    known = [before(other)] if other.started_at < end else []
    assert of(before(told), *known) == of(told, other)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One store for all examples; making one takes longer than judging it."""
    path = tmp_path_factory.mktemp("store") / "store.sqlite3"
    migrate(path)
    db = connect(path, synchronous="OFF")
    yield db
    db.conn.close()


def refill(db: Database, told: list[Transcript]) -> None:
    for table in ("conversations", "events", "turns", "attempts", "signals", "labels", "outcomes"):
        db.execute(f"DELETE FROM {table}")
    shelve(db, told)


@settings(max_examples=15, deadline=None, suppress_health_check=SHARED)
@given(stores(), st.integers(1, 4), st.randoms(use_true_random=False))
def test_any_batches_in_any_order_give_the_same_rows(
    store: Database, told: list[Transcript], size: int, chance: random.Random
) -> None:
    refill(store, told)
    waiting = due(store, RULES, LATER)
    assert sorted(row.id for row in waiting) == sorted(transcript.id for transcript in told)
    at_once = judged(store, waiting, RULES, LATER).outcomes
    chance.shuffle(waiting)
    pieces = [waiting[start : start + size] for start in range(0, len(waiting), size)]
    for piece in [*pieces, pieces[0]]:
        judged(store, piece, RULES, LATER).write(store)
    assert _plain(read_outcomes(store, as_of=LATER)) == _plain(at_once)


@settings(max_examples=15, deadline=None, suppress_health_check=SHARED)
@given(stores(), st.lists(st.integers(0, 60), min_size=1, max_size=4))
def test_any_as_of_gives_the_rows_whose_window_has_ended_by_then(
    store: Database, told: list[Transcript], days: list[int]
) -> None:
    refill(store, told)
    final = _plain(judged(store, due(store, RULES, LATER), RULES, LATER).outcomes)
    for day in days:
        as_of = stamp(START + timedelta(days=day))
        write_outcomes(store, judged(store, due(store, RULES, as_of), RULES, as_of).outcomes)
        known = [row for row in final if row.window_ends_at <= as_of]
        assert _plain(read_outcomes(store, as_of=as_of)) == known


def _plain(rows: list[OutcomeRow]) -> list[OutcomeRow]:
    return sorted((replace(row, judged_at="") for row in rows), key=lambda row: row.conversation_id)
