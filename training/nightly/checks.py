"""The questions of the gate. Pure functions of a case; each says what it saw, passed or not, with figures."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.dataset import OOS
from training.metrics import expected_calibration_error
from training.nightly.case import Answers, Case, Check, Facts, IntentCheck, Overall, is_right, shared_rows
from training.nightly.paired import (
    ALPHA,
    Pairs,
    can_reject,
    compare_areas,
    count_pairs,
    difference_interval,
    discoveries,
    harm,
    non_inferiority,
    power_if_equal,
)

ENOUGH_POWER = 0.8
"""Chance of an equally good model to pass from which the gold set counts as large enough for the margin."""
HARM_RATE = 0.10
"""Share of false alarms among the intents that are called harmed."""
FALL, FALL_ROWS = 0.15, 30
"""A fall of an intent's accuracy by more, on so many rows, is harm without further proof."""
OOS_ROWS, OOS_FALL, OOS_HARD_FALL, OOS_LEVEL = 20, 0.01, 0.05, 0.10
"""Out-of-scope rows from which AUROC is judged; the fall put up with; beyond the second no proof is asked for."""
ECE_ROWS, ECE_FREE, ECE_RISE = 100, 0.05, 0.02
"""Rows from which calibration is judged; an error below the second, or a rise below the third, is put up with."""
LEAST_AGREEMENT = 0.99
"""Of the served model's top intents with those of the trained one, on texts with a clear intent."""
SLOWER, LARGER = 1.5, 1.5
"""Times as slow and times as large as the champion a challenger may be."""
FORGIVEN = 0.02
"""Share of operators' corrections that a challenger may lose: two trainings on the same rows differ by as much."""


def compare(case: Case, old: Answers) -> Overall | None:
    """Compare the challenger with another bundle over the intents both know; None without a row of them."""
    rows = shared_rows(case.truth, old, case.challenger)
    if not rows.any():
        return None
    before, after = is_right(case.truth, old)[rows], is_right(case.truth, case.challenger)[rows]
    pairs = count_pairs(before, after)
    low, high = difference_interval(pairs)
    discordance = (pairs.gained + pairs.lost + 1) / (pairs.n + 2)  # Laplace: none seen is not none
    return Overall(
        old.bundle,
        pairs.n,
        float(before.mean()),
        float(after.mean()),
        low,
        high,
        non_inferiority(pairs, case.margin),
        power_if_equal(pairs.n, discordance, case.margin),
        pairs,
    )


def intents(case: Case, old: Answers) -> tuple[IntentCheck, ...]:
    """Look at each shared intent; the p-values of those that can be tested stand together."""
    rows = shared_rows(case.truth, old, case.challenger)
    before, after = is_right(case.truth, old), is_right(case.truth, case.challenger)
    truth = np.array(case.truth, dtype=object)
    found: dict[str, Pairs] = {}
    shares: dict[str, tuple[float, float]] = {}
    for intent in sorted({meant for meant, is_shared in zip(case.truth, rows, strict=True) if is_shared}):
        own = truth == intent
        found[intent] = count_pairs(before[own], after[own])
        shares[intent] = (float(before[own].mean()), float(after[own].mean()))
    tested = [intent for intent, pairs in found.items() if can_reject(pairs, HARM_RATE)]
    flags = discoveries([harm(found[intent]) for intent in tested], HARM_RATE)
    harmed = {intent for intent, flag in zip(tested, flags, strict=True) if flag}
    harmed |= {intent for intent, pairs in found.items() if pairs.n >= FALL_ROWS and -pairs.difference > FALL}
    return tuple(
        IntentCheck(intent, pairs.n, *shares[intent], harm(pairs), intent in harmed) for intent, pairs in found.items()
    )


def not_worse(overall: Overall | None, margin: float) -> Check:
    """Is it proven not to be worse than the champion by the margin?

    If the gold set is too small for an equally good model to prove that, what it lost on these rows must not exceed
    the margin instead: else a small shop could never take in a better model. (That it lose nothing at all is too much
    to ask: one row in two hundred kept a model out for nights that knew two new intents; see docs/flywheel.md.)
    """
    name = "not worse than the champion"
    if overall is None:
        return Check(
            name, True, "No gold row of an intent that both models know: nothing to compare them by.", {}, True
        )
    proven, large = overall.p < ALPHA, overall.power >= ENOUGH_POWER
    passed = proven or (not large and overall.pairs.difference >= -margin)
    size = "" if large else f" {_too_small(overall, margin)} It must then not be lower by more on these rows."
    return Check(name, passed, _told(overall, margin) + size, _figures(overall))


def not_worse_than_best(overall: Overall, margin: float) -> Check:
    """The same against the best bundle of late, so that small losses cannot add up.

    The best of many is the best by luck too. With a small gold set it counts only if it is better beyond chance.
    """
    proven, large = overall.p < ALPHA, overall.power >= ENOUGH_POWER
    beyond_chance = harm(overall.pairs) < ALPHA
    passed = proven or (not large and not beyond_chance)
    size = "" if large else f" {_too_small(overall, margin)} It must then not be lower beyond chance."
    return Check("not worse than the best of late", passed, _told(overall, margin) + size, _figures(overall))


def _told(overall: Overall, margin: float) -> str:
    return (
        f"On {overall.n} gold rows {100 * overall.new:.1f} % right, {overall.against} {100 * overall.old:.1f} %: "
        f"difference {100 * (overall.new - overall.old):+.1f} points [{100 * overall.low:+.1f}, "
        f"{100 * overall.high:+.1f}], p = {overall.p:.3f} for a loss of {100 * margin:g} points or more."
    )


