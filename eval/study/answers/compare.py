"""Lets simulated customers talk to a server whose arms are techniques, and tells what came of it.

Rates are the simulator's truth: the customer got what was asked for, from bots alone. Costs and latencies are those
that `eval resolution` tells of the same conversations.
"""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from backends.bundle import current_id
from bot.errors import SettingsError, StoreError
from bot.scenarios import ScenarioError, load_scenarios
from bot.settings import load
from eval.bench.children import ChildError
from eval.cli_resolution import judged_logs
from eval.resolution.document import compare_arms
from eval.resolution.reading import Span, read_truth
from eval.simulate.client import SIMULATED, Infrastructure, NotSimulated
from eval.simulate.phraser import AsScripted
from eval.simulate.run import Plan, ServerGone, Show, Simulation
from eval.simulate.truth import Truth, TruthError, TruthFile
from eval.study.answers.arms import CHAINS, Chain, ready
from eval.study.answers.stand import standing
from training.intervals import Rate, wilson

DEFINITION = "answers/1"
PROBLEMS = (SettingsError, ScenarioError, TruthError, ChildError, StoreError, Infrastructure, NotSimulated, ServerGone)
"""What can go wrong, each with a message for the user."""
LATER = "2099-01-01T00:00:00+00:00"
"""Closes the windows of the outcome definition: nobody of these comes back in days."""


class Trial(NamedTuple):
    """What is played, and where."""

    bot: Path
    source: Path
    """The home folder whose models are served."""
    folder: Path
    """For the server's own home and the truth; a run that was stopped goes on in it."""
    customers: int
    seed: int = 0
    chains: tuple[Chain, ...] = CHAINS
    generates: bool = False
    """Whether a language model words answers from articles."""
    rate: float = 20.0
    """Customers who come a second, at most."""
    handoff_minutes: float = 5.0
    """A person's minutes for a conversation that is passed on: simulated customers meet nobody there."""


def compare_answers(trial: Trial, show: Show) -> dict[str, Any]:
    """Play, judge and compare.

    Args:
        trial: what to play.
        show: told how far it is.

    Raises:
        SettingsError: the bot folder cannot be served.
        ScenarioError: it has no simulated customers.
        TruthError: the folder belongs to another trial, or to one of other models.
        ChildError: the server did not come up.
        StoreError: what was said cannot be read.
        Infrastructure, NotSimulated, ServerGone: the server does not answer.
    """
    book, settings = load_scenarios(trial.bot), load(trial.bot)
    chains, notes = ready(trial.source, settings.backends, trial.chains)
    plan = Plan(trial.customers, trial.seed, rate=trial.rate)
    home, truth = trial.folder / "home", trial.folder / "truth.jsonl"
    shelves = sorted({shelf for chain in chains for shelf in chain.needs})
    played = [*(chain.arm for chain in chains), *(f"{shelf} {current_id(trial.source, shelf)}" for shelf in shelves)]
    named = "+".join(played) + ("+generated" if trial.generates else "")
    file = TruthFile(truth, plan.hash(book, f"answers {named}"))
    if len(file.finished) < trial.customers:
        with standing(trial.bot, trial.source, home, chains, generates=trial.generates) as server:
            asyncio.run(Simulation(plan, book, server, file, AsScripted()).run(show))
    span = Span(None, LATER, SIMULATED)
    logs = judged_logs(home, span, settings, show)
    known = read_truth(truth, {row.conversation_id: row for row in logs.rows})
    measured = compare_arms(logs, span, settings.comparison, settings.tariffs, known).document
    handoff_usd = trial.handoff_minutes * settings.tariffs.operator_minute_usd
    rows = arm_rows(file.lines, {row["arm"]: row for row in measured["arms"]}, chains, handoff_usd)
    return {
        "definition": DEFINITION,
        "customers": trial.customers,
        "conversations": len(file.lines),
        "seed": trial.seed,
        "generates": trial.generates,
        "tariffs": measured["tariffs"],
        "arms": rows,
        "differences": differences(rows),
        "notes": [*notes, *_caveats(file.lines, handoff_usd, generates=trial.generates)],
    }


def arm_rows(
    lines: Sequence[Truth], measured: Mapping[str, Mapping[str, Any]], chains: Sequence[Chain], handoff_usd: float
) -> list[dict[str, Any]]:
    """Figures of each arm, in the order given; arms that nobody drew have n = 0.

    Args:
        lines: the truth.
        measured: by arm, as `compare_arms` tells them.
        chains: the arms.
        handoff_usd: what a conversation that is passed on costs more.
    """
    by_arm = {chain.arm: [line for line in lines if line.arm == chain.arm] for chain in chains}
    return [_arm_row(chain, by_arm[chain.arm], measured.get(chain.arm), handoff_usd) for chain in chains]


def _arm_row(
    chain: Chain, lines: Sequence[Truth], found: Mapping[str, Any] | None, handoff_usd: float
) -> dict[str, Any]:
    valid = [line for line in lines if line.goal_met is not None]
    alone, met = _rate([bool(line.resolved) for line in valid]), _rate([bool(line.goal_met) for line in valid])
    passed_on = sum(line.left == "handed_off" for line in valid)
    cost = None if found is None else found["cost_usd"]["total"] + passed_on * handoff_usd
    solved = sum(bool(line.resolved) for line in valid) + passed_on
    return {
        "arm": chain.arm,
        "chain": list(chain.chain),
        "n": len(valid),
        "rate": alone and alone.value,
        "low": alone and alone.low,
        "high": alone and alone.high,
        "goal_met": met and {"value": met.value, "low": met.low, "high": met.high},
        "handed_off": passed_on / len(valid) if valid else None,
        "believed": _share([line.believed for line in valid]),
        "faults": len(lines) - len(valid),
        "turns": _share([line.turns for line in valid]),
        "cost_usd": cost,
        "cost_per_resolved_usd": cost / solved if cost is not None and solved else None,
        "p50_ms": found and found["latency_ms"]["p50"],
        "p95_ms": found and found["latency_ms"]["p95"],
    }


def differences(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each pair of arms: difference of the rates, first less second, with its 95 % interval.

    Source: R. G. Newcombe, Statistics in Medicine 17 (1998) 873-890, method 10.
    """
    found = []
    for first, second in combinations([row for row in rows if row["n"]], 2):
        gap = first["rate"] - second["rate"]
        below = ((first["rate"] - first["low"]) ** 2 + (second["high"] - second["rate"]) ** 2) ** 0.5
        above = ((first["high"] - first["rate"]) ** 2 + (second["rate"] - second["low"]) ** 2) ** 0.5
        found.append(
            {"first": first["arm"], "second": second["arm"], "gap": gap, "low": gap - below, "high": gap + above}
        )
    return found


def _caveats(lines: Sequence[Truth], handoff_usd: float, *, generates: bool) -> list[str]:
    faults = sum(line.goal_met is None for line in lines)
    return [
        "Resolved: the simulated customer got what was asked for, and no person took part. For the cost of a resolved"
        f" conversation, one that was passed on counts as resolved by a person, for {handoff_usd:.2f} US dollars.",
        "Simulated customers flatter, and all alike: believe the order of the arms rather than the rates.",
        "Answers from articles are " + ("worded by the language model." if generates else "quoted, not retold."),
        *([f"{faults} conversations in which simulator, line or server failed are left out."] if faults else []),
    ]


def _rate(hits: Sequence[bool]) -> Rate | None:
    return wilson(sum(hits), len(hits)) if hits else None


def _share(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
