"""Learning curves: accuracy and what it took, by technique, setting and size. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median, stdev
from typing import Any

from eval.study.families import family, title
from eval.study.point import BROKEN, CUT, DONE, FAILED, INVALID, Point
from eval.study.resampling import Resampling, accuracy_span
from eval.study.scores import Key, Scores


def curves(points: Sequence[Point], scores: Mapping[Key, Scores], resampling: Resampling) -> list[dict[str, Any]]:
    """Make a row for each technique, setting and size, cells without a score included.

    Args:
        points: of every status.
        scores: of `points`.
        resampling: of the intervals.
    """
    cells: dict[Key, list[Point]] = {}
    for point in points:
        cells.setdefault(Key(point.setting, point.technique, point.size), []).append(point)
    rows = [_row(key, cell, scores.get(key), resampling) for key, cell in cells.items()]
    return sorted(rows, key=lambda row: (row["setting"], row["technique"], row["size"] == "all", row["n_per_intent"]))


def _row(key: Key, cell: Sequence[Point], scores: Scores | None, resampling: Resampling) -> dict[str, Any]:
    done = [point for point in cell if point.status == DONE]
    found = accuracy_span(scores, resampling) if scores else None
    return {
        "technique": key.technique,
        "title": title(key.technique),
        "family": family(key.technique),
        "setting": key.setting,
        "size": key.size,
        "n_per_intent": round(_mean([point.n_per_intent for point in done or cell]) or 0),
        "n_examples": round(_mean([point.n_examples for point in done or cell]) or 0),
        "n_test": scores.values.shape[1] if scores else 0,
        "rows": scores.rows if scores else None,
        "seeds": len(scores.seeds) if scores else 0,
        "accuracy": found.value if found else None,
        "low": found.low if found else None,
        "high": found.high if found else None,
        "between_seeds": stdev(scores.by_seed.tolist()) if scores and len(scores.seeds) > 1 else None,
        "cut": sum(point.status == CUT for point in cell),
        "failed": sum(point.status == FAILED for point in cell),
        **_answers(done),
        **_took(done),
        "extra": _extra(done),
    }


def _answers(done: Sequence[Point]) -> dict[str, Any]:
    """Answers that were none, and rows the infrastructure lost, summed over seeds."""
    failures: Counter[str] = Counter()
    for point in done:
        failures.update(point.failures)
    asked = sum(len(point.right) for point in done)
    invalid = sum(point.right.count(INVALID) for point in done)
    return {
        "asked": asked,
        "invalid": invalid,
        "invalid_share": invalid / asked if asked else None,
        "broken": sum(point.right.count(BROKEN) for point in done),
        "failures": dict(failures.most_common()),
    }


def _took(done: Sequence[Point]) -> dict[str, Any]:
    """Means over seeds; what is by text is by test row."""
    texts = [max(point.n_test, 1) for point in done]
    latencies = [point.p50_ms for point in done if point.p50_ms is not None]
    tokens = [(point.prompt_tokens + point.completion_tokens) / n for point, n in zip(done, texts, strict=True)]
    return {
        "train_cpu_s": _mean([point.train_cpu_s for point in done]),
        "train_wall_s": _mean([point.train_wall_s for point in done]),
        "cpu_ms_per_text": _mean([1000 * point.predict_cpu_s / n for point, n in zip(done, texts, strict=True)]),
        "p50_ms": median(latencies) if latencies else None,
        "tokens_per_text": _mean(tokens),
        "calls_per_text": _mean([point.calls / n for point, n in zip(done, texts, strict=True)]),
        "usd_per_text": _mean([point.cost_usd / n for point, n in zip(done, texts, strict=True)]),
        "peak_bytes": max((point.peak_bytes for point in done), default=0),
        "disk_bytes": max((point.disk_bytes for point in done), default=0),
        "held_bytes": max((point.held_bytes for point in done), default=0),
    }


def _extra(done: Sequence[Point]) -> dict[str, float]:
    names = dict.fromkeys(name for point in done for name in point.extra)
    return {name: sum(vals) / len(vals) for name in names if (vals := [p.extra[name] for p in done if name in p.extra])}


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
