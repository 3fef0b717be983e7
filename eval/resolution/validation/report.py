"""Runs the checks of the statistics and tells what they gave, as one document and as Markdown."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eval.resolution.validation.audited import corrected_rates
from eval.resolution.validation.coverage import coverage_of_shares
from eval.resolution.validation.looks import false_alarms, time_to_find
from eval.resolution.validation.routings import coverage_of_routings

Show = Callable[[str, int, int], None]
CHECKS = ("coverage", "corrected", "alarms", "power", "routing")
LOOKS = 4000
"""Conversations after each of which somebody looks."""
GOOD = (0.93, 0.97)
"""Coverage that is asked for."""


def validate(only: Sequence[str], *, runs: int, resamplings: int, seed: int, show: Show) -> dict[str, Any]:
    """Run some checks.

    Args:
        only: of `CHECKS`.
        runs: experiments with equal arms; a tenth as many with different ones.
        resamplings: samples for each coverage.
        seed: of everything.
        show: is told the stage, steps done and steps in all.
    """
    checks: Mapping[str, Callable[[], list[dict[str, Any]]]] = {
        "coverage": lambda: coverage_of_shares(resamplings, seed, show),
        "corrected": lambda: corrected_rates(max(1, resamplings // 3), seed, show),
        "alarms": lambda: false_alarms(runs, LOOKS, seed, show),
        "power": lambda: time_to_find(max(100, runs // 10), seed, show),
        "routing": lambda: coverage_of_routings(max(1, resamplings // 3), seed, show),
    }
    return {"runs": runs, "resamplings": resamplings, "seed": seed} | {name: checks[name]() for name in only}


def as_markdown(document: Mapping[str, Any]) -> str:
    """The tables for people."""
    parts = [_TABLES[name](document[name]) for name in CHECKS if name in document]
    return "\n".join(parts)


def _coverage(rows: Sequence[Mapping[str, Any]]) -> str:
    inside = sum(GOOD[0] <= row["coverage"] <= GOOD[1] for row in rows)
    lines = [
        [row["customers"], row["mean_size"], row["likeness"], _percent(row["resolved"]), _percent(row["coverage"])]
        for row in rows
    ]
    text = f"Coverage of 95 % intervals: {inside} of {len(rows)} cases within 93 to 97 %.\n\n"
    return text + _table(
        ["customers", "conversations of each", "likeness", "resolved", f"coverage of {rows[0]['runs']}"], lines
    )


def _corrected(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        [
            row["conversations"],
            row["audits"],
            row["telling"],
            _points(row["bias"]),
            _points(row["mean_error"]),
            _percent(row["within_2_points"]),
            _percent(row["coverage"]),
            _points(row["mean_width"] / 2),
            _points(row["uncorrected_mean_error"]),
        ]
        for row in rows
    ]
    head = ["conversations an arm", "audits", "confidence tells", "bias", "mean error", "within 2 points"]
    return _table([*head, "coverage", "half-width", "mean error by rules alone"], lines)


def _alarms(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = [[row["world"], row["runs"], row["looks"], _percent(row["rate"], 2), _range(row)] for row in rows]
    return _table(["equal arms", "experiments", "looks each", "false alarms", "95 %"], lines)


def _power(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        [
            row["world"],
            row["fixed_sample"],
            round(row["mean"]),
            _percent(row["share_of_fixed"]),
            _percent(row["median_share"]),
            _percent(row["p90_share"]),
            _percent(row["found_within_fixed"]),
            _percent(row["wrong_arm"], 2),
        ]
        for row in rows
    ]
    head = ["true difference", "fixed sample", "found after, mean", "of the fixed sample", "median", "90th percentile"]
    return _table([*head, "found within it", "wrong arm"], lines)


def _routing(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        [
            row["world"],
            row["customers"],
            row["estimator"],
            _points(row["bias"]),
            _points(row["mean_error"]),
            _percent(row["coverage"]),
        ]
        for row in rows
    ]
    return _table(["routing asked for", "customers", "estimator", "bias", "mean error", "coverage"], lines)


_TABLES: Mapping[str, Callable[[Sequence[Mapping[str, Any]]], str]] = {
    "coverage": _coverage,
    "corrected": _corrected,
    "alarms": _alarms,
    "power": _power,
    "routing": _routing,
}


def _table(head: Sequence[str], lines: Sequence[Sequence[Any]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows) + "\n"


def _percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"


def _points(share: float) -> str:
    return f"{100 * share:.1f}".replace("-", "−")


def _range(row: Mapping[str, Any]) -> str:
    return f"{100 * row['low']:.2f} to {100 * row['high']:.2f}"
