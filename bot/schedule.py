"""When the next nightly run is due: once a day at a local time, whatever the clocks do. No process, no disk."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from apscheduler.triggers.base import BaseTrigger


def next_at(at: time, after: datetime, zone: tzinfo) -> datetime:
    """The first moment after another at which the clocks of a zone show a time of day, once a day.

    Where the clocks go back, the first of the two moments counts; where they skip the time, the moment that would
    have been it. (The library's own CronTrigger gives the second of two such moments for ever, which stops the loop
    that asks it: seen with APScheduler 3.11.3, Europe/Berlin, 02:30 on 25 October 2026.)

    Args:
        at: time of day, without a zone.
        after: aware.
        zone: whose clocks.

    Returns:
        In UTC.
    """
    today = after.astimezone(zone).date()
    return next(due for days in range(-1, 3) if (due := _moment(today + timedelta(days), at, zone)) > after)


class Daily(BaseTrigger):  # type: ignore[misc]  # the library has no types
    """Tells the scheduler when to fire."""

    def __init__(self, at: time, zone: tzinfo) -> None:
        """Fire when the clocks of a zone show a time of day."""
        self._at = at
        self._zone = zone

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The next moment after the previous one, or after now."""
        return next_at(self._at, previous or now, self._zone)


def _moment(day: date, at: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
