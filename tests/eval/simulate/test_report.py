"""The figures of a simulation, with what they rest on."""

from itertools import combinations
from statistics import fmean

import pytest

from eval.simulate.report import group, pass_hat_k, summarise, validity
from eval.simulate.truth import Truth
from tests.eval.simulate.test_truth import line


def missed(**changes: object) -> Truth:
    return line(**{"goal_met": False, "resolved": False, "left": "silent", **changes})


FAULTY = line(goal_met=None, resolved=None, fault="garbled")
BROKEN = line(goal_met=None, resolved=None, fault="infrastructure: no answer within 60 s", arm=None)


def test_a_group_counts_valid_conversations_alone() -> None:
    row = group([line(turns=3), line(resolved=False, left="handed_off"), missed(turns=4), FAULTY, BROKEN])
    assert (row["n"], row["goal_met"], row["resolved"], row["handoff"]) == (3, 0.6667, 0.3333, 0.3333)
    assert (row["low"], row["high"]) == (0.2077, 0.9385)
    assert row["turns"] == 3.0
    assert (row["faults"], row["fault_share"], row["infrastructure"]) == (1, 0.25, 1)


def test_a_group_without_a_valid_conversation_has_no_rates() -> None:
    row = group([BROKEN])
    assert row["n"] == 0
    assert {row[name] for name in ("goal_met", "low", "high", "resolved", "handoff", "turns", "fault_share")} == {None}


def test_faults_and_failures_are_told_apart_with_reasons() -> None:
    checks = validity([line(phrased=2), line(fell_back=1), FAULTY, BROKEN])
    assert (checks["played"], checks["faults"], checks["reasons"]) == (3, 1, {"garbled": 1})
    assert checks["fault_share"] == 0.3333
    assert checks["infrastructure_reasons"] == {"no answer within 60 s": 1}
    assert (checks["phrased"], checks["fell_back"]) == (2, 1)


def test_the_summary_says_how_people_left() -> None:
    document = summarise([line(), line(left="silent"), missed(), missed(left="thanked", believed=True), BROKEN], 1)
    assert (document["conversations"], document["customers"]) == (5, 1)
    assert set(document["by_arm"]) == {"main", "none"}
    assert document["left"] == {"thanked": 2, "silent": 2}
    assert document["missed"] == {"n": 2, "left_silently": 0.5, "believed": 0.5}
    assert document["met_without_thanks"] == 0.5


@pytest.mark.parametrize("met", [[True, True, True, True], [True, True, False, True], [False, True, False, False]])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_pass_hat_k_is_the_share_of_draws_of_k_trials_that_all_succeed(met: list[bool], k: int) -> None:
    lines = [line(trial=number, goal_met=value) for number, value in enumerate(met)]
    assert pass_hat_k(lines, k)["value"] == pytest.approx(fmean(all(draw) for draw in combinations(met, k)), abs=1e-4)


def test_pass_hat_k_takes_first_visits_of_customers_with_enough_trials_by_arm_too() -> None:
    lines = [
        line(customer=0, trial=0),
        line(customer=0, trial=1, arm="other"),
        line(customer=1, trial=0),
        line(customer=1, trial=1),
        missed(customer=1, trial=1, visit=1),
        missed(customer=2, trial=0),
    ]
    found = pass_hat_k(lines, 2)
    assert (found["value"], found["customers"]) == (1.0, 2)
    assert found["by_arm"] == {"main": {"value": 1.0, "customers": 1}, "other": {"value": None, "customers": 0}}
