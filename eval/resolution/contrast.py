"""Two arms beside each other: the difference with an interval that allows looking at any time, and guardrails. Pure."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from bot.settings import ComparisonSection
from eval.resolution.cases import Cases
from eval.resolution.clustered import Floats, number
from eval.resolution.corrected import Corrected, corrected_share
from eval.resolution.running import Path, compare, stream_of
from eval.resolution.sequence import Sequence
from eval.resolution.treatment import Pair

MOST_POINTS = 160
"""Points of a curve over time that are kept for drawing."""
LATE = 1e4
"""Times as many conversations as there are: beyond, no forecast."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Whether an arm is worse in something that matters too: the difference is the second arm less the first."""

    name: str
    difference: float | None
    low: float | None
    high: float | None
    margin: float
    """What is put up with."""
    state: str
    """Of the second arm: `held`, `broken`, or `open` while nobody knows."""

    @property
    def is_broken_by_first(self) -> bool:
        """Whether it is the first arm that is certainly worse than is put up with."""
        return self.high is not None and self.high < -self.margin


class CorrectedDifference(NamedTuple):
    """The difference of two corrected rates."""

    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Contrast:
    """The second arm against the first."""

    first: str
    second: str
    n: int
    left_out: int
    """Conversations from times when one of the arms was something else."""
    strata: int
    alpha: float
    """For this pair alone, so that all pairs together keep to the settings."""
    difference: float | None
    low: float | None
    high: float | None
    is_found: bool
    is_small: bool
    """Certainly smaller than the difference worth finding."""
    more: int | None
    """Conversations of the two arms still needed, as it seems now; None where nobody can tell."""
    corrected: CorrectedDifference | None
    """The same from corrected rates, with an interval that allows looking too."""
    guards: tuple[Guard, ...]
    curve: dict[str, list[float | None]]

    @property
    def by_rules(self) -> str | None:
        """The arm that resolves more by the rules alone, if that is known."""
        if not self.is_found or self.difference is None:
            return None
        return self.second if self.difference > 0 else self.first

    @property
    def by_audits(self) -> str | None:
        """The arm that resolves more by the corrected rates, if that is known."""
        if self.corrected is None or self.corrected.low <= 0 <= self.corrected.high:
            return None
        return self.second if self.corrected.difference > 0 else self.first

    @property
    def is_contradicted(self) -> bool:
        """Whether rules and audits each name another arm."""
        return None not in {self.by_rules, self.by_audits} and self.by_rules != self.by_audits

    @property
    def better(self) -> str | None:
        """The arm that resolves more, by the audits or, where they leave it open, by the rules."""
        return None if self.is_contradicted else self.by_audits or self.by_rules


def contrast(cases: Cases, pair: Pair, first: str, second: str, settings: ComparisonSection, pairs: int) -> Contrast:
    """Compare two arms.

    Args:
        cases: all conversations, in the order in which their outcomes became known.
        pair: which of them count, and their strata.
        first: the arm that is compared with.
        second: the arm whose advantage is told.
        settings: what is looked for.
        pairs: comparisons made beside this one and with it; the error probability is shared (Bonferroni).
    """
    alpha = settings.alpha / pairs
    sequence = Sequence(settings.effect, alpha)
    path = _path(cases, pair, second, cases.column("resolved"), is_share=True)
    difference, information = _last(path)
    radius = float(sequence.radius(information)) if information else math.inf
    is_found = bool(information and sequence.is_found(difference, information))
    is_small = bool(information) and abs(difference) + radius < settings.effect
    n = int(pair.inside.sum())
    return Contrast(
        first=first,
        second=second,
        n=n,
        left_out=pair.left_out,
        strata=len(np.unique(pair.strata[pair.inside])),
        alpha=alpha,
        difference=difference if information else None,
        low=max(difference - radius, -1.0) if information else None,
        high=min(difference + radius, 1.0) if information else None,
        is_found=is_found,
        is_small=is_small,
        more=None if is_found or is_small else _more(sequence, difference, information, n),
        corrected=_corrected(cases, pair, first, second, sequence),
        guards=_guards(cases, pair, second, settings, alpha),
        curve=_curve(path, sequence),
    )


