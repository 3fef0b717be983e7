"""The nearest rows are found exactly, in blocks."""

import numpy as np
import pytest

from training import neighbours
from training.neighbours import groups, nearest


def unit(n: int, seed: int = 0) -> neighbours.Floats:
    vectors = np.random.default_rng(seed).normal(size=(n, 8)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, done = unit(50), list[int]()
    whole = nearest(vectors, most=5)
    monkeypatch.setattr(neighbours, "BLOCK", 7 * 50)
    parts = nearest(vectors, most=5, on_rows=lambda count, _all: done.append(count))
    assert np.array_equal(whole.places, parts.places)
    assert done[-1] == 50


def test_the_nearest_come_first_and_nobody_is_its_own() -> None:
    vectors = unit(30)
    found = nearest(vectors, most=29)
    cosines = vectors @ vectors.T
    assert (found.places != np.arange(30)[:, None]).all()
    assert (np.diff(found.cosines, axis=1) <= 0).all()
    assert found.cosines[3, 0] == pytest.approx(np.delete(cosines[3], 3).max(), abs=1e-6)


@pytest.mark.parametrize(("rows", "width"), [(0, 0), (1, 0), (2, 1), (4, 3)])
def test_few_rows_have_few_neighbours(rows: int, width: int) -> None:
    assert nearest(unit(rows), most=9).places.shape == (rows, width)


def test_groups_do_not_chain() -> None:
    angles = np.radians([0, 8, 16, 90])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert groups(nearest(vectors, most=3), float(np.cos(np.radians(10)))) == [[0, 1]]
