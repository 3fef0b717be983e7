"""What a simulation found, as one JSON document: shares with intervals, pass^k, and how far to trust them. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from math import comb
from statistics import fmean
from typing import Any

from eval.simulate.truth import Truth
from training.intervals import wilson

Document = dict[str, Any]
NO_ARM = "none"


def summarise(lines: Sequence[Truth], repeat: int) -> Document:
    """Put the figures of a truth file together.

    Args:
        repeat: trials of each customer; pass^k is given up to it.
    """
    valid = [line for line in lines if line.goal_met is not None]
    missed = [line for line in valid if not line.goal_met]
    return {
        "conversations": len(lines),
        "customers": len({(line.customer, line.trial) for line in lines}),
        "by_arm": _groups(lines, lambda line: line.arm or NO_ARM),
        "by_difficulty": _groups(lines, lambda line: line.difficulty),
        "by_scenario": _groups(lines, lambda line: line.scenario),
        "left": dict(Counter(line.left for line in valid if line.left)),
        "missed": {
            "n": len(missed),
            "left_silently": _share(sum(line.left == "silent" for line in missed), len(missed)),
            "believed": _share(sum(line.believed for line in missed), len(missed)),
        },
        "met_without_thanks": _share(
            sum(line.left in {"silent", "complained"} for line in valid if line.goal_met), len(valid) - len(missed)
        ),
        "pass_hat_k": {str(k): pass_hat_k(valid, k) for k in range(1, repeat + 1)},
        "validity": validity(lines),
    }


def group(lines: Iterable[Truth]) -> Document:
    """The figures of some conversations; rates count the valid ones alone."""
    lines = list(lines)
    valid = [line for line in lines if line.goal_met is not None]
    met = sum(bool(line.goal_met) for line in valid)
    rate = wilson(met, len(valid)) if valid else None
    checks = validity(lines)
    return {
        "n": len(valid),
        "goal_met": rate and round(rate.value, 4),
        "low": rate and round(rate.low, 4),
        "high": rate and round(rate.high, 4),
        "resolved": _share(sum(bool(line.resolved) for line in valid), len(valid)),
        "handoff": _share(sum(line.left == "handed_off" for line in valid), len(valid)),
        "turns": round(fmean(line.turns for line in valid), 2) if valid else None,
        "faults": checks["faults"],
        "fault_share": checks["fault_share"],
        "infrastructure": checks["infrastructure"],
    }


def validity(lines: Sequence[Truth]) -> Document:
    """How often the simulator itself was at fault, and how often line or server failed."""
    played = [line for line in lines if not line.is_infrastructure]
    faults = Counter(line.fault for line in played if line.fault)
    failures = Counter((line.fault or "").removeprefix("infrastructure: ") for line in lines if line.is_infrastructure)
    rate = wilson(faults.total(), len(played)) if played else None
    return {
        "played": len(played),
        "faults": faults.total(),
        "fault_share": rate and round(rate.value, 4),
        "fault_share_high": rate and round(rate.high, 4),
        "reasons": dict(faults.most_common()),
        "infrastructure": failures.total(),
        "infrastructure_reasons": dict(failures.most_common()),
        "phrased": sum(line.phrased for line in lines),
        "fell_back": sum(line.fell_back for line in lines),
    }


def pass_hat_k(lines: Iterable[Truth], k: int) -> Document:
    """Estimate the probability that k independent trials of a customer all succeed, averaged over customers.

    Only first visits count, and customers with at least k valid trials. By arm, trials of one customer in one arm are
    taken together, so there are fewer customers with enough of them.

    Source: Yao et al., tau-bench, arXiv:2406.12045, section 3: C(c, k) / C(n, k) for c successes in n trials.
    """
    first = [line for line in lines if line.visit == 0]
    arms = sorted({line.arm for line in first if line.arm})
    by_arm = {arm: _pass([line for line in first if line.arm == arm], k) for arm in arms}
    return {**_pass(first, k), "by_arm": by_arm}


def _pass(lines: Sequence[Truth], k: int) -> Document:
    trials: dict[int, list[bool]] = defaultdict(list)
    for line in lines:
        trials[line.customer].append(bool(line.goal_met))
    rates = [comb(sum(met), k) / comb(len(met), k) for met in trials.values() if len(met) >= k]
    return {"value": round(fmean(rates), 4) if rates else None, "customers": len(rates)}


def _groups(lines: Iterable[Truth], key: Callable[[Truth], str]) -> dict[str, Document]:
    grouped: dict[str, list[Truth]] = defaultdict(list)
    for line in lines:
        grouped[key(line)].append(line)
    return {name: group(grouped[name]) for name in sorted(grouped)}


def _share(count: int, of: int) -> float | None:
    return round(count / of, 4) if of else None
