"""What another routing would have resolved."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bot.routing import Arm, Routing
from bot.store.outcomes import AuditRow
from eval.counterfactual.answer import answer
from eval.counterfactual.estimate import Weighed, value
from eval.counterfactual.expecting import expect, text_features
from eval.resolution.reading import EMPTY
from eval.resolution.validation.routings import ASKED, PLAYED, Day, log, truth


@pytest.fixture(scope="module")
def day() -> Day:
    return log(1200, np.random.default_rng(1))


def ask(day: Day, *arms: Arm, error_budget: float = 0.02) -> dict[str, Any]:
    return answer(day.logs, day.answered, Routing(1, arms, error_budget=error_budget))


def test_the_estimators_are_those_of_the_textbook() -> None:
    # Four customers, half of whom the wanted chain was given to: two resolved, one of them under it.
    outcome, weights = np.array([1.0, 0.0, 1.0, 0.0]), np.array([2.0, 2.0, 0.0, 0.0])
    found = value(outcome, np.arange(4), [Weighed(1.0, weights, np.array([0.8, 0.2, 0.8, 0.2]))])
    assert found.ips.value == pytest.approx(2 / 4)
    assert found.snips.value == pytest.approx(2 / 4)
    assert found.doubly_robust.value == pytest.approx(0.5 + (0.2 - 0.2) / 2)
    assert found.effective_n == pytest.approx(2.0)


def test_a_mixture_is_the_mean_of_its_chains() -> None:
    outcome = np.array([1.0, 1.0, 0.0, 1.0])
    first, second = np.array([2.0, 2.0, 0.0, 0.0]), np.array([0.0, 0.0, 2.0, 2.0])
    flat = np.full(4, 0.5)
    found = value(outcome, np.arange(4), [Weighed(0.75, first, flat), Weighed(0.25, second, flat)])
    assert found.snips.value == pytest.approx(0.75 * 1 + 0.25 * 0.5)


def test_customers_are_the_unit() -> None:
    outcome, weights = np.tile([1.0, 0.0], 50), np.full(100, 1.0)
    apart = value(outcome, np.arange(100), [Weighed(1.0, weights, np.full(100, 0.5))])
    together = value(np.repeat([1.0, 0.0], 50), np.repeat(np.arange(20), 5), [Weighed(1.0, weights, np.full(100, 0.5))])
    assert together.effective_n == pytest.approx(20)
    assert together.snips.high - together.snips.low > 2 * (apart.snips.high - apart.snips.low)


@pytest.mark.parametrize("arms", ASKED)
def test_a_routing_that_was_not_in_force_is_estimated(day: Day, arms: tuple[Arm, ...]) -> None:
    found = ask(day, *arms)
    assert not found["refused"]
    assert found["low"] <= truth(arms) <= found["high"]
    assert abs(found["estimate"] - truth(arms)) < 0.05
    assert found["effective_n"] > 100


def test_audits_tell_what_would_truly_have_been_resolved(day: Day) -> None:
    solved = {row.conversation_id: row.resolved and place % 4 > 0 for place, row in enumerate(day.logs.rows)}
    audits = {
        row.conversation_id: AuditRow(
            row.conversation_id, row.conversation_id, "", 1 / 3, 1000, "", solved[row.conversation_id], "ann", None, ""
        )
        for row in day.logs.rows[::3]
    }
    wanted = Routing(1, ASKED[0])
    found = answer(replace(day.logs, audits=audits), day.answered, wanted)
    assert found["corrected"]["low"] <= 0.75 * truth(ASKED[0]) <= found["corrected"]["high"]
    assert found["corrected"]["estimate"] < found["estimate"] - 0.08
    assert found["corrected"]["audits"] == len(audits)
    few = dict(list(audits.items())[:20])
    assert answer(replace(day.logs, audits=few), day.answered, wanted)["corrected"] is None


def test_it_matters_what_the_first_message_says(day: Day) -> None:
    rows = day.logs.rows
    features = text_features([row.first_text or "" for row in rows])
    outcome = np.array([float(row.resolved) for row in rows])
    unit = np.unique([row.unit for row in rows], return_inverse=True)[1]
    expected = expect(features, outcome, np.ones(len(rows)), unit)
    assert np.corrcoef(expected, outcome)[0, 1] > 0.15
    assert len(set(expect(None, outcome, np.ones(len(rows)), unit).round(6))) <= 5


def test_texts_without_a_common_word_teach_nothing() -> None:
    assert text_features(["one", "two"]) is None


def test_a_chain_that_was_never_played_is_refused_with_what_is_known(day: Day) -> None:
    found = ask(day, Arm("x", 1.0, ("first", "third")))
    assert found["refused"]
    assert found["estimate"] is None
    assert found["reasons"][0].startswith("no arm ever played the chain first → third")
    assert 0 < found["bounds"]["low"] < found["bounds"]["high"] < 1


def test_another_error_budget_is_another_treatment(day: Day) -> None:
    assert "error budget 0.1" in ask(day, PLAYED[0], error_budget=0.1)["reasons"][0]


def test_few_customers_are_not_enough() -> None:
    few = log(40, np.random.default_rng(2))
    found = ask(few, PLAYED[0])
    assert found["refused"]
    assert "at least 30 are needed" in found["reasons"][0]
    assert found["effective_n"] < 30


def test_missing_and_wrong_propensities_are_refused(day: Day) -> None:
    rows = tuple(replace(row, propensity=None) for row in day.logs.rows[:200]) + day.logs.rows[200:]
    found = answer(replace(day.logs, rows=rows), day.answered, Routing(1, PLAYED))
    assert found["reasons"][0].startswith("200 of ")
    assert "no stored propensity" in found["reasons"][0]
    rows = tuple(replace(row, propensity=0.9) for row in day.logs.rows)
    found = answer(replace(day.logs, rows=rows), day.answered, Routing(1, PLAYED))
    assert "is not what their routing says" in found["reasons"][0]


def test_chains_of_different_times_have_different_customers() -> None:
    early, late = (log(100, np.random.default_rng(seed), (arm,)) for seed, arm in ((1, PLAYED[0]), (2, PLAYED[1])))
    rows = early.logs.rows + tuple(
        replace(row, conversation_id=f"l{row.conversation_id}", unit=f"l{row.unit}", routing_version=2)
        for row in late.logs.rows
    )
    assigned = {**early.logs.assignments} | {
        f"l{unit}": one._replace(version=2) for unit, one in late.logs.assignments.items()
    }
    routings = {1: Routing(1, (PLAYED[0],)), 2: Routing(2, (PLAYED[1],))}
    answered = early.answered | {f"l{name}": one for name, one in late.answered.items()}
    found = answer(replace(EMPTY, rows=rows, assignments=assigned, routings=routings), answered, Routing(3, PLAYED[:2]))
    assert "never played at the same time" in found["reasons"][0]


def test_empty_logs_are_refused() -> None:
    assert answer(EMPTY, {}, Routing(1, PLAYED))["reasons"] == ["no conversation has been judged yet"]
