"""What a finished simulation shows: curves, final differences with intervals, the poisoned night. Pure functions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from eval.flywheel import plan as shares
from eval.flywheel.plan import DEFINITION, Plan
from eval.flywheel.points import ALL, GATED, GOLD, LABELLED, NAIVE, NOT_ASKED, Point
from training.intervals import wilson
from training.nightly.paired import Bools, count_pairs, difference_interval

MARGIN = 0.01
"""How far the real loop may end below the one that is told the truth."""
STOPPED = 0.5
"""Share of the planted labels that must be set aside if the night is not refused."""
LEVEL = 0.95


def outcome(points: Sequence[Point], plan: Plan) -> dict[str, Any]:
    """Put everything together as one document.

    Args:
        points: of whole seeds; others are left out.
        plan: theirs.
    """
    seeds = whole_seeds(points, plan)
    kept = [point for point in points if point.seed in seeds]
    final = {f"{GATED} - {other}": _difference(kept, plan, other) for other in (GOLD, LABELLED, ALL, NAIVE)}
    poisoned = _poisoned(kept, plan)
    return {
        "definition": DEFINITION,
        "plan": _plan(plan),
        "shares": {name: value for name, value in vars(shares).items() if name.isupper() and name != "DEFINITION"},
        "seeds": seeds,
        "loops": {
            loop: [{"seed": seed, "accuracy": curve(kept, seed, loop)} for seed in seeds]
            for loop in (GATED, NAIVE, GOLD)
        },
        "decisions": [{"seed": seed, "decisions": decisions(kept, seed)} for seed in seeds],
        "refusals": _refusals(kept),
        "bot_folder_alone": _alone(kept),
        "final": final,
        "poisoned_night": poisoned,
        "guards": _guards(kept),
        "met": bool(seeds) and final[f"{GATED} - {GOLD}"]["difference"] >= -MARGIN and poisoned["is_stopped"],
        "seconds": round(sum(point.seconds for point in kept), 1),
        "cpu_seconds": round(sum(point.cpu_seconds for point in kept), 1),
    }


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        **asdict(plan),
        "poisoned": plan.poisoned,
        "planted": plan.planted,
        "late": plan.late,
        "late_days": list(plan.late_days),
    }


def whole_seeds(points: Iterable[Point], plan: Plan) -> list[int]:
    """Seeds of which nothing is missing."""
    wanted = {(loop, night) for loop in (GATED, NAIVE, GOLD) for night in range(plan.nights + 1)}
    wanted |= {(LABELLED, plan.nights), (ALL, plan.nights)}
    found: dict[int, set[tuple[str, int]]] = {}
    for point in points:
        found.setdefault(point.seed, set()).add((point.loop, point.night))
    return sorted(seed for seed, pieces in found.items() if wanted <= pieces)


def curve(points: Iterable[Point], seed: int, loop: str) -> list[float]:
    """Accuracy after each night, from night 0."""
    own = sorted((point.night, point.accuracy) for point in points if (point.seed, point.loop) == (seed, loop))
    return [round(accuracy, 4) for _, accuracy in own]


def decisions(points: Iterable[Point], seed: int) -> list[dict[str, Any]]:
    """What the real nights decided."""
    own = sorted((p for p in points if (p.seed, p.loop) == (seed, GATED)), key=lambda point: point.night)
    return [{"night": p.night, "decision": p.decision, "why": list(p.reasons)[:3], **p.more} for p in own]


def _difference(points: Sequence[Point], plan: Plan, other: str) -> dict[str, Any]:
    """Accuracy of the real loop minus that of another after the last night, on the same rows of all seeds.

    Source: T. Tango, Statistics in Medicine 17 (1998) 891-908: score interval for paired shares.
    """
    last = {(point.seed, point.loop): point for point in points if point.night == plan.nights}
    seeds = sorted({seed for seed, _ in last})
    ours, theirs = ([_bits(last[seed, loop]) for seed in seeds] for loop in (GATED, other))
    if not seeds:
        return {"n": 0, "difference": 0.0, "low": -1.0, "high": 1.0, "by_seed": []}
    pairs = count_pairs(np.concatenate(theirs), np.concatenate(ours))
    low, high = difference_interval(pairs, level=LEVEL)
    each = [float(our.mean() - their.mean()) for our, their in zip(ours, theirs, strict=True)]
    return {
        "n": pairs.n,
        "gated": float(np.concatenate(ours).mean()),
        other: float(np.concatenate(theirs).mean()),
        "difference": pairs.difference,
        "low": low,
        "high": high,
        "level": LEVEL,
        "gained": pairs.gained,
        "lost": pairs.lost,
        "by_seed": [round(value, 4) for value in each],
    }


def _alone(points: Iterable[Point]) -> float | None:
    """Accuracy of what the bot folder alone teaches, over all topics: those it does not know are wrong."""
    signs = "".join(point.right for point in points if (point.loop, point.night) == (GATED, 0))
    return round(signs.count("1") / len(signs), 4) if signs else None


def _bits(point: Point) -> Bools:
    return np.array([sign == "1" for sign in point.right if sign != NOT_ASKED], dtype=bool)


def _poisoned(points: Iterable[Point], plan: Plan) -> dict[str, Any]:
    """What became of the planted rows on their night; honest customers' wrong labels are told apart."""
    nights = [point for point in points if point.loop == GATED and point.night == plan.poisoned]
    more = [point.more for point in nights]
    labelled, aside = (sum(row[name] for row in more) for name in ("planted_labelled", "planted_aside"))
    all_aside, wrong_aside = (sum(row[name] for row in more) for name in ("set_aside", "set_aside_wrong"))
    return {
        "night": plan.poisoned,
        "by_seed": [
            {"seed": point.seed, "decision": point.decision, "why": list(point.reasons)[:2], **point.more}
            for point in nights
        ],
        "planted_labelled": labelled,
        "planted_set_aside": aside,
        "recall": _rate(aside, labelled),
        "precision_planted": _rate(aside, all_aside),
        "precision_wrong": _rate(wrong_aside, all_aside),
        "nights_refused": sum(point.decision == "refused" for point in nights),
        "is_stopped": all(p.decision == "refused" or _is_most_aside(p) for p in nights),
    }


