"""Simulated experiments whose truth is known: customers who come back, arms drawn by chance. Pure, from a seed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from eval.resolution.clustered import Floats
from eval.resolution.running import Stream


@dataclass(frozen=True, slots=True)
class World:
    """Two arms and their customers."""

    first: float
    """Share of conversations that the first arm resolves."""
    second: float
    share_of_second: float = 0.5
    """Of customers."""
    likeness: float = 0.0
    """Intra-class correlation of one customer's conversations, 0..1."""
    returning: float = 0.0
    """Share of conversations that come from a customer seen before."""


def play(world: World, runs: int, conversations: int, source: np.random.Generator) -> Stream:
    """Run experiments side by side: arrays (runs, conversations)."""
    if world.returning == 0:
        is_second = source.random((runs, conversations)) < world.share_of_second
        odds = np.where(is_second, world.second, world.first)
        hits = (source.random((runs, conversations)) < odds).astype(float)
        nothing = np.zeros((runs, conversations))
        return Stream(hits, is_second, nothing, nothing)
    return _with_customers(world, runs, conversations, source)


def _with_customers(world: World, runs: int, conversations: int, source: np.random.Generator) -> Stream:
    drawn = source.random((runs, conversations)) < world.share_of_second
    chance = _chances(np.where(drawn, world.second, world.first), world.likeness, source)
    sums, counts = np.zeros((runs, conversations)), np.zeros((runs, conversations))
    known, rows = np.zeros(runs, dtype=np.int64), np.arange(runs)
    hits, before, times = np.zeros((3, runs, conversations))
    is_second = np.zeros((runs, conversations), dtype=bool)
    for place in range(conversations):
        is_new = (source.random(runs) >= world.returning) | (known == 0)
        customer = np.where(is_new, known, (source.random(runs) * np.maximum(known, 1)).astype(np.int64))
        known += is_new
        hit = source.random(runs) < chance[rows, customer]
        hits[:, place], is_second[:, place] = hit, drawn[rows, customer]
        before[:, place], times[:, place] = sums[rows, customer], counts[rows, customer]
        sums[rows, customer] += hit
        counts[rows, customer] += 1
    return Stream(hits, is_second, before, times)


def _chances(share: Floats, likeness: float, source: np.random.Generator) -> Floats:
    """Each customer's own share of resolved conversations, beta with the wanted correlation."""
    if likeness == 0:
        return share
    sure = (1 - likeness) / likeness
    return np.asarray(source.beta(share * sure, (1 - share) * sure), dtype=np.float64)


def fixed_sample(first: float, second: float, *, alpha: float = 0.05, power: float = 0.95) -> float:
    """Conversations of both arms together that a test with one look needs, two-sided, arms of equal size.

    Source: the usual formula for two proportions, J. L. Fleiss, Statistical Methods for Rates and Proportions (1981).
    """
    z = float(ndtri(1 - alpha / 2) + ndtri(power))
    spread = first * (1 - first) + second * (1 - second)
    return 2 * z**2 * spread / (first - second) ** 2


def design_effect(world: World) -> float:
    """How many times as many conversations are needed as customers come back: at the size of the fixed sample."""
    if world.returning == 0:
        return 1.0
    effect = 1.0
    for _ in range(5):
        n = int(fixed_sample(world.first, world.second) * effect)
        counts = play(world, 10, n, np.random.default_rng(0)).count_before
        effect = 1 + (float((2 * counts + 1).mean()) - 1) * world.likeness
    return effect


def first_true(found: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Place of the first True in each row, counted from 1; 0 where there is none."""
    return np.where(found.any(axis=1), found.argmax(axis=1) + 1, 0)
