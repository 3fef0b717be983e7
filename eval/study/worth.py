"""What the next 200 labels would bring, and what they would cost. Pure."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from eval.study.costs import labelling_usd
from eval.study.protocol import Tariffs
from eval.study.resampling import Resampling, span
from eval.study.scores import Floats, Key, Scores, sizes_of, techniques_of

LABELS = 200


def next_labels(
    scores: Mapping[Key, Scores], tariffs: Tariffs, resampling: Resampling, *, labels: int = LABELS
) -> list[dict[str, Any]]:
    """Say for each technique and size what `labels` more examples bring.

    Accuracy between measured sizes is taken as a straight line over the logarithm of the number of examples. Beyond the
    largest size the last line is carried on, and `extrapolated` says so.
    """
    rows = []
    for technique in techniques_of(scores):
        trained = [one for one in sizes_of(scores, technique) if one.n_examples > 0]
        sizes = [one.n_examples for one in trained]
        if len(trained) < 2 or any(one >= two for one, two in pairwise(sizes)):
            continue
        plain = np.array([[one.accuracy for one in trained]])
        repeated = np.stack([resampling.mean(one) for one in trained], axis=1)
        rows += [_row(one, sizes, (plain, repeated), tariffs, labels) for one in trained]
    return rows


def _row(
    one: Scores, sizes: Sequence[int], tables: tuple[Floats, Floats], tariffs: Tariffs, labels: int
) -> dict[str, Any]:
    place = sizes.index(one.n_examples)
    more = one.n_examples + labels
    value, repeated = (read_off(table, sizes, more) - table[:, place] for table in tables)
    gain = span(float(value[0]), repeated, one.values.shape[1])
    room = 1 - one.accuracy
    usd = labelling_usd(labels, tariffs)
    right = tariffs.turns_a_month * min(gain.value, room)
    return {
        "technique": one.key.technique,
        "size": one.key.size,
        "n_per_intent": one.n_per_intent,
        "n_examples": one.n_examples,
        "labels": labels,
        "gain": min(gain.value, room),
        "low": max(min(gain.low, room), -one.accuracy),
        "high": min(gain.high, room),
        "extrapolated": more > sizes[-1],
        "labelling_usd": usd,
        "right_turns_a_month": right,
        "usd_per_right_turn": usd / (right * tariffs.months) if gain.low > 0 and right > 0 else None,
    }


def read_off(table: Floats, sizes: Sequence[int], n: int) -> Floats:
    """Read curves at n examples.

    Args:
        table: float64 (curves, sizes), accuracy.
        sizes: numbers of examples, ascending, at least two.
        n: where; above the first size.
    """
    upper = min(int(np.searchsorted(sizes, n)), len(sizes) - 1)
    left, right = np.log(sizes[upper - 1]), np.log(sizes[upper])
    step = (np.log(n) - left) / (right - left)
    found: Floats = table[:, upper - 1] + step * (table[:, upper] - table[:, upper - 1])
    return found
