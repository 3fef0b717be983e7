"""How near the corrected rate comes to the truth, in a simulated shop where the rules are deceived.

The shop: three arms; bots do better or worse by intent; helped customers confirm, fall silent or grumble, the others
leave silently, ask for a person or complain. Audits are drawn as the product draws them.
"""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.sampling import Spread, probabilities, systematic
from eval.resolution.clustered import Estimate, Floats, Ints, share
from eval.resolution.corrected import Audited, corrected_share
from eval.resolution.predicting import predict
from eval.resolution.validation.coverage import held

KINDS = np.array(["confirmed", "assumed", "handed_off", "abandoned", "reopened"])
WHEN_MET = (0.55, 0.32, 0.03, 0.08, 0.02)
"""How conversations end that were resolved, by kind."""
WHEN_MISSED = (0.03, 0.25, 0.42, 0.22, 0.08)
"""How the others end: a quarter leaves silently."""
QUALITY = (0.6, 0.9, 1.3)
"""Log odds of being resolved, by arm."""
INTENTS = 20
Show = Callable[[str, int, int], None]


class Plan(NamedTuple):
    """How much there is to go by."""

    conversations: int
    """Of each arm."""
    audits: int
    """Of all arms together."""
    telling: float
    """How much a bot's confidence says about the truth; 0 nothing."""


PLANS = (
    Plan(667, 150, 1.0),
    Plan(667, 150, 0.0),
    Plan(667, 150, 2.5),
    Plan(200, 90, 1.0),
    Plan(60, 45, 1.0),
    Plan(667, 450, 1.0),
)


class Shop(NamedTuple):
    """Conversations of all arms with their truth."""

    arm: Ints
    kind: NDArray[np.str_]
    intent: Ints
    confidence: Floats
    truth: Floats
    unit: Ints


def open_shop(plan: Plan, source: np.random.Generator) -> Shop:
    """Let customers come."""
    n = plan.conversations * len(QUALITY)
    by_intent = np.random.default_rng(0).normal(0, 1.0, (2, INTENTS))
    arm = np.repeat(np.arange(len(QUALITY)), plan.conversations)
    intent = source.integers(0, INTENTS, n)
    odds = np.array(QUALITY)[arm] + by_intent[arm % 2, intent]
    met = source.random(n) < 1 / (1 + np.exp(-odds))
    ends = np.where(met, *[_ends(shares, n, source) for shares in (WHEN_MET, WHEN_MISSED)])
    met &= KINDS[ends] != "handed_off"  # then a bot alone has not
    confidence = np.clip(0.55 + 0.12 * plan.telling * met + 0.15 * source.standard_normal(n), 0, 1)
    customers = source.integers(0, max(1, int(plan.conversations / 1.3)), n) + arm * n
    unit = np.unique(customers, return_inverse=True)[1].astype(np.int64)
    return Shop(arm, KINDS[ends], intent, confidence, met.astype(float), unit)


def _ends(shares: tuple[float, ...], n: int, source: np.random.Generator) -> Ints:
    return np.searchsorted(np.cumsum(shares)[:-1], source.random(n)).astype(np.int64)


def audit(shop: Shop, plan: Plan, source: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw audits and answer them: the truth (nan where nobody looked) and each one's probability."""
    truth, probability = np.full((2, len(shop.arm)), np.nan)
    spread = Spread({})
    for arm in np.unique(shop.arm):
        inside = np.flatnonzero(shop.arm == arm)
        inside = inside[np.lexsort((shop.confidence[inside], shop.kind[inside]))]
        kinds = [str(kind) for kind in shop.kind[inside]]
        sizes = Counter(kinds)
        likely = probabilities(sizes, {kind: spread.of(kind) for kind in sizes}, plan.audits // len(QUALITY))
        chances = [likely[kind] for kind in kinds]
        drawn = inside[systematic(chances, random.Random(int(source.integers(2**31))))]
        truth[drawn], probability[inside] = shop.truth[drawn], chances
    return truth, probability


def correct(shop: Shop, plan: Plan, source: np.random.Generator) -> list[tuple[Estimate, Estimate, float]]:
    """For each arm: the corrected rate, the uncorrected one, and the true share of these conversations."""
    truth, probability = audit(shop, plan, source)
    features = np.column_stack(
        [(shop.confidence - 0.5) * (shop.kind == "assumed"), *[shop.arm == arm for arm in range(len(QUALITY) - 1)]]
    ).astype(float)
    expected = predict(shop.kind, features, truth, shop.unit, source=source)
    hits = np.isin(shop.kind, ["confirmed", "assumed"]).astype(float)
    found = []
    for arm in range(len(QUALITY)):
        here = shop.arm == arm
        unit = np.unique(shop.unit[here], return_inverse=True)[1].astype(np.int64)
        cases = Audited(hits[here], unit, shop.kind[here], truth[here], probability[here], expected[here])
        corrected = corrected_share(cases)
        assert corrected is not None
        found.append((corrected.estimate, share(hits[here], unit), float(shop.truth[here].mean())))
    return found


def corrected_rates(runs: int, seed: int, show: Show) -> list[dict[str, Any]]:
    """Errors and coverage of the corrected rate, one row a plan."""
    rows = []
    for number, plan in enumerate(PLANS):
        source = np.random.default_rng(seed + number)
        large = open_shop(plan._replace(conversations=200_000), np.random.default_rng(seed))
        whole = [float(large.truth[large.arm == arm].mean()) for arm in range(len(QUALITY))]
        trials = []
        for run in range(runs):
            trials.append(correct(open_shop(plan, source), plan, source))
            show(f"corrected rates {number + 1} of {len(PLANS)}", run + 1, runs)
        errors = np.array([[arm[0].value - arm[2] for arm in trial] for trial in trials])
        raw = np.array([[arm[1].value - arm[2] for arm in trial] for trial in trials])
        estimates = [arm[0] for trial in trials for arm in trial]
        rows.append(
            {
                **plan._asdict(),
                **held(estimates, whole * runs),
                "bias": float(errors.mean()),
                "mean_error": float(np.abs(errors).mean()),
                "within_2_points": float((np.abs(errors) <= 0.02).mean()),
                "uncorrected_bias": [float(one) for one in raw.mean(axis=0)],
                "uncorrected_mean_error": float(np.abs(raw).mean()),
            }
        )
    return rows
