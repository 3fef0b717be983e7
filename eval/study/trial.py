"""Carries out one cell: fits a technique, asks it, and measures. Knows neither processes nor files of points."""

import os
import platform
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from eval.study.cell import Cell, Lesson
from eval.study.point import ALL, BROKEN, CUT, DONE, FAILED, INVALID, NO_EXAMPLES, RIGHT, WRONG, Point
from training.dataset import Example
from training.intervals import wilson
from training.metrics import auroc, recall_at_rejection
from training.techniques.hybrid import Hybrid
from training.techniques.technique import Guess, Technique

ALONE = 20
"""Texts asked one by one first, to time what a single customer waits for."""
TOGETHER = 64
MOST_BROKEN = 0.1
"""Share of texts lost to the infrastructure above which a cell has no score, and is tried again by the next run."""
CPUINFO = Path("/proc/cpuinfo")
VECTORS = {"amx_bf16": "AMX", "avx512_bf16": "AVX-512 bf16", "avx512f": "AVX-512", "avx2": "AVX2"}
"""Flags of Linux and what they are called, the widest first; one name of a processor may stand for any of them."""
LIBRARIES = ("numpy", "scikit-learn", "torch", "transformers", "peft", "onnxruntime", "openai", "xllamacpp")

Tell = Callable[[str, int, int], None]
"""Told what is done (`fit`, `ask`), steps done, steps in all."""


@dataclass(slots=True)
class Answers:
    """What a technique made of some texts."""

    guesses: list[Guess] = field(default_factory=list)
    alone_ms: list[float] = field(default_factory=list)
    """How long each text took that was asked alone."""


def try_cell(cell: Cell, lesson: Lesson, technique: Technique, tell: Tell = lambda *_: None) -> Point:
    """Fit, ask, score; the technique is closed in the end, whatever happens."""
    try:
        began = time.monotonic()
        technique.fit(lesson.examples, seed=cell.seed, progress=lambda done, total: tell("fit", done, total))
        fitted = time.monotonic()
        groups = {"test": lesson.test, "outside": lesson.outside, "far": lesson.far, "same": lesson.same}
        total = sum(map(len, groups.values()))
        answers: dict[str, Answers] = {}
        for name, rows in groups.items():
            before = sum(len(found.guesses) for found in answers.values())
            answers[name] = _ask(technique, rows, partial(_tell_all, tell, before, total))
        ended = time.monotonic()
    finally:
        technique.close()
    scores = score(lesson, {name: found.guesses for name, found in answers.items()})
    if isinstance(technique, Hybrid):
        scores["extra"]["asked_llm"] = technique.asked / max(total, 1)
    alone = answers["test"].alone_ms
    return point_of(
        cell,
        lesson,
        labels=technique.meter.labels,
        **scores,
        **_spent(technique),
        train_wall_s=round(fitted - began, 3),
        predict_wall_s=round(ended - fitted, 3),
        p50_ms=round(statistics.median(alone), 3) if alone else None,
    )


def point_of(cell: Cell, lesson: Lesson, *, labels: int | None = None, **found: Any) -> Point:
    """Put a point together from what defines the cell and what was found.

    Args:
        cell: what was carried out.
        lesson: what it taught and asked.
        labels: labelled examples that the technique needed of those of the lesson; None for all.
        found: the other fields of the point.
    """
    given = 0 if lesson.is_untaught else len(lesson.examples)
    counted = given if labels is None else min(labels, given)
    return Point(
        key=cell.key,
        technique=cell.technique,
        setting=cell.setting,
        size=cell.size,
        n_per_intent=_per_intent(cell, lesson),
        seed=cell.seed,
        n_examples=counted,
        n_test=len(lesson.test),
        rows=cell.rows,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=machine(),
        versions=versions(),
        **found,
    )


def unscored(cell: Cell, lesson: Lesson, status: str, reason: str) -> Point:
    """Say that a cell was cut, or failed."""
    if status not in {CUT, FAILED}:
        raise ValueError(f"expected {CUT} or {FAILED}, got {status}")
    return point_of(cell, lesson, status=status, reason=reason)


def score(lesson: Lesson, guesses: dict[str, list[Guess]]) -> dict[str, Any]:
    """Score answers: `status`, `reason`, `accuracy` with its interval, `right`, `extra`, `failures`."""
    signs = [_sign(row, guess) for row, guess in zip(lesson.test, guesses["test"], strict=True)]
    failures = _failures(guesses["test"])
    found = {
        "right": "".join(signs),
        "failures": dict(sorted(failures.items())),
        "extra": _extra(lesson, guesses, signs),
    }
    for own in guesses.values():
        broken = sum(guess.is_broken for guess in own)
        if broken > MOST_BROKEN * len(own):
            worst = ", ".join(f"{name} {count}" for name, count in _failures(own).most_common(3))
            reason = f"the endpoint gave no answer to {broken} of {len(own)} texts ({worst})"
            return {**found, "status": FAILED, "reason": reason}
    if not signs:
        return {**found, "status": FAILED, "reason": "there is no test row of an intent that was taught"}
    rate = wilson(signs.count(RIGHT), len(signs) - signs.count(BROKEN))
    return {**found, "status": DONE, "accuracy": rate.value, "low": rate.low, "high": rate.high}


