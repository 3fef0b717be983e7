"""Whether an intent's share of tonight's labels jumps, beside what its share does from night to night anyway."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import false_discovery_control, nbinom

from training.harvest.finding import Finding
from training.harvest.labels import LabelledTurn

FALSE_ALARM = 0.01
"""Expected share of nights with a finding where nothing but the usual drift happened (Benjamini-Hochberg)."""
LEAST_FACTOR, LEAST_RISE, LEAST_ROWS = 2.0, 0.05, 5
"""A jump that matters: the share has at least doubled, by five points or more, on five rows or more."""
RECENT = 5
"""Nights that say what to expect of the next one."""
LEAST_NIGHTS = 3
"""Nights before tonight from which it can be told what is usual."""

Counts = npt.NDArray[np.int64]


def share_shifts(
    tonight: Sequence[LabelledTurn], past: Sequence[Sequence[LabelledTurn]], *, false_alarm: float = FALSE_ALARM
) -> tuple[Finding, ...]:
    """Find intents that are asked for much more often than before.

    The test is one-sided and negative binomial: its spread is that of the past nights about what the nights before
    each of them led one to expect, so drifting topics widen it. A fall needs no guard: rows that are not there teach
    nothing. An intent that no past night knows is new, which is allowed.

    Args:
        tonight: tonight's labels.
        past: the labels of each night before, oldest first; empty nights are passed over.
        false_alarm: the rate the findings are held to.
    """
    nights = [Counter(row.intent for row in night) for night in past if night]
    if len(nights) < LEAST_NIGHTS or not tonight:
        return ()
    rows: Mapping[str, list[str]] = _turns(tonight)
    names = sorted(set().union(*nights))
    counts = np.array([[night[name] for name in names] for night in nights])
    now = np.array([len(rows.get(name, ())) for name in names])
    adjusted = false_discovery_control(_p_values(now, len(tonight), counts))
    usual = counts.sum(axis=0) / counts.sum()
    return tuple(
        _finding(name, rows[name], len(tonight), float(usual[place]), float(adjusted[place]))
        for place, name in enumerate(names)
        if adjusted[place] <= false_alarm and _matters(int(now[place]), len(tonight), float(usual[place]))
    )


def _turns(rows: Sequence[LabelledTurn]) -> dict[str, list[str]]:
    turns: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        turns[row.intent].append(row.turn_id)
    return turns


def _p_values(now: Counts, total: int, counts: Counts) -> npt.NDArray[np.float64]:
    """Chance of at least so many rows of each intent.

    Args:
        now: (intents,) rows of tonight.
        total: rows of tonight.
        counts: (nights, intents) of the past.
    """
    expected, sampling = _expected(total, counts)
    excess = _drift(counts) + sampling / expected  # variance beyond Poisson's, as a share of the mean squared
    size = 1 / excess
    return np.asarray(nbinom.sf(now - 1, size, size / (size + expected)), dtype=np.float64)


def _expected(total: int, before: Counts) -> tuple[npt.NDArray[np.float64], float]:
    """Rows of each intent as the last nights would have them, and how uncertain that is, as a share of the mean."""
    recent = before[-RECENT:]
    share = (recent.sum(axis=0) + 0.5) / (recent.sum() + 0.5 * recent.shape[1])
    return total * share, total / recent.sum()


def _drift(counts: Counts) -> float:
    """Squared coefficient of variation of the shares from night to night, chance aside: by moments, all intents as one.

    Source: Breslow, "Extra-Poisson variation in log-linear models", Applied Statistics 33 (1984) 38-44.
    """
    beyond, weight = 0.0, 0.0
    for night in range(1, len(counts)):
        expected, sampling = _expected(int(counts[night].sum()), counts[:night])
        beyond += float(((counts[night] - expected) ** 2 - expected * (1 + sampling)).sum())
        weight += float((expected**2).sum())
    return max(beyond / weight, 0.0)


def _matters(now: int, total: int, usual: float) -> bool:
    share = now / total
    return now >= LEAST_ROWS and share >= LEAST_FACTOR * usual and share - usual >= LEAST_RISE


def _finding(name: str, turn_ids: Sequence[str], total: int, usual: float, p: float) -> Finding:
    message = (
        f"{name} has {len(turn_ids)} of tonight's {total} labels ({len(turn_ids) / total:.0%}), before it had"
        f" {usual:.1%} of them (p = {p:.2g})"
    )
    return Finding("share", name, message, tuple(turn_ids))
