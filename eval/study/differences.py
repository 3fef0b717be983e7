"""Which of two techniques is better at a size, on the same draws and test rows. Pure."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from eval.study.resampling import Resampling
from eval.study.scores import Key, Scores, common_sizes, sizes_of, techniques_of


def differences(scores: Mapping[Key, Scores], resampling: Resampling) -> list[dict[str, Any]]:
    """Compare every two techniques at every size they share; an interval holds for its own pair alone."""
    found = []
    for first, second in combinations(techniques_of(scores), 2):
        for one, two in common_sizes(sizes_of(scores, first), sizes_of(scores, second)):
            if (pair := resampling.pair(one, two)) is None:
                continue
            size = one if two.is_level else two
            found.append(
                {
                    "a": first,
                    "b": second,
                    "size": size.key.size,
                    "n_per_intent": size.n_per_intent,
                    "difference": pair.gap.value,
                    "low": pair.gap.low,
                    "high": pair.gap.high,
                    "n_test": pair.n,
                    "seeds": pair.seeds,
                    "better": first if pair.gap.high < 0 else second if pair.gap.low > 0 else None,
                }
            )
    return found


def below_its_retriever(scores: Mapping[Key, Scores], resampling: Resampling) -> list[dict[str, Any]]:
    """Compare the language model that is shown retrieved examples with the nearest neighbour of the same retriever."""
    rows = []
    for one, two in common_sizes(sizes_of(scores, "neighbours"), sizes_of(scores, "retrieved")):
        if (pair := resampling.pair(one, two)) is not None:
            gap = pair.gap
            state = "worse" if gap.high < 0 else "better" if gap.low > 0 else "alike"
            rows.append({"size": two.key.size, "state": state, **gap._asdict(), "n_test": pair.n, "seeds": pair.seeds})
    return rows


def leaders(scores: Mapping[Key, Scores], resampling: Resampling) -> list[dict[str, Any]]:
    """Name for each size the most accurate technique, and those that cannot be told from it."""
    names = techniques_of(scores)
    curves = {name: sizes_of(scores, name) for name in names}
    sizes = {one.key.size: one for found in curves.values() for one in reversed(found) if not one.is_level}
    rows = []
    for size, example in sorted(sizes.items(), key=lambda item: (item[0] == "all", item[1].n_per_intent)):
        here = {
            name: next((one for one in found if one.is_level or one.key.size == size), None)
            for name, found in curves.items()
        }
        there = {name: one for name, one in here.items() if one is not None}
        best = _best(list(there.values()), resampling)
        beside = []
        for name, one in there.items():
            pair = None if one is best else resampling.pair(one, best)
            if pair is not None and pair.gap.low <= 0:
                beside.append(name)
        rows.append(
            {
                "size": size,
                "n_per_intent": example.n_per_intent,
                "technique": best.key.technique,
                "accuracy": best.accuracy,
                "beside": beside,
            }
        )
    return rows


def _best(candidates: Sequence[Scores], resampling: Resampling) -> Scores:
    """The most accurate one; one that was asked fewer rows is compared on those, and must be surely better there."""
    ranked = sorted(candidates, key=lambda one: (-one.values.shape[1], -one.accuracy))
    best = ranked[0]
    for one in ranked[1:]:
        pair = resampling.pair(best, one)
        is_smaller = one.values.shape[1] < best.values.shape[1]
        if pair is not None and (pair.gap.low if is_smaller else pair.gap.value) > 0:
            best = one
    return best
