"""Where one curve overtakes another."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from eval.study.crossing import crossing, crossings, overtaken
from eval.study.point import Point
from eval.study.resampling import Resampling
from eval.study.scores import gather

Make = Callable[..., list[Point]]
LOGS = np.log([1.0, 5.0, 20.0])


@pytest.mark.parametrize(
    ("gaps", "at"),
    [
        ([-0.2, 0.2, 0.4], np.exp((np.log(1) + np.log(5)) / 2)),
        ([-0.2, -0.1, 0.1], np.exp((np.log(5) + np.log(20)) / 2)),
        ([-0.1, 0.2, -0.3], np.inf),
        ([0.1, 0.1, 0.1], 0.0),
        ([0.1, -0.1, 0.3], 5 * 4**0.25),
        ([-0.1, 0.0, 0.1], 5.0),
    ],
)
def test_the_last_turn_of_the_lead_counts(gaps: list[float], at: float) -> None:
    assert np.exp(overtaken(np.array([gaps]), LOGS)[0]) == pytest.approx(at)


def test_a_crossing_is_found_within_its_interval(make_points: Make) -> None:
    """One is level at 60 %, the other goes from 40 to 80 % between 1 and 25: they meet at 5."""
    points = make_points("retrieved", {"1": 0.6, "5": 0.6, "25": 0.6}, n_test=1000)
    points += make_points("finetune", {"1": 0.4, "5": 0.6, "25": 0.8}, n_test=1000)
    found = crossing(gather(points), ("finetune", "retrieved"), Resampling())
    assert found is not None
    assert (found["first"], found["second"], found["state"]) == ("retrieved", "finetune", "crosses")
    assert found["low"] < 5 < found["high"]
    assert found["at"] == pytest.approx(5, rel=0.1)
    assert found["supported"] == 1.0


def test_an_end_beyond_what_was_measured_is_unknown(make_points: Make) -> None:
    points = make_points("retrieved", {"1": 0.5, "5": 0.5}, seeds=(0,), n_test=60)
    points += make_points("finetune", {"1": 0.5, "5": 0.5}, seeds=(0,), n_test=60)
    rights = ["1" * 40 + "0" * 20, "10" * 30, "0" * 60, "01" * 29 + "11"]  # at 5 by one row of 60 ahead
    points = [replace(point, right=right) for point, right in zip(points, rights, strict=True)]
    found = crossing(gather(points), ("retrieved", "finetune"), Resampling())
    assert found is not None
    assert found["high"] is None


def test_who_is_always_ahead_is_said_so(make_points: Make) -> None:
    points = make_points("head", {"1": 0.5, "5": 0.8}) + make_points("zero_shot", {"0": 0.1})
    (found,) = crossings(gather(points), Resampling())
    assert (found["state"], found["second"], found["at"]) == ("ahead", "head", None)
    assert found["second_ahead"] == 1.0


def test_who_is_level_at_the_largest_size_is_not_called_ahead(make_points: Make) -> None:
    points = make_points("retrieved", {"1": 0.5, "5": 0.5}, seeds=(0,), n_test=60)
    points += make_points("finetune", {"1": 0.4, "5": 0.5}, seeds=(0,), n_test=60)
    rights = ["1" * 60, "10" * 30, "0" * 60, "01" * 30]
    points = [replace(point, right=right) for point, right in zip(points, rights, strict=True)]
    found = crossing(gather(points), ("retrieved", "finetune"), Resampling())
    assert found is not None
    assert (found["state"], found["at"]) == ("level", None)


def test_one_size_makes_no_crossing(make_points: Make) -> None:
    points = make_points("head", {"5": 0.5}) + make_points("tfidf", {"5": 0.4})
    assert crossings(gather(points), Resampling()) == []
