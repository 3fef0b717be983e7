"""How much one conversation, one connection and one address may send: token buckets over an injected clock.

It knows addresses as text and neither sockets nor requests. Loopback is exempt from what counts by address.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from bot.errors import SettingsError
from bot.settings import LimitSection

Clock = Callable[[], float]
"""Seconds that only rise."""

MOST_BUCKETS = 50_000
"""Buckets of one kind in memory at most; the longest unused goes first."""
UNKNOWN = "unknown"
"""The address of a peer without one."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class FrameBudget:
    """The frames one connection may still send."""

    def __init__(self, per_second: int, clock: Clock) -> None:
        self._rate = float(per_second)
        self._clock = clock
        self._bucket = _Bucket(self._rate, clock())

    def allow(self) -> bool:
        """Count one frame; False when it is too many."""
        return _take(self._bucket, self._rate, self._rate, self._clock())


class Buckets:
    """One bucket for each key, full after a period of silence."""

    def __init__(self, capacity: int, period_s: float, clock: Clock, most: int = MOST_BUCKETS) -> None:
        self._capacity = float(capacity)
        self._period_s = period_s
        self._clock = clock
        self._most = most
        self._buckets: dict[str, _Bucket] = {}
        self._swept_at = clock()

    def __len__(self) -> int:
        return len(self._buckets)

    def has(self, key: str) -> bool:
        """Whether `take` would be allowed."""
        bucket = self._buckets.get(key)
        if bucket is None:
            return True
        return bucket.tokens + (self._clock() - bucket.at) * self._capacity / self._period_s >= 1

    def take(self, key: str) -> bool:
        """Count one; False when it is too many."""
        now = self._clock()
        self._sweep(now)
        bucket = self._buckets.pop(key, None) or _Bucket(self._capacity, now)
        if len(self._buckets) >= self._most:
            del self._buckets[next(iter(self._buckets))]
        self._buckets[key] = bucket
        return _take(bucket, self._capacity, self._capacity / self._period_s, now)

    def _sweep(self, now: float) -> None:
        """Forget the full ones: a new one is the same."""
        if now - self._swept_at >= self._period_s:
            self._swept_at = now
            self._buckets = {k: b for k, b in self._buckets.items() if now - b.at < self._period_s}


def _take(bucket: _Bucket, capacity: float, per_second: float, now: float) -> bool:
    bucket.tokens = min(capacity, bucket.tokens + (now - bucket.at) * per_second)
    bucket.at = now
    if bucket.tokens < 1:
        return False
    bucket.tokens -= 1
    return True


class Limits:
    """One for each worker process."""

    def __init__(self, section: LimitSection, clock: Clock = time.monotonic) -> None:
        self._section = section
        self._clock = clock
        self._proxies = _networks(section.trusted_proxies)
        self._sessions = Buckets(section.session_messages_per_minute, 60, clock)
        self._messages = Buckets(section.address_messages_per_minute, 60, clock)
        self._requests = Buckets(section.address_messages_per_minute, 60, clock)
        self._connections: dict[str, int] = {}

    def address_of(self, peer: str | None, forwarded: str | None) -> str:
        """Tell who is at the other end.

        Args:
            peer: the address the connection comes from, or None.
            forwarded: the `X-Forwarded-For` header; believed only from a trusted proxy, from right to left as far as
                the proxies named there are trusted too.
        """
        address = _parse(peer or "")
        if address is None:
            return peer or UNKNOWN
        for hop in reversed((forwarded or "").split(",")):
            if not self._is_trusted(address):
                break
            before = _parse(hop)
            if before is None:
                break
            address = before
        return str(address)

    def is_loopback(self, address: str) -> bool:
        """Whether it is this machine."""
        parsed = _parse(address)
        return parsed is not None and parsed.is_loopback

    def allow_message(self, conversation_id: str, address: str) -> bool:
        """Count one customer message; one that is refused does not count."""
        is_free = self.is_loopback(address)
        key = _key(address)
        if not self._sessions.has(conversation_id) or not (is_free or self._messages.has(key)):
            return False
        return self._sessions.take(conversation_id) and (is_free or self._messages.take(key))

    def allow_http(self, address: str) -> bool:
        """Count one request that costs a turn or tries a token."""
        return self.is_loopback(address) or self._requests.take(_key(address))

    def connect(self, address: str) -> bool:
        """Count an opened socket; False when it is too many, and then it must not be given back."""
        if self.is_loopback(address):
            return True
        key = _key(address)
        if self._connections.get(key, 0) >= self._section.address_connections:
            return False
        self._connections[key] = self._connections.get(key, 0) + 1
        return True

    def disconnect(self, address: str) -> None:
        """Give back what `connect` counted."""
        key = _key(address)
        left = self._connections.get(key, 0) - 1
        if left > 0:
            self._connections[key] = left
        else:
            self._connections.pop(key, None)

    def frames(self) -> FrameBudget:
        """The budget of a new connection."""
        return FrameBudget(self._section.session_frames_per_second, self._clock)

    def _is_trusted(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._proxies)


def _networks(proxies: Iterable[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(proxy, strict=False) for proxy in proxies)
    except ValueError as exc:
        raise SettingsError(f"limits.trusted_proxies: expected addresses or networks (10.0.0.0/8), got: {exc}") from exc


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address, with or without port and brackets; one that is IPv4 inside IPv6 becomes IPv4."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _key(address: str) -> str:
    """What an address is counted by: one customer usually has a whole /64 of IPv6."""
    parsed = _parse(address)
    return str(IPv6Network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else address
