"""What the gate asks, and what it answers, on answers written down by hand."""

from dataclasses import replace

import numpy as np
import pytest

from training.nightly.case import Answers, Case, Facts, Verdict
from training.nightly.checks import compare
from training.nightly.gate import judge

INTENTS = ("a", "b", "c")
FINE = Facts(agreement=1.0, slower=1.0, larger=1.0)


def answers(
    truth: list[str], wrong: set[int], *, name: str = "old", confidence: float = 0.95, **more: object
) -> Answers:
    """A bundle that is right but for these rows; a wrong row is called after another intent."""
    said = tuple(
        ("b" if meant == "a" else "a") if place in wrong or meant == "oos" else meant
        for place, meant in enumerate(truth)
    )
    strangeness = np.array([0.9 if meant == "oos" else 0.1 for meant in truth]) + np.linspace(0, 0.01, len(truth))
    found = Answers(name, frozenset(INTENTS), said, np.full(len(truth), confidence), strangeness)
    return replace(found, **more)  # type: ignore[arg-type]


def case(truth: list[str], old: set[int], new: set[int], *, best: set[int] | None = None, facts: Facts = FINE) -> Case:
    return Case(
        tuple(truth),
        answers(truth, new, name="new"),
        answers(truth, old),
        None if best is None else answers(truth, best, name="best"),
        facts,
        0.01,
    )


def failed(verdict: Verdict) -> list[str]:
    return [check.name for check in verdict.checks if not check.passed]


def spread(n: int) -> list[str]:
    return [INTENTS[place % 3] for place in range(n)]


def test_a_better_model_passes() -> None:
    verdict = judge(case(spread(600), set(range(0, 60)), set(range(0, 30))))
    assert verdict.passed
    assert verdict.overall[0].p < 0.001


def test_an_equal_model_passes_a_large_gold_set_by_proof() -> None:
    overall = compare(case(spread(3000), set(range(0, 30)), set(range(30, 60))), answers(spread(3000), set(range(30))))
    assert overall is not None
    assert overall.p < 0.05
    assert overall.power > 0.8


def test_a_small_gold_set_says_so_and_lets_an_equal_model_in() -> None:
    verdict = judge(case(spread(60), {0, 1}, {2, 3}))
    assert verdict.passed
    assert "too small for a margin of 1 points" in verdict.checks[0].told
    assert "not 0.8" in verdict.checks[0].told


def test_a_small_gold_set_lets_no_worse_model_in() -> None:
    assert failed(judge(case(spread(60), {0, 1}, {2, 3, 4}))) == ["not worse than the champion"]


def test_a_large_gold_set_needs_proof_even_of_a_small_loss() -> None:
    verdict = judge(case(spread(3000), set(range(30)), set(range(30, 80))))
    assert failed(verdict) == ["not worse than the champion"]
    assert "difference -0.7 points" in verdict.reasons[0]


def test_a_loss_that_the_champion_made_before_is_seen_in_the_best_of_late() -> None:
    verdict = judge(case(spread(240), set(range(15)), set(range(15)), best=set()))
    assert failed(verdict) == ["not worse than the best of late"]


def test_the_best_of_many_may_be_better_by_luck_on_a_small_gold_set() -> None:
    assert judge(case(spread(240), {0, 1}, {0, 1}, best=set())).passed


def test_an_intent_that_pays_for_the_others_gain_is_harmed() -> None:
    truth = ["a"] * 40 + ["b"] * 400 + ["c"] * 400
    verdict = judge(case(truth, set(range(40, 100)), set(range(12))))
    assert failed(verdict) == ["no intent harmed"]
    assert "a 100 % → 70 % of 40" in verdict.reasons[0]
    assert [row.intent for row in verdict.by_intent if row.is_harmed] == ["a"]
    assert verdict.wrong == tuple(range(12))


def test_a_fall_of_more_than_15_points_on_30_rows_needs_no_proof() -> None:
    truth = ["a"] * 30 + ["b"] * 300 + ["c"] * 300
    gained = set(range(30, 60))
    assert failed(judge(case(truth, gained, {0, 1, 2, 3, 4}))) == ["no intent harmed"]
    assert judge(case(truth, gained, {0, 1, 2, 3})).passed


def test_a_new_intent_is_not_held_against_the_challenger() -> None:
    truth = spread(90)
    old = answers(truth, {place for place, meant in enumerate(truth) if meant == "c"}, intents=frozenset({"a", "b"}))
    verdict = judge(replace(case(truth, set(), set()), champion=old))
    assert verdict.passed
    assert verdict.overall[0].n == 60


def test_a_dropped_intent_is() -> None:
    verdict = judge(case(spread(90), set(), set(), facts=replace(FINE, dropped=("c",))))
    assert failed(verdict) == ["no intent dropped"]


def test_out_of_scope_texts_that_look_familiar_now_are_seen() -> None:
    truth = spread(120) + ["oos"] * 40
    bad = np.array([0.1] * 120 + [0.9, 0.05] * 20)
    verdict = judge(replace(case(truth, set(), set()), challenger=answers(truth, set(), name="new", strangeness=bad)))
    assert failed(verdict) == ["out of scope"]


def test_too_few_rows_out_of_scope_judge_nothing() -> None:
    truth = spread(120) + ["oos"] * 19
    check = next(check for check in judge(case(truth, set(), set())).checks if check.name == "out of scope")
    assert (check.passed, check.is_skipped) == (True, True)


def test_confidence_that_promises_too_much_is_seen() -> None:
    truth = spread(300)
    right, boastful = answers(truth, set(range(30)), confidence=0.9), answers(truth, set(range(30)), confidence=0.999)
    verdict = judge(replace(case(truth, set(), set()), champion=right, challenger=boastful))
    assert failed(verdict) == ["calibration"]


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        (replace(FINE, agreement=0.98), "parity with torch"),
        (replace(FINE, agreement=None), "parity with torch"),
        (replace(FINE, slower=1.6), "p95 latency"),
        (replace(FINE, larger=1.6), "memory"),
        (replace(FINE, corrections=49, forgotten=1), "operators' corrections"),
        (replace(FINE, corrections=100, forgotten=3), "operators' corrections"),
    ],
)
def test_each_other_question_can_say_no(facts: Facts, name: str) -> None:
    assert failed(judge(case(spread(300), set(), set(), facts=facts))) == [name]


def test_two_in_a_hundred_corrections_are_forgiven() -> None:
    assert judge(case(spread(300), set(), set(), facts=replace(FINE, corrections=100, forgotten=2))).passed


def test_without_any_shared_row_there_is_nothing_to_compare_by() -> None:
    verdict = judge(case([], set(), set()))
    assert verdict.passed
    assert verdict.checks[0].is_skipped


@pytest.mark.parametrize(("accuracy", "passes"), [(0.9, True), (0.4, False)])
def test_a_first_model_must_beat_naming_one_intent(accuracy: float, passes: bool) -> None:
    first = replace(case([], set(), set()), champion=None, facts=Facts(1.0, accuracy=accuracy, majority=0.5))
    assert judge(first).passed == passes
