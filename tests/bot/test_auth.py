"""The operators' token, the shop's signature, and which pages may connect."""

import hashlib
import hmac
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.auth import TOKEN_FILE, Token, load_token, origin_allowed, verify_customer
from bot.errors import SettingsError, StoreError
from bot.wire import CustomerIdentity

SECRET = SecretStr("0123456789abcdef0123456789abcdef")


def signed(customer_id: str, secret: SecretStr = SECRET) -> CustomerIdentity:
    digest = hmac.new(secret.get_secret_value().encode(), customer_id.encode(), hashlib.sha256).hexdigest()
    return CustomerIdentity(id=customer_id, hmac=digest)


def test_the_first_start_makes_a_token_that_later_starts_read(tmp_path: Path) -> None:
    first = load_token(tmp_path / "var")
    second = load_token(tmp_path / "var")
    assert first.is_new
    assert not second.is_new
    assert first.value == second.value
    assert len(first.value) >= 43
    assert [path.name for path in (tmp_path / "var").iterdir()] == [TOKEN_FILE]


def test_the_token_file_is_for_its_owner_only(tmp_path: Path) -> None:
    load_token(tmp_path)
    path = tmp_path / TOKEN_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    load_token(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_folders_have_two_tokens(tmp_path: Path) -> None:
    assert load_token(tmp_path / "a").value != load_token(tmp_path / "b").value


def test_many_workers_that_start_at_once_get_the_same_token(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        tokens = list(pool.map(load_token, [tmp_path] * 64))
    assert len({token.value for token in tokens}) == 1
    assert sum(token.is_new for token in tokens) == 1


def test_a_short_token_is_refused_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / TOKEN_FILE).write_text("secret\n")
    with pytest.raises(SettingsError, match="Delete the file"):
        load_token(tmp_path)


def test_a_folder_that_cannot_be_made_is_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")
    with pytest.raises(StoreError, match=r"operator\.token"):
        load_token(tmp_path / "var")


@pytest.mark.parametrize(
    ("header", "is_open"),
    [
        ("Bearer t0ken", True),
        ("bearer  t0ken ", True),
        ("Bearer t0kenX", False),
        ("Bearer ", False),
        ("Basic t0ken", False),
        ("t0ken", False),
        ("Bearer tökén", False),
        (None, False),
    ],
)
def test_only_the_bearer_of_the_token_may_in(header: str | None, is_open: bool) -> None:
    assert Token("t0ken").opens(header) is is_open


def test_a_lone_surrogate_is_just_a_wrong_token() -> None:
    assert not Token("t0ken").matches("\ud800")


def test_the_token_does_not_show() -> None:
    assert "t0ken" not in repr(Token("t0ken"))


def test_a_customer_signed_by_the_shop_is_vouched_for() -> None:
    identity = signed("customer-7")
    assert verify_customer(identity, SECRET)
    assert verify_customer(CustomerIdentity(id=identity.id, hmac=identity.hmac.upper()), SECRET)


@pytest.mark.parametrize(
    "identity",
    [
        CustomerIdentity(id="customer-8", hmac=signed("customer-7").hmac),
        CustomerIdentity(id="customer-7", hmac=""),
        CustomerIdentity(id="customer-7", hmac="é" * 64),
        signed("customer-7", SecretStr("another")),
    ],
)
def test_any_other_signature_is_refused(identity: CustomerIdentity) -> None:
    assert not verify_customer(identity, SECRET)


def test_without_a_secret_nobody_is_vouched_for() -> None:
    assert not verify_customer(signed("customer-7", SecretStr("")), None)


@pytest.mark.parametrize(
    ("origin", "host", "allowed", "may"),
    [
        (None, "shop.example", (), True),
        ("https://shop.example", "shop.example", (), True),
        ("https://shop.example", "shop.example:443", (), True),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", (), True),
        ("http://[::1]:8080", "[::1]:8080", (), True),
        ("http://127.0.0.1:8081", "127.0.0.1:8080", (), False),
        ("https://evil.example", "shop.example", (), False),
        ("https://evil.example", None, (), False),
        ("https://www.example", "chat.example", ("https://www.example",), True),
        ("https://WWW.example", "chat.example", ("https://www.example:443/",), True),
        ("http://www.example", "chat.example", ("https://www.example",), False),
        ("https://www.example.evil.example", "chat.example", ("https://www.example",), False),
        ("https://evil.example", "chat.example", ("*",), True),
        ("null", "chat.example", ("https://www.example",), False),
        ("null", "null", (), False),
        ("https://x:99999", "chat.example", (), False),
    ],
)
def test_pages_of_the_server_and_of_the_list_may_connect(
    origin: str | None, host: str | None, allowed: tuple[str, ...], may: bool
) -> None:
    assert origin_allowed(origin, host, allowed) is may