def _is_most_aside(point: Point) -> bool:
    return bool(point.more["planted_aside"] >= STOPPED * point.more["planted_labelled"])


def _guards(points: Iterable[Point]) -> dict[str, Any]:
    """Over all nights: which part of the labels set aside was wrong, and which part of the wrong ones was found."""
    more = [point.more for point in points if point.loop == GATED and point.more]
    total = {
        name: sum(row[name] for row in more)
        for name in ("labelled", "wrong", "wrong_confirmed", "set_aside", "set_aside_wrong")
    }
    confirmed = sum(row["by_provenance"].get("confirmed", 0) for row in more)
    return {
        **total,
        "confirmed": confirmed,
        "wrong_of_confirmed": _rate(total["wrong_confirmed"], confirmed),
        "precision": _rate(total["set_aside_wrong"], total["set_aside"]),
        "recall": _rate(total["set_aside_wrong"], total["wrong"]),
        "nights_refused": sum(bool(row["guards_refuse"]) for row in more),
        "kinds": dict(Counter(kind for row in more for kind in row["kinds"]).most_common()),
    }


def _refusals(points: Iterable[Point]) -> dict[str, Any]:
    """How often nights were refused, and which questions said no."""
    real = [point for point in points if point.loop == GATED and point.night > 0]
    checks = Counter(name for point in real for name in point.more.get("failed_checks", ()))
    return {
        "nights": len(real),
        "by_decision": dict(Counter(point.decision for point in real).most_common()),
        "by_check": dict(checks.most_common()),
    }


def _rate(part: int, whole: int) -> dict[str, float | int | None]:
    if whole == 0:
        return {"value": None, "low": None, "high": None, "n": 0}
    rate = wilson(part, whole)
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in rate._asdict().items()}
