"""Tells early that a cell cannot end within its limit, from the steps it has made."""

from dataclasses import dataclass

WATCHED = 0.1
"""Share of the limit for which a stage is watched before its pace is believed."""
KNOWN = 0.5
"""Share after which a pace is as sure as it gets."""
HOPELESS, SURE = 2.0, 1.25
"""Multiples of the limit that a cell must be heading for after `WATCHED`, and from `KNOWN` on: a pace may rise."""


@dataclass(slots=True)
class Outlook:
    """How fast a cell goes; times in seconds of one clock."""

    limit_s: float
    began: float
    """When the cell began."""
    _stage: tuple[str, int] = ("", 0)
    _done: int = 0
    _stage_began: float = 0.0
    _stage_done: int = 0

    def seen(self, stage: str, done: int, total: int, at: float) -> float | None:
        """Take in a step, `done` of `total` in a stage.

        Returns:
            Seconds that the cell would take at least, if that is hopeless; else None.
        """
        if (stage, total) != self._stage or done < self._done:
            self._stage, self._stage_began, self._stage_done = (stage, total), at, done
        self._done = done
        watched, made = at - self._stage_began, done - self._stage_done
        if made < 1 or watched < WATCHED * self.limit_s:
            return None
        needed = at - self.began + (total - done) * watched / made
        sureness = min((watched / self.limit_s - WATCHED) / (KNOWN - WATCHED), 1.0)
        return needed if needed > (HOPELESS + (SURE - HOPELESS) * sureness) * self.limit_s else None
