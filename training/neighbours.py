"""Finds each vector's nearest others, in blocks, so that memory grows with the rows and not with their square."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]

BLOCK = 2**24
"""Cosines held at a time: about 0.3 GB with what sorting them needs, whatever the number of vectors."""


class Neighbours(NamedTuple):
    """The nearest others of each row, nearest first; both arrays are (n, k)."""

    places: Places
    cosines: Floats


def nearest(
    queries: Floats,
    vectors: Floats | None = None,
    *,
    most: int,
    on_rows: Callable[[int, int], None] = lambda _done, _all: None,
) -> Neighbours:
    """Find the nearest vectors of each query; exact, no index.

    Args:
        queries: float32 (n, dim), rows of length 1.
        vectors: float32 (m, dim), rows of length 1; None: the queries themselves, each without itself.
        most: neighbours of each query; fewer when there are fewer vectors.
        on_rows: told how many queries are done, of how many.
    """
    known = queries if vectors is None else vectors
    count = min(most, len(known) - (vectors is None))
    places = np.zeros((len(queries), max(count, 0)), dtype=np.int64)
    cosines = np.zeros(places.shape, dtype=np.float32)
    if count < 1:
        return Neighbours(places, cosines)
    step = max(BLOCK // len(known), 1)
    for start in range(0, len(queries), step):
        block = queries[start : start + step] @ known.T
        rows = np.arange(len(block))
        if vectors is None:
            block[rows, start + rows] = -2.0
        chosen = np.argpartition(block, block.shape[1] - count, axis=1)[:, -count:]
        found = np.take_along_axis(block, chosen, axis=1)
        order = np.argsort(-found, axis=1, kind="stable")
        places[start : start + len(block)] = np.take_along_axis(chosen, order, axis=1)
        cosines[start : start + len(block)] = np.take_along_axis(found, order, axis=1)
        on_rows(start + len(block), len(queries))
    return Neighbours(places, cosines)


def groups(neighbours: Neighbours, least: float) -> list[list[int]]:
    """Group rows around leaders: the first row that is in no group takes those at least so near to it.

    Groups do not chain: each member is near its leader, the first of the list. Rows without company are left out.
    """
    taken = np.zeros(len(neighbours.places), dtype=bool)
    found = []
    for leader in np.flatnonzero((neighbours.cosines >= least).any(axis=1)):
        if taken[leader]:
            continue
        near = neighbours.places[leader][neighbours.cosines[leader] >= least]
        members = [int(leader), *sorted(int(place) for place in near if not taken[place])]
        if len(members) > 1:
            taken[members] = True
            found.append(members)
    return found
