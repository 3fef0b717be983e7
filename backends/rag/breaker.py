"""A circuit breaker: leaves a broken endpoint alone for a while. Pure but for the clock it is given."""

import time
from collections.abc import Callable
from enum import StrEnum


class State(StrEnum):
    """What the breaker lets through."""

    CLOSED = "closed"
    """Everything."""
    OPEN = "open"
    """Nothing."""
    HALF_OPEN = "half_open"
    """One request, to see whether the endpoint is back."""


class Breaker:
    """Counts failures in a row; kept in memory, one for each endpoint and process."""

    def __init__(self, failures: int, open_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Open after `failures` in a row, for `open_s` seconds."""
        self._limit = failures
        self._open_s = open_s
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._is_probing = False

    @property
    def state(self) -> State:
        """The state now."""
        if self._opened_at is None:
            return State.CLOSED
        return State.HALF_OPEN if self._clock() - self._opened_at >= self._open_s else State.OPEN

    def allow(self) -> bool:
        """Tell whether a request may go out; in the half-open state only one at a time may."""
        match self.state:
            case State.CLOSED:
                return True
            case State.OPEN:
                return False
            case State.HALF_OPEN:
                is_first, self._is_probing = not self._is_probing, True
                return is_first

    def succeeded(self) -> None:
        """The endpoint answered: close."""
        self._failures, self._opened_at, self._is_probing = 0, None, False

    def failed(self) -> None:
        """The endpoint did not answer."""
        self._failures += 1
        if self._is_probing or self._failures >= self._limit:
            self._opened_at = self._clock()
        self._is_probing = False

    def released(self) -> None:
        """A request ended without a verdict, e.g. because the customer left."""
        self._is_probing = False
