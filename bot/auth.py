"""Who may do what: the operators' token, the shop's signature under a customer id, and which pages may connect.

It knows neither requests nor sockets; headers come as text.
"""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.errors import SettingsError, StoreError
from bot.wire import CustomerIdentity

TOKEN_FILE = "operator.token"
MIN_CHARS = 32
DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


@dataclass(frozen=True, slots=True)
class Token:
    """The operators' token; never shown by `repr`."""

    value: str = field(repr=False)
    is_new: bool = False
    """It was made just now and has to be told to somebody."""

    def matches(self, given: str | None) -> bool:
        """Compare in constant time."""
        return given is not None and hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self.value.encode())

    def opens(self, authorization: str | None) -> bool:
        """Whether an `Authorization` header carries it as a bearer token."""
        return self.matches(bearer(authorization))


def bearer(authorization: str | None) -> str | None:
    """The token in an `Authorization` header; None when it carries none."""
    scheme, _, given = (authorization or "").strip().partition(" ")
    return given.strip() or None if scheme.lower() == "bearer" else None


def load_token(home: Path) -> Token:
    """Read the operators' token, made at the first start. Several processes may call it at once and get the same.

    Raises:
        SettingsError: the file holds no usable token.
        StoreError: the file can neither be read nor made.
    """
    path = home / TOKEN_FILE
    try:
        home.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists() and _make(path)
        path.chmod(0o600)
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise StoreError(f"cannot read or make the operator token {path}: {exc}") from exc
    if len(value) < MIN_CHARS:
        raise SettingsError(
            f"{path}: expected an operator token of {MIN_CHARS} or more characters, got {len(value)}."
            " Delete the file and start again to get a new one."
        )
    return Token(value, is_new)


def _make(path: Path) -> bool:
    """Write a token where there is none yet; False when another process was faster.

    The file gets its name only once it is whole, so that nobody reads half a token.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            handle.write(secrets.token_urlsafe(32) + "\n")
            handle.flush()
            os.fsync(handle.fileno())
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    return True


def verify_customer(identity: CustomerIdentity, secret: SecretStr | None) -> bool:
    """Tell whether the shop has signed this customer id: hex HMAC-SHA256 of the id with the shared secret.

    Without a secret nobody can be vouched for.
    """
    if secret is None:
        return False
    expected = hmac.new(
        secret.get_secret_value().encode(), identity.id.encode("utf-8", "surrogatepass"), hashlib.sha256
    ).hexdigest()
    return hmac.compare_digest(identity.hmac.strip().lower().encode("utf-8", "surrogatepass"), expected.encode())


def origin_allowed(origin: str | None, host: str | None, allowed: tuple[str, ...]) -> bool:
    """Tell whether a page may connect.

    Args:
        origin: the `Origin` header; None means that no browser is asking.
        host: the `Host` header: pages of the server itself may always connect.
        allowed: origins of other pages, `*` for any.
    """
    if origin is None or "*" in allowed:
        return True
    own = _place(origin)
    if own is None:
        return False
    return own[1:] == _host(host, own[0]) or own in {_place(entry) for entry in allowed}


def _place(origin: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port of an origin; None when it is none (`null`, garbage)."""
    try:
        parts = urlsplit(origin.strip().lower())
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.scheme and parts.hostname else None


def _host(host: str | None, scheme: str) -> tuple[str, int | None] | None:
    place = _place(f"{scheme}://{host}") if host else None
    return place and place[1:]
