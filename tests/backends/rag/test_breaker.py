"""When the endpoint is left alone."""

from typing import Any

from backends.rag.breaker import Breaker


def test_it_opens_after_failures_in_a_row_and_not_before(clock: Any) -> None:
    breaker = Breaker(3, 10, clock=clock)
    for _ in range(2):
        breaker.failed()
    breaker.succeeded()
    for _ in range(2):
        breaker.failed()
    assert breaker.state == "closed"
    breaker.failed()
    assert breaker.state == "open"
    assert not breaker.allow()


def test_after_a_while_one_request_tries(clock: Any) -> None:
    breaker = Breaker(1, 10, clock=clock)
    breaker.failed()
    clock.now += 10
    assert breaker.state == "half_open"
    assert breaker.allow()
    assert not breaker.allow(), "one at a time"
    breaker.succeeded()
    assert breaker.state == "closed"
    assert breaker.allow()


def test_a_failed_try_opens_it_again(clock: Any) -> None:
    breaker = Breaker(3, 10, clock=clock)
    for _ in range(3):
        breaker.failed()
    clock.now += 10
    assert breaker.allow()
    breaker.failed()
    assert breaker.state == "open"


def test_a_try_given_up_lets_another_one_in(clock: Any) -> None:
    breaker = Breaker(1, 10, clock=clock)
    breaker.failed()
    clock.now += 10
    assert breaker.allow()
    breaker.released()
    assert breaker.allow()
