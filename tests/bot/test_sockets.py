"""What one customer's socket lets in, with a real store and no network."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from backends.content.content import COMMON
from bot.frames import parse
from bot.house import House, open_house
from bot.settings import Settings
from bot.sockets import Connection

SECRET = "k" * 40


class Screen:
    """The far side of a socket."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []

    async def send_text(self, data: str) -> None:
        self.frames.append(json.loads(data))

    async def close(self, code: int = 1000, reason: str | None = None) -> None: ...


class Chat:
    """One connection and what came back on it."""

    def __init__(self, house: House, address: str) -> None:
        self._screen = Screen()
        self.connection = Connection(house, self._screen, address, house.limits.frames())

    async def send(self, **frame: Any) -> list[dict[str, Any]]:
        """Send a frame and give what came back for it."""
        before = len(self._screen.frames)
        await self.connection.take(parse({"text": json.dumps(frame)}))
        await self.connection.outlet.flush()
        return self._screen.frames[before:]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    lines = "\n".join(f"  {name}:\n    - text: {name}" for name in COMMON)
    (tmp_path / "responses.yml").write_text(f"responses:\n{lines}\n", encoding="utf-8")
    table: dict[str, Any] = {
        "routing": {"arms": [{"arm": "main", "weight": 1.0, "chain": ["scripted"]}]},
        "backends": {"scripted": {"replies": {"hello": "Hello there."}}},
        "server": {"identity_secret": SECRET},
        "limits": {"session_messages_per_minute": 3, "address_messages_per_minute": 4},
    }
    opened = await open_house(Settings(**table), tmp_path, tmp_path / "var")
    yield opened
    await opened.aclose()


def count(house: House, table: str) -> int:
    return int(house.reader.read_now(lambda db: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]))


def known(name: str) -> dict[str, str]:
    return {"id": name, "hmac": hmac.new(SECRET.encode(), name.encode(), hashlib.sha256).hexdigest()}


async def test_another_customer_at_the_same_browser_does_not_see_the_conversation(house: House) -> None:
    first, second, again = (Chat(house, "127.0.0.1") for _ in range(3))
    (confirmed,) = await first.send(type="session_request", customer=known("anna"))
    await first.send(type="user_uttered", message_id="m1", text="hello")
    session_id = confirmed["session_id"]
    (other,) = await second.send(type="session_request", session_id=session_id, customer=known("ben"))
    assert (other["offset"], other["session_id"] == session_id) == (0, False)
    resumed = await again.send(type="session_request", session_id=session_id, customer=known("anna"))
    assert resumed[0]["session_id"] == session_id
    assert "hello" in [frame.get("text") for frame in resumed]


async def test_whatever_is_stored_counts_against_the_limit_of_the_session(house: House) -> None:
    chat = Chat(house, "127.0.0.1")
    await chat.send(type="session_request")
    await chat.send(type="user_uttered", message_id="m1", text="hello")
    for _ in range(2):
        await chat.send(type="resolved", value=True)
    for frame in ({"type": "resolved", "value": True}, {"type": "handoff_request"}):
        (refused,) = [frame for frame in await chat.send(**frame) if frame["type"] == "error"]
        assert refused["code"] == "rate_limited"
    assert count(house, "signals") == 2


async def test_an_address_over_its_limit_opens_no_conversation(house: House) -> None:
    for _ in range(6):
        chat = Chat(house, "203.0.113.9")
        await chat.send(type="session_request")
        await chat.send(type="handoff_request")
    assert count(house, "conversations") == 4


async def test_what_a_customer_writes_beside_messages_is_masked_too(house: House) -> None:
    chat = Chat(house, "127.0.0.1")
    await chat.send(type="session_request")
    await chat.send(type="user_uttered", message_id="m1", text="hello")
    await house.desk.aclose(5)
    (bot_message,) = house.reader.read_now(lambda db: db.execute("SELECT bot_message_id FROM turns").fetchone())
    await chat.send(type="feedback", message_id=bot_message, value=-1, reason="Mail anna@example.com instead")
    await chat.send(
        type="quick_reply", message_id="m2", reply_to=bot_message, title="Mine", payload="/mail anna@example.com"
    )
    stored = house.reader.read_now(
        lambda db: [*db.query("SELECT reason FROM signals"), *db.query("SELECT * FROM inbox")]
    )
    assert len(stored) == 2
    assert "anna" not in str(stored)
    assert str(stored).count("[email]") == 2
