"""The whole comparison as one JSON document, and what its drawings need."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from bot.settings import ComparisonSection, TariffSection
from bot.wording import counted
from eval.resolution.cases import UNKNOWN, Cases, cases_of
from eval.resolution.contrast import Contrast, contrast, to_json
from eval.resolution.figures import figures
from eval.resolution.ratio_check import RatioCheck, check_ratio, count_customers
from eval.resolution.reading import Logs, Span
from eval.resolution.treatment import arms_of, newest, pair_of, treatment
from eval.resolution.verdict import sentence, verdict

METHOD = {
    "unit": "customer",
    "rates": "95 % score intervals for the effective number of conversations, at this look",
    "correction": "stratified prediction-powered inference with power tuning, from audits drawn with known probability",
    "differences": "confidence sequences: all looks hold at once, whenever you stop",
    "source": "docs/comparison.md",
}
FEW_AUDITS = 30


class Comparison(NamedTuple):
    """What `compare_arms` found."""

    document: dict[str, Any]
    contrasts: tuple[Contrast, ...]


def compare_arms(
    logs: Logs,
    span: Span,
    settings: ComparisonSection,
    tariffs: TariffSection,
    simulated: Mapping[str, bool] | None = None,
) -> Comparison:
    """Compute everything.

    Args:
        logs: as `read_logs` gives them; may be empty.
        span: what was asked for, told again in the document.
        settings: what is looked for.
        tariffs: what things cost.
        simulated: which conversations bots alone resolved, as a simulation knows.
    """
    if not logs.rows:
        return Comparison(_empty(logs, span, tariffs), ())
    cases = cases_of(logs, tariffs, simulated)
    arms = arms_of(logs, sorted({str(arm) for arm in cases.arm if arm != UNKNOWN}))
    contrasts = _contrasts(cases, logs, arms, settings)
    ratio = check_ratio(count_customers(logs)) if len(arms) > 1 else None
    told = verdict(arms, contrasts, ratio, logs.open)
    judged = int((~np.isnan(cases.truth)).sum())
    document = {
        **_head(logs, span, tariffs),
        "n": len(logs.rows),
        "customers": int(cases.unit.max()) + 1,
        "audits": judged,
        "audits_open": sum(audit.resolved is None for audit in logs.audits.values()),
        "arms": [_arm_row(cases, logs, arm) for arm in arms],
        "backends": _groups(cases, "backend"),
        "intents": _groups(cases, "intent"),
        "differences": [{**to_json(found), "verdict": sentence(found)} for found in contrasts],
        "sample_ratio": _ratio(ratio),
        "verdict": told.text,
        "conclusion": told.state,
        "better": told.arm,
        "more_conversations": told.more_conversations,
        "warnings": _warnings(cases, logs, contrasts, judged),
    }
    return Comparison(document, contrasts)


def _contrasts(cases: Cases, logs: Logs, arms: Sequence[str], settings: ComparisonSection) -> tuple[Contrast, ...]:
    pairs = list(combinations(arms, 2))
    return tuple(
        contrast(cases, pair_of(cases.rows, logs, first, second), first, second, settings, len(pairs))
        for first, second in pairs
    )


def _arm_row(cases: Cases, logs: Logs, arm: str) -> dict[str, Any]:
    routing = newest(logs)
    is_there = routing is not None and any(one.arm == arm for one in routing.arms)
    chain = list(treatment(routing, arm).chain) if routing is not None and is_there else None
    return {"arm": arm, "chain": chain, **figures(cases, cases.arm == arm)}


def _groups(cases: Cases, name: str) -> list[dict[str, Any]]:
    names = cases.names(name)
    found, counts = np.unique(names, return_counts=True)
    return [{name: str(found[place]), **figures(cases, names == found[place])} for place in np.argsort(-counts)]


def _head(logs: Logs, span: Span, tariffs: TariffSection) -> dict[str, Any]:
    return {
        "definition": logs.definition,
        "since": span.since,
        "as_of": span.as_of,
        "source": span.source or "all",
        "open": logs.open,
        "no_question": logs.no_question,
        "tariffs": tariffs.model_dump(mode="json"),
        "method": METHOD,
    }


def _empty(logs: Logs, span: Span, tariffs: TariffSection) -> dict[str, Any]:
    told = verdict([], [], None, logs.open)
    return {
        **_head(logs, span, tariffs),
        "n": 0,
        "customers": 0,
        "audits": 0,
        "audits_open": 0,
        "arms": [],
        "backends": [],
        "intents": [],
        "differences": [],
        "sample_ratio": None,
        "verdict": told.text,
        "conclusion": told.state,
        "better": None,
        "more_conversations": None,
        "warnings": [],
    }


def _ratio(found: RatioCheck | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "is_well": found.is_well,
        "evidence": min(found.evidence, 1e300),
        "customers": found.customers,
        "expected": {arm: round(count, 1) for arm, count in found.expected.items()},
        "seen": dict(found.seen),
    }


def _warnings(cases: Cases, logs: Logs, contrasts: Sequence[Contrast], judged: int) -> list[str]:
    found = []
    if judged == 0:
        found.append(
            "Nobody has audited these conversations: the rates are what the rules say, and rules can be deceived"
            " in some arms more than in others. Draw audits."
        )
    elif judged < FEW_AUDITS * max(1, len(set(cases.arm.tolist()))):
        few = counted(judged, "conversation was", "conversations were")
        found.append(f"Only {few} audited: corrected rates are right on average but wide.")
    if left := max((c.left_out for c in contrasts), default=0):
        found.append(
            f"{counted(left, 'conversation is', 'conversations are')} from times when an arm had another chain or error"
            " budget: they count in the"
            " arms' own rates, not in the differences."
        )
    if any(c.strata > 1 for c in contrasts):
        found.append("Weights have changed: arms are compared among customers who were drawn with the same odds.")
    if logs.open:
        waiting = counted(logs.open, "conversation is", "conversations are")
        found.append(f"{waiting} open: they count once their window has ended.")
    return found
