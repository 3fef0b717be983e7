"""The simulation of the nightly loop: its stream, its customers, its store, and how it goes on where it stopped."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from backends.classified.calibration import Thresholds
from backends.contract import Parse
from bot.house import STORE
from bot.store.writer import migrate
from eval.flywheel.corpus import Corpus, corpus_of, read_corpus
from eval.flywheel.day import Crowd, Talk, live
from eval.flywheel.logbook import write_day
from eval.flywheel.others import believed
from eval.flywheel.outcome import outcome
from eval.flywheel.plan import OPERATOR_ERRORS, WRONG_REPLIES, Plan
from eval.flywheel.plot import draw
from eval.flywheel.points import ALL, GATED, GOLD, LABELLED, NAIVE, Point, add_point, open_points, read_points
from eval.flywheel.simulation import Job, pieces_of, run_jobs
from eval.flywheel.stream import Asked, Stream, build_stream
from eval.flywheel.summary import markdown
from training.dataset import DataError, Example
from training.harvest.labels import Provenance, harvest
from training.harvest.logged import read_logged

CLINC = Path(__file__).parents[3] / "shared" / "data" / "clinc150"
PLAN = Plan(nights=10, turns=200, intents=10, own=3)


def corpus() -> Corpus:
    """Twelve intents with texts that say their name."""
    names = [f"topic_{chr(97 + number)}" for number in range(12)]
    learned = [
        Example(f"{name} in words {chr(97 + i)}{chr(97 + j)}", name, "x")
        for name in names
        for i in range(9)
        for j in range(9)
    ]
    test = [Example(f"{name} as a test {chr(97 + number)}", name, "x") for name in names for number in range(6)]
    return corpus_of(learned, test)


@pytest.fixture(scope="module")
def stream() -> Stream:
    return build_stream(corpus(), PLAN, 7)


def sure(asked: tuple[Asked, ...], confidence: float = 0.9) -> list[Parse]:
    """A classifier that is always right, with a second choice."""
    other = {row.intent for row in asked}
    return [
        Parse(row.intent, confidence, ((row.intent, confidence), (sorted(other - {row.intent})[0], 1 - confidence)))
        for row in asked
    ]


# --- the stream --------------------------------------------------------------------------------------------------


def test_equal_seeds_give_equal_streams_and_others_do_not(stream: Stream) -> None:
    assert build_stream(corpus(), PLAN, 7) == stream
    assert build_stream(corpus(), PLAN, 8).days != stream.days


def test_test_texts_are_never_asked_nor_taught(stream: Stream) -> None:
    judging = {row.text for row in stream.test}
    assert judging.isdisjoint(row.text for day in stream.days for row in day)
    assert judging.isdisjoint(row.text for row in stream.own)
    assert {row.intent for row in stream.test} == set(stream.intents)


def test_a_test_text_among_the_training_texts_is_left_out() -> None:
    found = corpus_of([Example("Same  text", "a", "x"), Example("other", "a", "x")], [Example("same text", "a", "x")])
    assert found.learned == {"a": ["other"]}


def test_late_topics_are_unknown_to_the_bot_and_silent_until_their_day(stream: Stream) -> None:
    assert len(stream.late) == PLAN.late == 2
    assert not {row.intent for row in stream.own} & set(stream.late)
    for intent, first in stream.late.items():
        asked_on = {number for number, day in enumerate(stream.days, 1) if any(row.intent == intent for row in day)}
        assert min(asked_on) >= first
        assert not stream.is_known(intent, first - 1)


def test_topics_drift(stream: Stream) -> None:
    first, last = (Counter(row.intent for row in stream.day(number)) for number in (1, PLAN.nights))
    early = [name for name in stream.intents if name not in stream.late]
    assert max(abs(first[name] - last[name]) for name in early) > 10


def test_only_the_poisoned_day_has_planted_rows_and_all_want_one_intent(stream: Stream) -> None:
    by_day = {number: [row for row in day if row.planted] for number, day in enumerate(stream.days, 1)}
    assert [number for number, rows in by_day.items() if rows] == [PLAN.poisoned]
    rows = by_day[PLAN.poisoned]
    assert len(rows) == PLAN.planted == 10
    assert {row.planted for row in rows} == {stream.victim}
    assert stream.victim not in {row.intent for row in rows}


def test_too_few_intents_are_told() -> None:
    with pytest.raises(DataError, match="expected at least 30 intents to draw from, got 12"):
        build_stream(corpus(), Plan(), 0)


def test_a_folder_without_the_files_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"found no train\.csv"):
        read_corpus(tmp_path)


# --- the customers -----------------------------------------------------------------------------------------------


def talks_of(stream: Stream, confidence: float = 0.9) -> list[Talk]:
    thresholds = Thresholds(min_confidence=0.5, max_oos=0.5, min_margin=0.2)
    return [
        talk
        for number, day in enumerate(stream.days, 1)
        for talk in live(day, sure(day, confidence), thresholds, Crowd(stream.intents, (7, number)))
        if talk.asked.planted is None
    ]


def test_so_many_self_labels_are_wrong_and_confirmed_all_the_same(stream: Stream) -> None:
    talks = talks_of(stream)
    for rows in (talks, [talk for talk in talks if talk.is_confirmed]):
        wrong = sum(talk.self_label != talk.asked.intent for talk in rows) / len(rows)
        assert wrong == pytest.approx(WRONG_REPLIES, abs=0.03)


def test_operators_are_nearly_always_right(stream: Stream) -> None:
    corrected = [talk for talk in talks_of(stream) if talk.corrected is not None]
    wrong = sum(talk.corrected != talk.asked.intent for talk in corrected)
    assert len(corrected) > 100
    assert wrong <= 4 * OPERATOR_ERRORS * len(corrected)


def test_where_two_intents_are_close_the_customer_is_asked_and_mostly_chooses_the_right_one(stream: Stream) -> None:
    talks = talks_of(stream, 0.52)
    assert all(talk.offered and talk.intent is None for talk in talks)
    pressed = [talk for talk in talks if talk.pressed is not None]
    assert sum(talk.pressed == talk.asked.intent for talk in pressed) > 0.9 * len(pressed)


def test_the_same_day_goes_the_same_way_twice(stream: Stream) -> None:
    assert talks_of(stream) == talks_of(stream)


def test_attackers_get_what_they_want_and_naive_trainers_believe_it(stream: Stream) -> None:
    day = stream.day(PLAN.poisoned)
    talks = live(day, sure(day), Thresholds(), Crowd(stream.intents, (7, PLAN.poisoned)))
    planted = [talk for talk in talks if talk.asked.planted]
    assert {believed(talk) for talk in planted} == {stream.victim}
    assert {bool(talk.offered) for talk in planted} == {True, False}


# --- the store ---------------------------------------------------------------------------------------------------


def test_what_was_said_is_harvested_from_the_store_and_a_day_is_stored_once(stream: Stream, tmp_path: Path) -> None:
    migrate(tmp_path / STORE)
    rows = [row for row in stream.day(1)[:5] if row.intent != stream.victim][:4]
    talks = [
        Talk(rows[0], "wrong_one", 0.9, is_confirmed=True),
        Talk(rows[1], None, 0.5, "ambiguous", (rows[1].intent, stream.victim), rows[1].intent),
        Talk(rows[2], stream.victim, 0.9, corrected=rows[2].intent),
        Talk(rows[3], None, 0.2, "low_confidence"),
    ]
    for _ in range(2):
        write_day(tmp_path, talks, "bundle-1")
    turns = read_logged(tmp_path / STORE)
    found = {row.turn_id: (row.intent, row.provenance) for row in harvest(turns, cap=20).labelled}
    assert len(turns) == 5
    assert found == {
        rows[0].turn_id: ("wrong_one", Provenance.CONFIRMED),
        rows[1].turn_id: (rows[1].intent, Provenance.CUSTOMER_CHOICE),
        rows[2].turn_id: (rows[2].intent, Provenance.OPERATOR),
    }


# --- what is done, and the outcome -------------------------------------------------------------------------------


def test_a_cut_off_line_is_done_again_and_another_set_up_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "points.jsonl"
    assert open_points(path, PLAN) == []
    point = Point(0, NAIVE, 1, "101-", "promoted", rows=9)
    add_point(path, point)
    with path.open("a") as file:
        file.write(point.line()[:20])
    assert open_points(path, PLAN) == [point]
    add_point(path, replace(point, night=2))
    assert [found.night for found in read_points(path, PLAN)] == [1, 2]
    assert point.n == 3
    assert point.accuracy == pytest.approx(2 / 3)
    with pytest.raises(DataError, match="give another --out"):
        read_points(path, Plan())


def finished(plan: Plan, *, aside: int = 3, gated: str = "1" * 95 + "0" * 5) -> list[Point]:
    """All points of one seed."""
    more = {"labelled": 20, "by_provenance": {"confirmed": 10}, "wrong": 4, "wrong_confirmed": 2, "set_aside": 4,
            "set_aside_wrong": 3, "planted_labelled": 4, "planted_aside": aside, "guards_refuse": False,
            "kinds": ["content"], "failed_checks": []}  # fmt: skip
    right = {GATED: gated, NAIVE: "1" * 80 + "0" * 20, GOLD: "1" * 95 + "0" * 5, LABELLED: "1" * 95 + "0" * 5,
             ALL: "1" * 96 + "0" * 4}  # fmt: skip
    job = Job(0, Path(), Path(), plan)
    return [
        Point(0, loop, night, right[loop], "promoted", more=more if loop == GATED and night else {})
        for loop, night in pieces_of(job)
    ]


def test_the_outcome_has_intervals_and_says_whether_the_loop_holds() -> None:
    told = outcome(finished(PLAN), PLAN)
    row = told["final"][f"{GATED} - {NAIVE}"]
    assert row["difference"] == pytest.approx(0.15)
    assert 0 < row["low"] < 0.15 < row["high"]
    assert told["met"]
    assert told["poisoned_night"]["recall"]["value"] == 0.75
    assert json.loads(json.dumps(told)) == told
    assert "Does the nightly run make the bot better?" in markdown(told, "x.svg")
    assert draw(told).startswith("<?xml")


def test_a_loop_that_ends_too_low_or_learns_poison_does_not_hold() -> None:
    assert not outcome(finished(PLAN, gated="1" * 93 + "0" * 7), PLAN)["met"]
    assert not outcome(finished(PLAN, aside=1), PLAN)["met"]


def test_a_seed_that_is_not_finished_does_not_count() -> None:
    told = outcome(finished(PLAN)[:-1], PLAN)
    assert (told["seeds"], told["met"]) == ([], False)


# --- all of it ---------------------------------------------------------------------------------------------------


class Stop(Exception):
    """Raised in the middle of a run."""


@pytest.mark.slow
@pytest.mark.skipif(not CLINC.is_dir(), reason="needs CLINC150 in ../shared/data")
def test_three_nights_learn_and_go_on_where_they_were_interrupted(tmp_path: Path) -> None:
    plan = Plan(nights=3, turns=40, intents=8, own=6)
    job = Job(0, CLINC, tmp_path / "points.jsonl", plan, loops=(GATED, NAIVE), keep=True)

    def stop(done: int) -> None:
        if done == 3:
            raise Stop

    with pytest.raises(Stop):
        run_jobs([job], on_done=stop)
    run_jobs([job])
    points = read_points(job.points, plan)
    assert [(point.loop, point.night) for point in points] == pieces_of(job)
    real = [point for point in points if point.loop == GATED]
    assert [point.decision for point in real[:1]] == ["promoted"]
    assert {point.decision for point in real} <= {"promoted", "refused", "kept"}
    assert all(point.accuracy > 0.8 for point in real)
    assert all(0 < point.more["labelled"] < 40 for point in real[1:])
    assert len({turn.turn_id for turn in read_logged(job.folder / "var" / STORE)}) >= 3 * 40
