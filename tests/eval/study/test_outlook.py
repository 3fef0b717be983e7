"""A cell that cannot end within its limit is known by its pace."""

from eval.study.outlook import Outlook


def first_hopeless(total: int, seconds_a_step: float, limit_s: float, *, offset: float = 0.0) -> float | None:
    """Seconds after which a cell with even steps is given up."""
    outlook = Outlook(limit_s, began=1000.0)
    for done in range(total + 1):
        at = offset + done * seconds_a_step
        if at > limit_s:
            return None
        if outlook.seen("fit", done, total, 1000.0 + at) is not None:
            return at
    return None


def test_what_heads_for_more_than_twice_the_limit_is_given_up_after_a_tenth_of_it() -> None:
    assert first_hopeless(total=1000, seconds_a_step=2.5, limit_s=900) == 90.0


def test_what_may_still_end_in_time_goes_on() -> None:
    assert first_hopeless(total=1000, seconds_a_step=0.9, limit_s=900) is None
    assert first_hopeless(total=1000, seconds_a_step=1.1, limit_s=900) is None


def test_the_longer_it_is_watched_the_less_must_be_hoped_for() -> None:
    earlier, later = (first_hopeless(total=1000, seconds_a_step=pace, limit_s=900) for pace in (1.7, 1.3))
    assert earlier is not None
    assert later is not None
    assert 90 < earlier < later < 450


def test_what_went_before_the_stage_counts_in_full_and_does_not_slow_its_pace() -> None:
    assert first_hopeless(total=100, seconds_a_step=1.0, limit_s=900, offset=600.0) is None


def test_a_new_stage_is_watched_anew() -> None:
    outlook = Outlook(limit_s=100, began=0.0)
    assert outlook.seen("fit", 1, 1000, 8.0) is None
    assert outlook.seen("fit", 2, 1000, 20.0) is not None
    assert outlook.seen("ask", 20, 300, 21.0) is None
    assert outlook.seen("ask", 250, 300, 40.0) is None
    assert outlook.seen("fit", 1, 1000, 41.0) is None, "the same stage from its start again, as training in parts does"


def test_the_seconds_it_would_take_are_told() -> None:
    outlook = Outlook(limit_s=60, began=0.0)
    outlook.seen("fit", 0, 100, 0.0)
    assert outlook.seen("fit", 10, 100, 30.0) == 300.0
