"""Rates of arms are the truth of the simulation, costs count people, and differences have intervals."""

from typing import Any

import pytest

from eval.simulate.move import Left
from eval.simulate.truth import Truth
from eval.study.answers.arms import Chain
from eval.study.answers.compare import arm_rows, differences

INTENT, NOBODY = Chain("intent", ("intent",)), Chain("nobody", ("scripted",))
MEASURED: dict[str, Any] = {"cost_usd": {"total": 0.5}, "latency_ms": {"p50": 12.0, "p95": 40.0}}


def told(arm: str, left: Left = "thanked", *, met: bool | None = True, resolved: bool | None = True) -> Truth:
    return Truth(
        conversation_id="c",
        customer_id="v",
        scenario="hours",
        goal="know when",
        goal_met=met,
        resolved=resolved,
        difficulty="easy",
        left=left,
        arm=arm,
        turns=2,
        fault=None if met is not None else "simulator",
        persona="plain",
        customer=0,
        trial=0,
        visit=0,
        is_last=True,
        seconds=1.0,
        plan="p",
    )


LINES = [
    told("intent"),
    told("intent"),
    told("intent", "silent", met=False, resolved=False),
    told("intent", "handed_off", met=False, resolved=False),
    told("intent", met=None, resolved=None),
]


def test_the_rate_counts_what_bots_alone_resolved() -> None:
    row = arm_rows(LINES, {"intent": MEASURED}, [INTENT], 3.0)[0]
    assert (row["n"], row["rate"], row["faults"]) == (4, 0.5, 1)
    assert row["low"] < 0.5 < row["high"]
    assert row["handed_off"] == 0.25
    assert (row["p50_ms"], row["turns"]) == (12.0, 2.0)


def test_who_is_passed_on_costs_a_persons_minutes_and_is_resolved() -> None:
    row = arm_rows(LINES, {"intent": MEASURED}, [INTENT], 3.0)[0]
    assert row["cost_usd"] == pytest.approx(3.5)
    assert row["cost_per_resolved_usd"] == pytest.approx(3.5 / 3)


def test_an_arm_that_nobody_drew_has_no_figures() -> None:
    row = arm_rows(LINES, {"intent": MEASURED}, [NOBODY], 3.0)[0]
    assert (row["n"], row["rate"], row["cost_per_resolved_usd"], row["p50_ms"]) == (0, None, None, None)


def test_differences_are_between_arms_that_have_customers() -> None:
    lines = [*LINES, *[told("nobody", "silent", met=False, resolved=False)] * 40]
    rows = arm_rows(lines, {}, [INTENT, NOBODY, Chain("articles", ("rag",))], 3.0)
    found = differences(rows)
    assert [(one["first"], one["second"]) for one in found] == [("intent", "nobody")]
    assert found[0]["gap"] == 0.5
    assert 0 < found[0]["low"] < 0.5 < found[0]["high"] < 1
