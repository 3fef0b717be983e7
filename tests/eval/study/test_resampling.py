"""Intervals and paired differences over test rows and draws at once."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from eval.study.point import Point
from eval.study.resampling import Resampling, accuracy_span, common_seeds, own_spread
from eval.study.scores import Key, Scores, common_sizes, gather, sizes_of

Make = Callable[..., list[Point]]


def scores(values: object, *, technique: str = "head", seeds: tuple[int, ...] | None = None, size: str = "5") -> Scores:
    table = np.atleast_2d(np.array(values, dtype=float))
    return Scores(Key("main", technique, size), "all", seeds or tuple(range(len(table))), table, 5, 50)


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """Three seeds of which each is off by 2 points, 150 rows of which each is easy or hard."""
    random, covered = np.random.default_rng(0), 0
    for trial in range(100):
        rows = 0.3 * random.standard_normal(150)
        chances = np.clip(0.7 + rows[None, :] + 0.04 * random.standard_normal((3, 1)), 0, 1)
        found = accuracy_span(scores(random.random((3, 150)) < chances), Resampling(seed=trial, repetitions=400))
        covered += found.low <= 0.685 <= found.high  # 0.685: the mean of the clipped chances
    assert 0.9 <= covered / 100 <= 0.99


def test_a_pair_on_the_same_rows_is_told_apart_more_sharply_than_two_intervals(make_points: Make) -> None:
    found = gather(make_points("head", {"5": 0.70}, n_test=1000) + make_points("finetune", {"5": 0.74}, n_test=1000))
    one, two = (sizes_of(found, name)[0] for name in ("head", "finetune"))
    resampling = Resampling()
    pair = resampling.pair(one, two)
    assert pair is not None
    assert 0 < pair.gap.low < pair.gap.value < pair.gap.high
    assert accuracy_span(one, resampling).high > accuracy_span(two, resampling).low


@pytest.mark.parametrize(("differ", "is_sure"), [(1, False), (4, False), (6, True)])
def test_a_few_rows_that_differ_do_not_tell_two_apart(differ: int, is_sure: bool) -> None:
    """One-sided rows: the sign test gives p = 1, 0.125 and 0.03."""
    right = np.arange(200) < 150
    pair = Resampling().pair(scores(right), scores(np.arange(200) < 150 + differ))
    assert pair is not None
    assert (pair.gap.low > 0) == is_sure
    assert pair.gap.value == pytest.approx(differ / 200)


def test_a_subset_is_compared_on_its_own_rows() -> None:
    whole = scores([[1, 1, 1, 1, 0, 0, 0, 0]])
    subset = scores([[1, 1, 1, 0]], technique="retrieved")
    pair = Resampling().pair(whole, subset)
    assert pair is not None
    assert (pair.gap.value, pair.n) == (-0.25, 4)


def test_a_row_that_one_lost_counts_for_neither() -> None:
    right = np.array([0.0] * 20 + [1.0] * 180)
    lost = np.where(np.arange(200) < 18, np.nan, right)
    pair = Resampling().pair(scores(right), scores(lost, technique="retrieved"))
    assert pair is not None
    assert (pair.gap.value, pair.n) == (0.0, 182)
    assert pair.gap.low < 0 < pair.gap.high
    assert Resampling().pair(scores(right), scores(np.full(200, np.nan))) is None


def test_more_spread_between_seeds_widens_the_interval() -> None:
    rows = np.arange(200) % 10
    calm, wild = scores([rows < 7, rows < 7, rows < 7]), scores([rows < 5, rows < 7, rows < 9])
    narrow, wide = (accuracy_span(one, Resampling()) for one in (calm, wild))
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_chance_in_the_rows_is_not_taken_for_a_spread_between_seeds() -> None:
    random = np.random.default_rng(2)
    assert own_spread((random.random((3, 400)) < 0.5).astype(float)) < 0.8
    assert own_spread(np.array([[0.0] * 50 + [1.0] * 50, [0.0] * 30 + [1.0] * 70])) > 0.9
    assert own_spread(np.ones((1, 10))) == 0.0


def test_rows_lost_to_the_infrastructure_leave_the_denominator(make_points: Make) -> None:
    point = replace(make_points("zero_shot", {"0": 0.5}, n_test=8)[0], right="11!!00-1")
    found = next(iter(gather([point]).values()))
    assert found.accuracy == pytest.approx(3 / 6)


def test_a_perfect_score_is_not_certain() -> None:
    found = accuracy_span(scores([[1] * 20]), Resampling())
    assert found.high == 1.0
    assert found.low == pytest.approx(1 - 0.161, abs=0.001)  # Wilson for 0 of 20


def test_only_seeds_that_both_have_are_compared() -> None:
    first, second = scores([[1, 0], [0, 0]], seeds=(0, 1)), scores([[0, 0]], seeds=(1,))
    assert common_seeds(first, second) == (1,)
    assert Resampling().pair(scores([[1]], seeds=(0,)), scores([[1]], seeds=(1,))) is None


def test_what_learns_from_nothing_stands_beside_every_size(make_points: Make) -> None:
    found = gather(make_points("zero_shot", {"0": 0.3}) + make_points("head", {"1": 0.4, "5": 0.6}))
    level, curve = sizes_of(found, "zero_shot"), sizes_of(found, "head")
    assert [two.key.size for _, two in common_sizes(level, curve)] == ["1", "5"]
    pair = Resampling().pair(level[0], curve[1])
    assert pair is not None
    assert (pair.seeds, round(pair.gap.value, 1)) == (3, 0.3)


def test_cells_without_a_score_are_no_ground(make_points: Make) -> None:
    done, *others = make_points("head", {"5": 0.5})
    lost = [replace(others[0], status="cut", right=""), replace(others[1], right="!!!")]
    assert next(iter(gather([done, *lost]).values())).seeds == (0,)
