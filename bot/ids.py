"""Sortable ids, secrets and timestamps; the only place that makes them."""

import hashlib
import secrets
import time
from datetime import UTC, datetime


def new_id(prefix: str) -> str:
    """Make an id that sorts by time: prefix, 12 hex digits of milliseconds, 12 random ones."""
    return f"{prefix}_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(6)}"


def new_session_id() -> str:
    """Make a session secret of 128 random bits."""
    return secrets.token_urlsafe(16)


def hash_of(secret: str) -> str:
    """Hash a session secret for storage (SHA-256, hex)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def now() -> str:
    """The time in UTC, ISO-8601 with microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def first_id(prefix: str, at: datetime) -> str:
    """The smallest id that `new_id` can have made at a time or later."""
    return f"{prefix}_{int(at.timestamp() * 1000):012x}"