def _failures(guesses: Sequence[Guess]) -> Counter[str]:
    return Counter(guess.failure or "no_answer" for guess in guesses if guess.intent is None)


def _extra(lesson: Lesson, guesses: dict[str, list[Guess]], signs: Sequence[str]) -> dict[str, float]:
    extra: dict[str, float] = {}
    inside = _strangeness(guesses["test"])
    for name, prefix in (("outside", "oos"), ("far", "far")):
        strange = _strangeness(guesses.get(name, []))
        if len(strange) and len(inside):
            extra[f"{prefix}_auroc"] = auroc(inside, strange)
            extra[f"{prefix}_recall_at_5"] = recall_at_rejection(inside, strange)
    if lesson.new:
        for name, is_new in (("accuracy_new", True), ("accuracy_old", False)):
            own = [sign for row, sign in zip(lesson.test, signs, strict=True) if (row.intent in lesson.new) == is_new]
            extra |= _share(name, own)
    if lesson.same:
        same = [_sign(row, guess) for row, guess in zip(lesson.same, guesses["same"], strict=True)]
        extra |= _share("accuracy_same", same)
    return {name: round(value, 6) for name, value in extra.items()}


def _share(name: str, signs: Sequence[str]) -> dict[str, float]:
    valid = [sign for sign in signs if sign != BROKEN]
    return {name: valid.count(RIGHT) / len(valid)} if valid else {}


def _sign(row: Example, guess: Guess) -> str:
    if guess.is_broken:
        return BROKEN
    if guess.intent is None:
        return INVALID
    return RIGHT if guess.intent == row.intent else WRONG


def _strangeness(guesses: Sequence[Guess]) -> "np.ndarray[Any, np.dtype[np.float64]]":
    return np.array([guess.strangeness for guess in guesses if not guess.is_broken], dtype=np.float64)


def _ask(technique: Technique, rows: Sequence[Example], tell: Callable[[int], None]) -> Answers:
    """Ask texts, the first ones alone; an answer that was kept takes what it took when it was asked for."""
    found, texts = Answers(), [row.text for row in rows]
    for text in texts[:ALONE]:
        kept_s, began = technique.meter.kept_s, time.perf_counter()
        found.guesses += technique.predict([text])
        took_s = time.perf_counter() - began + technique.meter.kept_s - kept_s
        found.alone_ms.append(took_s * 1000)
        tell(len(found.guesses))
    for start in range(ALONE, len(texts), TOGETHER):
        found.guesses += technique.predict(texts[start : start + TOGETHER])
        tell(len(found.guesses))
    return found


def _tell_all(tell: Tell, before: int, total: int, done: int) -> None:
    tell("ask", before + done, total)


def _spent(technique: Technique) -> dict[str, Any]:
    meter = technique.meter
    return {
        "train_cpu_s": round(meter.train_cpu_s, 3),
        "predict_cpu_s": round(meter.predict_cpu_s, 3),
        "prompt_tokens": meter.prompt_tokens,
        "completion_tokens": meter.completion_tokens,
        "cost_usd": meter.cost_usd,
        "peak_bytes": meter.peak_bytes,
        "disk_bytes": meter.disk_bytes,
        "held_bytes": meter.held_bytes,
        "calls": meter.calls,
    }


def _per_intent(cell: Cell, lesson: Lesson) -> int:
    if cell.size == NO_EXAMPLES:
        return 0
    own = [row.intent for row in lesson.examples if row.intent in lesson.new or not lesson.new]
    mean = round(len(own) / max(len(set(own)), 1))
    return mean if cell.size == ALL else min(int(cell.size), mean)


@cache
def machine() -> str:
    """Processor, the widest of its vector instructions that speed depends on, and number of cores."""
    known: dict[str, str] = {}
    if CPUINFO.is_file():
        lines = (line.partition(":") for line in CPUINFO.read_text(encoding="utf-8").splitlines())
        known = {name.strip(): value.strip() for name, _, value in lines}
    flags = set(known.get("flags", "").split())
    widest = next((f" ({name})" for flag, name in VECTORS.items() if flag in flags), "")
    name = known.get("model name") or platform.processor() or platform.machine()
    return f"{name}{widest}, {os.cpu_count()} cores"


@cache
def versions() -> dict[str, str]:
    """Of Python and the libraries that decide what a technique does, those that are installed."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
