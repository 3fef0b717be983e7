"""How often the interval of a counterfactual estimate holds what the routing really resolves, by simulation.

The shop: some backends answer some intents, each customer writes a word that tells the intent, and comes back at times.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from bot.routing import Arm, Routing
from bot.store.outcomes import OutcomeRow
from eval.counterfactual.answer import answer
from eval.resolution.clustered import Estimate, Floats
from eval.resolution.reading import EMPTY, Assigned, Logs
from eval.resolution.validation.coverage import held

Show = Callable[[str, int, int], None]
INTENTS = 8
SHARES = np.random.default_rng(5).dirichlet(np.ones(INTENTS))
COVERED = np.linspace(0.15, 0.95, INTENTS)
"""Probability of the first backend to have an answer, by intent."""
FIRST, SECOND, NOBODY = np.linspace(0.95, 0.7, INTENTS), np.linspace(0.45, 0.75, INTENTS), 0.04
"""Probability of being resolved by who answered."""
PLAYED = (Arm("a", 1.0, ("first",)), Arm("b", 1.0, ("second",)), Arm("ab", 2.0, ("first", "second")))
ASKED = (
    (Arm("x", 1.0, ("first", "second")),),
    (Arm("x", 1.0, ("first",)),),
    (Arm("x", 3.0, ("second",)), Arm("y", 1.0, ("first", "second"))),
)
ESTIMATORS = ("doubly_robust", "snips", "ips")
ROW = OutcomeRow(
    conversation_id="",
    definition="resolution/1",
    kind="assumed",
    resolved=False,
    assisted=False,
    reopened=False,
    handed_off=False,
    unit="",
    source="simulated",
    language="en",
    arm=None,
    propensity=None,
    routing_version=1,
    backend=None,
    intent=None,
    first_text=None,
    turns=1,
    started_at="2026-01-01T00:00:00Z",
    ended_at="2026-01-01T00:00:00Z",
    window_ends_at="2026-01-08T00:00:00Z",
    judged_at="2026-01-08T00:00:00Z",
    resolution_s=None,
    latency_ms=None,
    prompt_tokens=0,
    completion_tokens=0,
    cost_usd=0.0,
    backend_s=0.0,
    operator_s=0.0,
    evidence=(),
)


class Day(NamedTuple):
    """What was logged."""

    logs: Logs
    answered: dict[str, list[str | None]]


def truth(arms: tuple[Arm, ...]) -> float:
    """What a routing really resolves."""
    total = sum(arm.weight for arm in arms)
    rates = {
        ("first",): COVERED * FIRST + (1 - COVERED) * NOBODY,
        ("second",): SECOND,
        ("first", "second"): COVERED * FIRST + (1 - COVERED) * SECOND,
    }
    return float(sum(arm.weight / total * (SHARES * rates[arm.chain]).sum() for arm in arms))


def log(customers: int, source: np.random.Generator, arms: tuple[Arm, ...] = PLAYED) -> Day:
    """Let customers come, each with one conversation or some, all in the arm drawn at first."""
    routing = Routing(1, arms)
    odds = np.array([arm.weight for arm in arms]) / sum(arm.weight for arm in arms)
    rows, assignments, answered = [], {}, {}
    for customer in range(customers):
        place = int(source.choice(len(arms), p=odds))
        arm, unit = arms[place], f"visitor:{customer}"
        assignments[unit] = Assigned(arm.arm, float(odds[place]), 1)
        for visit in range(int(source.geometric(0.75))):
            intent = int(source.choice(INTENTS, p=SHARES))
            backend = _answering(arm.chain, intent, source)
            chance = {"first": FIRST[intent], "second": SECOND[intent], None: NOBODY}[backend]
            name = f"c{customer}.{visit}"
            answered[name] = [backend]
            rows.append(
                replace(
                    ROW,
                    conversation_id=name,
                    unit=unit,
                    arm=arm.arm,
                    propensity=float(odds[place]),
                    resolved=bool(source.random() < chance),
                    first_text=f"about topic{intent}",
                )
            )
    return Day(replace(EMPTY, rows=tuple(rows), assignments=assignments, routings={1: routing}), answered)


def _answering(chain: tuple[str, ...], intent: int, source: np.random.Generator) -> str | None:
    has_first = source.random() < COVERED[intent]
    return next((name for name in chain if name == "second" or has_first), None)


def coverage_of_routings(runs: int, seed: int, show: Show) -> list[dict[str, Any]]:
    """Errors and coverage of each estimator, one row an estimator and a routing."""
    rows = []
    for number, (asked, customers) in enumerate((asked, n) for n in (300,) for asked in ASKED):
        source = np.random.default_rng(seed + number)
        estimates: dict[str, list[Estimate]] = {name: [] for name in ESTIMATORS}
        for run in range(runs):
            day = log(customers, source)
            found = answer(day.logs, day.answered, Routing(1, asked))
            for name in ESTIMATORS:
                told = found[name]
                estimates[name].append(Estimate(told["value"], told["low"], told["high"], 0, 0, 0.0))
            show(f"routings {number + 1} of {len(ASKED)}", run + 1, runs)
        whole = truth(asked)
        for name, some in estimates.items():
            errors: Floats = np.array([one.value for one in some]) - whole
            told = {"bias": float(errors.mean()), "mean_error": float(np.abs(errors).mean())}
            world = ", ".join(f"{arm.weight:g} × {' → '.join(arm.chain)}" for arm in asked)
            rows.append(
                {"world": world, "customers": customers, "estimator": name, **told, **held(some, [whole] * runs)}
            )
    return rows
