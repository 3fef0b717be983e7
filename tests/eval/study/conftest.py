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
    hardness = np.random.default_rng(5).random(3000)[:n_test]
    found = []
    for size, accuracy in truth.items():
        number = ALL_SIZE if size == "all" else int(size)
        for seed in seeds if size != "0" else (0,):
            random = np.random.default_rng([seed, len(technique), number])
            reached = accuracy + between * np.random.default_rng([seed, *technique.encode()]).standard_normal()
            noisy = hardness + 0.1 * random.standard_normal(n_test)
            right = "".join("1" if one < np.quantile(noisy, reached) else "0" for one in noisy)
            fields: dict[str, object] = {
                "key": f"{technique}-{size}-{seed}",
                "technique": technique,
                "setting": "main",
                "size": size,
                "n_per_intent": number,
                "seed": seed,
                "n_examples": number * INTENTS,
                "n_test": n_test,
                "status": "done",
                "accuracy": right.count("1") / n_test,
                "right": right,
                "train_cpu_s": 3.6 * number,
                "predict_cpu_s": 0.002 * n_test,
                "p50_ms": 2.0,
                "peak_bytes": 100_000_000,
                "disk_bytes": 23_000_000,
                "at": "2026-11-26T12:00:00Z",
                "machine": "a machine",
                "versions": {"numpy": "2.4"},
            }
            found.append(Point(**{**fields, **more}))  # type: ignore[arg-type]
    return found
