"""Raw outputs of a classifier to ranked intents. Pure functions of arrays."""

from collections.abc import Sequence

import numpy as np

from backends.classified.calibration import Calibration, Floats
from backends.contract import Parse

RANKED = 10


def rank(logits: Floats, calibration: Calibration, intents: Sequence[str]) -> list[Parse]:
    """Rank the intents of each text, the ten best.

    `intent` is None for a text whose out-of-scope score is above the bundle's threshold; the ranking is there all
    the same.

    Args:
        logits: (n, outputs), one row a text.
        calibration: of the bundle that the outputs come from.
        intents: its intents, in the order of the outputs.
    """
    probabilities = calibration.probabilities(logits)
    scores = calibration.oos_scores(logits)
    order = np.argsort(-probabilities, axis=1)[:, :RANKED]
    best = np.take_along_axis(probabilities, order, axis=1)
    parses = []
    for ranks, values, score in zip(order.tolist(), best.tolist(), scores.tolist(), strict=True):
        ranking = tuple((intents[place], value) for place, value in zip(ranks, values, strict=True))
        intent = None if score > calibration.thresholds.max_oos else ranking[0][0]
        parses.append(Parse(intent, values[0], ranking, score))
    return parses
