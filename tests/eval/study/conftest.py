"""Finished cells made up from known curves, so that what a study answers can be checked."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from eval.study.point import Point

INTENTS = 10
ALL_SIZE = 100


@pytest.fixture(scope="session")
def make_points() -> Callable[..., list[Point]]:
    """Cells of a technique whose true accuracy at each size is known."""
    return points


def points(
    technique: str,
    truth: dict[str, float],
    *,
    seeds: Sequence[int] = (0, 1, 2),
    n_test: int = 400,
    between: float = 0.0,
    **more: object,
) -> list[Point]:
    """Make a cell for each size and seed.

    Args:
        technique: its name.
        truth: true accuracy by size.
        seeds: of the draws.
        n_test: rows; a row is as hard for every technique and seed.
        between: standard deviation of the true accuracy between seeds.
        more: other fields of the points.
    """
    found = []
    for size, accuracy in truth.items():
        for seed in seeds if size != "0" else (0,):
            reached = accuracy + between * np.random.default_rng([seed, *technique.encode()]).standard_normal()
            right = answers(reached, n_test, [seed, len(technique), per_intent(size)])
            found.append(Point(**{**fields(technique, size, seed, right), **more}))  # type: ignore[arg-type]
    return found


def per_intent(size: str) -> int:
    """Examples an intent."""
    return ALL_SIZE if size == "all" else int(size)


def answers(share: float, n_test: int, seed: list[int]) -> str:
    """So large a share right, the easier rows first, but for some chance."""
    hardness = np.random.default_rng(5).random(3000)[:n_test]
    noisy = hardness + 0.1 * np.random.default_rng(seed).standard_normal(n_test)
    return "".join("1" if one < np.quantile(noisy, share) else "0" for one in noisy)


def fields(technique: str, size: str, seed: int, right: str) -> dict[str, object]:
    """A finished cell of the main setting."""
    return {
        "key": f"{technique}-{size}-{seed}",
        "technique": technique,
        "setting": "main",
        "size": size,
        "n_per_intent": per_intent(size),
        "seed": seed,
        "n_examples": per_intent(size) * INTENTS,
        "n_test": len(right),
        "status": "done",
        "accuracy": right.count("1") / len(right),
        "right": right,
        "train_cpu_s": 3.6 * per_intent(size),
        "predict_cpu_s": 0.002 * len(right),
        "p50_ms": 2.0,
        "peak_bytes": 100_000_000,
        "disk_bytes": 23_000_000,
        "at": "2026-11-26T12:00:00Z",
        "machine": "a machine",
        "versions": {"numpy": "2.4"},
    }
