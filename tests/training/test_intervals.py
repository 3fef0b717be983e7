"""The Wilson interval matches published figures and stays within 0 and 1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.intervals import wilson


def test_forty_two_of_sixty_gives_the_known_interval() -> None:
    rate = wilson(42, 60)
    assert (rate.value, rate.n) == (0.7, 60)
    assert [rate.low, rate.high] == pytest.approx([0.575, 0.801], abs=5e-4)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_share_lies_within_its_interval_and_that_within_zero_and_one(counts: tuple[int, int]) -> None:
    rate = wilson(*counts)
    assert 0 <= rate.low <= rate.value <= rate.high <= 1


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (-1, 5), (6, 5)])
def test_impossible_counts_are_refused(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="expected 0 <= successes"):
        wilson(successes, trials)