def _too_small(overall: Overall, margin: float) -> str:
    return (
        f"The gold set is too small for a margin of {100 * margin:g} points: an equally good model passes with "
        f"probability {overall.power:.2f}, not {ENOUGH_POWER}."
    )


def _figures(overall: Overall) -> dict[str, Any]:
    return {**overall._asdict(), "pairs": overall.pairs._asdict(), "difference": overall.pairs.difference}


def no_intent_harmed(by_intent: Sequence[IntentCheck]) -> Check:
    """Has no single intent paid for the others' gain?"""
    harmed = [row for row in by_intent if row.is_harmed]
    if harmed:
        told = "Harmed: " + "; ".join(
            f"{row.intent} {100 * row.old:.0f} % → {100 * row.new:.0f} % of {row.n} (p = {row.p:.4f})" for row in harmed
        )
    else:
        told = f"None of {len(by_intent)} intents is harmed."
    return Check("no intent harmed", not harmed, told, {"harmed": [row.intent for row in harmed]}, not by_intent)


def none_dropped(facts: Facts) -> Check:
    """Does it know every intent that the champion knows and that there are rows of?"""
    told = (
        f"No longer known, although there are rows: {', '.join(facts.dropped)}." if facts.dropped else "None dropped."
    )
    return Check("no intent dropped", not facts.dropped, told, {"dropped": list(facts.dropped)})


def out_of_scope(case: Case) -> Check:
    """Does it know as well what it does not know?"""
    name = "out of scope"
    strange = np.array([intent == OOS for intent in case.truth], dtype=bool)
    old, new = case.champion, case.challenger
    inside = shared_rows(case.truth, old, new) if old else ~strange
    if old is None or strange.sum() < OOS_ROWS or inside.sum() < OOS_ROWS:
        told = f"{int(strange.sum())} gold rows out of scope: {OOS_ROWS} are needed to judge."
        return Check(name, True, told, {"n": int(strange.sum())}, True)
    areas = compare_areas(
        (old.strangeness[inside], old.strangeness[strange]), (new.strangeness[inside], new.strangeness[strange])
    )
    fall = areas.old - areas.new
    passed = fall <= OOS_FALL or (fall <= OOS_HARD_FALL and areas.p_worse >= OOS_LEVEL)
    told = (
        f"AUROC {areas.old:.3f} → {areas.new:.3f} on {int(strange.sum())} rows out of scope "
        f"(p = {areas.p_worse:.3f} for worse)."
    )
    return Check(name, passed, told, {**areas._asdict(), "n": int(strange.sum())})


def calibration(case: Case, old: Answers) -> Check:
    """Are its confidences still true?"""
    rows = shared_rows(case.truth, old, case.challenger)
    if rows.sum() < ECE_ROWS:
        told = f"{int(rows.sum())} gold rows of shared intents: {ECE_ROWS} are needed to judge."
        return Check("calibration", True, told, {"n": int(rows.sum())}, True)
    before = expected_calibration_error(old.confidence[rows], is_right(case.truth, old)[rows])
    after = expected_calibration_error(case.challenger.confidence[rows], is_right(case.truth, case.challenger)[rows])
    allowed = max(ECE_FREE, before + ECE_RISE)
    told = f"Calibration error {100 * before:.1f} % → {100 * after:.1f} %; {100 * allowed:.1f} % is allowed."
    return Check("calibration", after <= allowed, told, {"old": before, "new": after, "allowed": allowed})


def regressions(facts: Facts) -> Check:
    """Does it keep what operators have corrected?"""
    allowed = int(FORGIVEN * facts.corrections)
    told = (
        f"{facts.forgotten} of {facts.corrections} operators' corrections that the champion has right are wrong again; "
        f"{allowed} may be."
    )
    figures = {"corrections": facts.corrections, "forgotten": facts.forgotten, "allowed": allowed}
    return Check("operators' corrections", facts.forgotten <= allowed, told, figures, not facts.corrections)


def parity(facts: Facts) -> Check:
    """Does the served model say what the trained one said?"""
    agreement = facts.agreement
    if agreement is None:
        return Check("parity with torch", False, "The bundle's card has no parity: train it again.", {})
    told = f"The served model agrees with the trained one on {100 * agreement:.1f} % of the texts."
    return Check("parity with torch", agreement >= LEAST_AGREEMENT, told, {"label_agreement": agreement})


def latency(facts: Facts) -> Check:
    """Is it fast enough?"""
    return _ratio("p95 latency", facts.slower, SLOWER)


def memory(facts: Facts) -> Check:
    """Is it small enough?"""
    return _ratio("memory", facts.larger, LARGER)


def _ratio(name: str, ratio: float | None, most: float) -> Check:
    if ratio is None:
        return Check(name, True, "Could not be compared.", {}, True)
    told = f"{name[0].upper()}{name[1:]} is {ratio:.2f} times the champion's; {most} times is allowed."
    return Check(name, ratio <= most, told, {"ratio": ratio, "allowed": most})


def better_than_naming_one(facts: Facts) -> Check:
    """Is it any good? Asked of a first model, which has no champion to beat."""
    name = "better than always naming one intent"
    if facts.accuracy is None or facts.majority is None:
        return Check(name, True, "Its card has no held-out accuracy.", {}, True)
    told = (
        f"{100 * facts.accuracy:.1f} % of its held-out rows right; naming the most frequent intent gets "
        f"{100 * facts.majority:.1f} %."
    )
    figures = {"accuracy": facts.accuracy, "majority": facts.majority}
    return Check(name, facts.accuracy > facts.majority, told, figures)
