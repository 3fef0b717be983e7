"""Token buckets over a clock that the test turns."""

import pytest

from bot.errors import SettingsError
from bot.limits import UNKNOWN, Buckets, Limits
from bot.settings import LimitSection


class Clock:
    """Seconds that rise when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def limits(clock: Clock, **values: object) -> Limits:
    return Limits(LimitSection.model_validate(values), clock)


def test_a_conversation_may_send_so_many_messages_a_minute_and_then_as_fast_as_they_refill(clock: Clock) -> None:
    house = limits(clock, session_messages_per_minute=3)
    assert [house.allow_message("c1", "203.0.113.1") for _ in range(4)] == [True, True, True, False]
    clock.now += 19
    assert not house.allow_message("c1", "203.0.113.1")
    clock.now += 1
    assert house.allow_message("c1", "203.0.113.1")
    assert not house.allow_message("c1", "203.0.113.1")


def test_conversations_do_not_share_a_budget(clock: Clock) -> None:
    house = limits(clock, session_messages_per_minute=1)
    assert house.allow_message("c1", "203.0.113.1")
    assert house.allow_message("c2", "203.0.113.1")


def test_an_address_has_a_budget_over_all_its_conversations(clock: Clock) -> None:
    house = limits(clock, address_messages_per_minute=2)
    assert [house.allow_message(f"c{i}", "203.0.113.1") for i in range(3)] == [True, True, False]
    assert house.allow_message("c9", "203.0.113.2")


def test_loopback_is_exempt_from_the_address_limit_but_not_from_the_session_limit(clock: Clock) -> None:
    house = limits(clock, address_messages_per_minute=1, session_messages_per_minute=2)
    assert all(house.allow_message(f"c{i}", "127.0.0.1") for i in range(10))
    assert [house.allow_message("c", "::1") for _ in range(3)] == [True, True, False]
    assert all(house.allow_http("127.0.0.1") for _ in range(10))


def test_a_refused_message_costs_the_other_budget_nothing(clock: Clock) -> None:
    house = limits(clock, session_messages_per_minute=1, address_messages_per_minute=2)
    assert house.allow_message("c1", "203.0.113.1")
    assert not any(house.allow_message("c1", "203.0.113.1") for _ in range(5))
    assert house.allow_message("c2", "203.0.113.1")


def test_a_silent_bucket_never_holds_more_than_its_capacity(clock: Clock) -> None:
    house = limits(clock, session_messages_per_minute=2)
    assert house.allow_message("c1", "203.0.113.1")
    clock.now += 24 * 3600
    assert [house.allow_message("c1", "203.0.113.1") for _ in range(3)] == [True, True, False]


def test_connections_are_counted_by_address_and_given_back(clock: Clock) -> None:
    house = limits(clock, address_connections=2)
    assert [house.connect("203.0.113.1") for _ in range(3)] == [True, True, False]
    assert house.connect("203.0.113.2")
    house.disconnect("203.0.113.1")
    assert [house.connect("203.0.113.1") for _ in range(2)] == [True, False]
    assert all(house.connect("127.0.0.1") for _ in range(100))


def test_giving_back_more_than_was_taken_earns_nothing(clock: Clock) -> None:
    house = limits(clock, address_connections=1)
    house.disconnect("203.0.113.1")
    house.disconnect("203.0.113.1")
    assert [house.connect("203.0.113.1") for _ in range(2)] == [True, False]


def test_the_addresses_of_one_ipv6_network_share_a_budget(clock: Clock) -> None:
    house = limits(clock, address_connections=1)
    assert house.connect("2001:db8::1")
    assert not house.connect("2001:db8::2")
    assert house.connect("2001:db8:0:1::1")


def test_each_connection_has_its_own_frames_a_second(clock: Clock) -> None:
    house = limits(clock, session_frames_per_second=2)
    first, second = house.frames(), house.frames()
    assert [first.allow() for _ in range(3)] == [True, True, False]
    assert second.allow()
    clock.now += 0.5
    assert [first.allow() for _ in range(2)] == [True, False]


def test_requests_are_counted_apart_from_messages(clock: Clock) -> None:
    house = limits(clock, address_messages_per_minute=1)
    assert house.allow_http("203.0.113.1")
    assert not house.allow_http("203.0.113.1")
    assert house.allow_message("c1", "203.0.113.1")


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.1", None, "203.0.113.1"),
        ("203.0.113.1", "198.51.100.7", "203.0.113.1"),
        ("10.0.0.5", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.5", "1.2.3.4, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.5", "198.51.100.7, 10.0.0.9", "198.51.100.7"),
        ("10.0.0.5", "198.51.100.7:4711", "198.51.100.7"),
        ("10.0.0.5", "[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.5", "127.0.0.1, garbage", "10.0.0.5"),
        ("10.0.0.5", "", "10.0.0.5"),
        ("::ffff:203.0.113.1", None, "203.0.113.1"),
        (None, "198.51.100.7", UNKNOWN),
        ("testclient", "198.51.100.7", "testclient"),
    ],
)
def test_forwarded_addresses_are_believed_only_from_a_trusted_proxy(
    clock: Clock, peer: str | None, forwarded: str | None, address: str
) -> None:
    house = limits(clock, trusted_proxies=("10.0.0.0/8",))
    assert house.address_of(peer, forwarded) == address


def test_a_stranger_cannot_claim_to_be_loopback(clock: Clock) -> None:
    house = limits(clock)
    assert not house.is_loopback(house.address_of("203.0.113.1", "127.0.0.1"))
    assert house.is_loopback(house.address_of("::ffff:127.0.0.1", None))
    assert not house.is_loopback(UNKNOWN)


def test_a_wrong_proxy_is_refused_with_its_name(clock: Clock) -> None:
    with pytest.raises(SettingsError, match=r"trusted_proxies.*'proxy\.example'"):
        limits(clock, trusted_proxies=("proxy.example",))


def test_full_buckets_are_forgotten(clock: Clock) -> None:
    buckets = Buckets(10, 60, clock)
    for number in range(1000):
        buckets.take(f"c{number}")
    assert len(buckets) == 1000
    clock.now += 61
    buckets.take("new")
    assert len(buckets) == 1


def test_no_flood_of_addresses_fills_the_memory(clock: Clock) -> None:
    buckets = Buckets(1, 60, clock, most=100)
    for number in range(10_000):
        buckets.take(f"c{number}")
    assert len(buckets) == 100
    assert not buckets.take("c9999")