def _path(cases: Cases, pair: Pair, second: str, values: Floats, *, is_share: bool) -> Path:
    inside = pair.inside & ~np.isnan(values)
    is_second = cases.arm[inside] == second
    stream = stream_of(values[inside], is_second, number(cases.unit[inside].astype(str)))
    return compare(stream, pair.strata[inside], is_share=is_share)


def _last(path: Path) -> tuple[float, float]:
    if len(path.information) == 0:
        return 0.0, 0.0
    return float(path.difference[-1]), float(path.information[-1])


def _more(sequence: Sequence, difference: float, information: float, n: int) -> int | None:
    """Conversations until the difference is found, or known to be small, whichever comes first."""
    if not information:
        return None
    spare = sequence.effect - abs(difference)
    ways = [
        sequence.needed(difference, information, most=LATE),
        sequence.needed_to_narrow(spare, information, most=LATE) if spare > 0 else None,
    ]
    found = [way for way in ways if way is not None]
    return math.ceil((min(found) - 1) * n) if found else None


def _corrected(cases: Cases, pair: Pair, first: str, second: str, sequence: Sequence) -> CorrectedDifference | None:
    """The difference of the corrected rates; only where the odds between the arms never changed."""
    if len(np.unique(pair.strata[pair.inside])) > 1:
        return None
    found: list[Corrected] = []
    for arm in (first, second):
        inside = pair.inside & (cases.arm == arm)
        one = corrected_share(cases.audited(inside)) if inside.any() else None
        if one is None:
            return None
        found.append(one)
    difference = found[1].estimate.value - found[0].estimate.value
    information = 1 / (found[0].estimate.se ** 2 + found[1].estimate.se ** 2)
    radius = float(sequence.radius(information))
    return CorrectedDifference(difference, max(difference - radius, -1.0), min(difference + radius, 1.0))


def _guards(cases: Cases, pair: Pair, second: str, settings: ComparisonSection, alpha: float) -> tuple[Guard, ...]:
    wanted = (
        ("handoff", cases.column("handed_off"), settings.handoff_margin, True),
        ("latency_ms", cases.column("latency_ms"), settings.latency_margin_ms, False),
        ("cost_usd", cases.costs.total, settings.cost_margin_usd, False),
    )
    return tuple(
        _guard(name, _path(cases, pair, second, values, is_share=is_share), margin, alpha)
        for name, values, margin, is_share in wanted
    )


def _guard(name: str, path: Path, margin: float, alpha: float) -> Guard:
    difference, information = _last(path)
    if not information:
        return Guard(name, None, None, None, margin, "open")
    radius = float(Sequence(margin, alpha).radius(information))
    low, high = difference - radius, difference + radius
    state = "broken" if low > margin else "held" if high < margin else "open"
    return Guard(name, difference, low, high, margin, state)


def _curve(path: Path, sequence: Sequence) -> dict[str, list[float | None]]:
    """The difference and its interval over time, thinned out."""
    known = np.flatnonzero(path.information > 0)
    if len(known) == 0:
        return {"n": [], "difference": [], "low": [], "high": []}
    places = np.unique(known[np.linspace(0, len(known) - 1, MOST_POINTS).astype(int)])
    difference, radius = path.difference[places], sequence.radius(path.information[places])
    return {
        "n": [float(place + 1) for place in places],
        "difference": [float(one) for one in difference],
        "low": [float(one) for one in np.maximum(difference - radius, -1)],
        "high": [float(one) for one in np.minimum(difference + radius, 1)],
    }


def to_json(found: Contrast) -> dict[str, Any]:
    """As it stands in the document, without the curve."""
    guards = [
        {"name": g.name, "difference": g.difference, "low": g.low, "high": g.high, "margin": g.margin, "state": g.state}
        for g in found.guards
    ]
    return {
        "a": found.second,
        "b": found.first,
        "difference": found.difference,
        "low": found.low,
        "high": found.high,
        "n": found.n,
        "left_out": found.left_out,
        "strata": found.strata,
        "alpha": found.alpha,
        "is_found": found.is_found,
        "is_small": found.is_small,
        "better": found.better,
        "more_conversations": found.more,
        "corrected": found.corrected._asdict() if found.corrected else None,
        "guardrails": guards,
    }
