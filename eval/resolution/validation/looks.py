"""False alarms and time to a finding when somebody looks after every conversation, measured by simulation."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from eval.resolution.running import Stream, compare
from eval.resolution.sequence import Sequence
from eval.resolution.validation.experiments import World, design_effect, first_true, fixed_sample, play
from training.intervals import wilson

Show = Callable[[str, int, int], None]
CHUNK, SMALL = 200, 20
"""Experiments that are played at a time, and looked at: the sums of so few fit into a processor's cache."""
EQUAL = (
    World(0.65, 0.65),
    World(0.5, 0.5),
    World(0.9, 0.9),
    World(0.1, 0.1),
    World(0.65, 0.65, share_of_second=0.2),
    World(0.65, 0.65, likeness=0.3, returning=0.4),
)
DIFFERENT = (
    World(0.6, 0.7),
    World(0.7, 0.6),
    World(0.8, 0.9),
    World(0.45, 0.55),
    World(0.6, 0.7, likeness=0.3, returning=0.4),
    World(0.6, 0.65),
    World(0.6, 0.8),
)
EFFECT = 0.1
ALPHA = 0.05


class Looked(NamedTuple):
    """How many experiments of one world claimed something, and when."""

    found_after: np.ndarray
    """(runs,) conversations until the first claim; 0 where there was none."""
    is_right: np.ndarray
    """(runs,) whether the arm that was claimed better is."""


def look(world: World, runs: int, conversations: int, seed: int, show: Callable[[int], None]) -> Looked:
    """Run experiments and look at each after every conversation."""
    source, sequence = np.random.default_rng(seed), Sequence(EFFECT, ALPHA)
    places, rights, done = [], [], 0
    while done < runs:
        some = min(CHUNK, runs - done)
        played = play(world, some, conversations, source)
        for start in range(0, some, SMALL):
            path = compare(_some(played, slice(start, start + SMALL)))
            after = first_true(sequence.is_found(path.difference, path.information) & (path.information > 0))
            claimed = path.difference[np.arange(len(after)), np.maximum(after - 1, 0)]
            places.append(after)
            rights.append(np.sign(claimed) == np.sign(world.second - world.first))
        done += some
        show(done)
    return Looked(np.concatenate(places), np.concatenate(rights))


def _some(stream: Stream, runs: slice) -> Stream:
    return Stream(stream.values[runs], stream.is_second[runs], stream.sum_before[runs], stream.count_before[runs])


def false_alarms(runs: int, conversations: int, seed: int, show: Show) -> list[dict[str, Any]]:
    """Share of experiments with equal arms in which a difference is ever claimed, one row a world."""
    rows = []
    for world in EQUAL:
        name = describe(world)
        seen = look(world, runs, conversations, seed, lambda done, name=name: show(name, done, runs))  # type: ignore[misc]
        alarms = int((seen.found_after > 0).sum())
        rate = wilson(alarms, runs)
        rows.append({"world": name, "runs": runs, "looks": conversations, "alarms": alarms, **_interval(rate)})
    return rows


def time_to_find(runs: int, seed: int, show: Show) -> list[dict[str, Any]]:
    """Conversations until a true difference is found, in relation to a test with one look, one row a world."""
    rows = []
    for world in DIFFERENT:
        name, fixed = describe(world), fixed_sample(world.first, world.second) * design_effect(world)
        horizon = int(4 * fixed)
        seen = look(world, runs, horizon, seed, lambda done, name=name: show(name, done, runs))  # type: ignore[misc]
        after = np.where(seen.found_after == 0, horizon, seen.found_after)
        rows.append(
            {
                "world": name,
                "runs": runs,
                "fixed_sample": round(fixed),
                "mean": float(after.mean()),
                "share_of_fixed": float(after.mean() / fixed),
                "median_share": float(np.median(after) / fixed),
                "p90_share": float(np.quantile(after, 0.9) / fixed),
                "found": float((seen.found_after > 0).mean()),
                "found_within_fixed": float(((seen.found_after > 0) & (seen.found_after <= fixed)).mean()),
                "wrong_arm": float(((seen.found_after > 0) & ~seen.is_right).mean()),
            }
        )
    return rows


def describe(world: World) -> str:
    """Name a world for people."""
    text = f"{world.first:.0%} against {world.second:.0%}"
    if world.share_of_second != 0.5:
        text += f", {world.share_of_second:.0%} of customers in the second"
    if world.returning:
        text += f", {world.returning:.0%} of conversations by customers seen before (correlation {world.likeness})"
    return text


def _interval(rate: Any) -> dict[str, float]:
    return {"rate": rate.value, "low": rate.low, "high": rate.high}
