"""Once a day, whatever the clocks do."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from bot.schedule import Daily, next_at

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "UTC")


def test_the_next_time_is_today_or_tomorrow() -> None:
    at = time(2, 30)
    assert next_at(at, datetime(2026, 6, 1, 0, 0, tzinfo=BERLIN), BERLIN) == datetime(2026, 6, 1, 0, 30, tzinfo=UTC)
    assert next_at(at, datetime(2026, 6, 1, 2, 30, tzinfo=BERLIN), BERLIN) == datetime(2026, 6, 2, 0, 30, tzinfo=UTC)


def test_a_time_that_comes_twice_counts_once() -> None:
    before = datetime(2026, 10, 24, 12, 0, tzinfo=BERLIN)
    first = next_at(time(2, 30), before, BERLIN)
    second = next_at(time(2, 30), first, BERLIN)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert second == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)
    between = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)  # the clocks show 02:00 for the second time
    assert next_at(time(2, 30), between, BERLIN) == second


def test_a_time_that_is_skipped_is_made_up_for() -> None:
    due = next_at(time(2, 30), datetime(2026, 3, 28, 12, 0, tzinfo=BERLIN), BERLIN)
    assert due.astimezone(BERLIN).isoformat() == "2026-03-29T03:30:00+02:00"


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("at", [time(0, 0), time(2, 0), time(2, 30), time(23, 59)])
def test_the_scheduler_goes_through_a_year_day_by_day(name: str, at: time) -> None:
    zone = ZoneInfo(name)
    trigger = Daily(at, zone)
    fired = [trigger.get_next_fire_time(None, datetime(2011, 6, 1, tzinfo=UTC))]
    while len(fired) < 400:
        now = fired[-1] + timedelta(milliseconds=5)
        fired.append(trigger.get_next_fire_time(fired[-1], now))
    assert all(timedelta(hours=22) < later - earlier < timedelta(hours=49) for earlier, later in pairwise(fired))
    shown = [moment.astimezone(zone).time() for moment in fired]
    assert sum(each != at for each in shown) <= 1
