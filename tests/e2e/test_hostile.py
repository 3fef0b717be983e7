"""More than a thousand malformed and hostile frames: each is answered, nothing breaks, nobody else waits."""

import asyncio
import itertools
import json
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import connect

from tests.e2e.chatting import Chat, Frame
from tests.e2e.conftest import Measured, OpenChat
from tests.e2e.running import Running

pytestmark = pytest.mark.slow

FACTOR, SLACK_S = 8.0, 0.1
"""Another conversation's median turn may take this many times as long during the attack, plus this. One frame in
fifty carries 1 or 2 MiB, and on one core everything else waits while it is read."""

SCRIPTS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "'; DROP TABLE events; --",
    "{{7*7}} ${7*7} %s %n",
    "\u0000\u0001\u001b[2J",
    "\u202eevil\u202c\ufeff",
    "../../../../etc/passwd",
    "\U0001f4a9" * 500,
)
WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1e308,
    10**400,
    "",
    " ",
    "x" * 65,
    [],
    {},
    [[]],
    {"$ne": 1},
    "\ud800",
    "a\u0000b",
    "é" * 64,
)
TYPES = ("user_uttered", "quick_reply", "feedback", "resolved", "session_request")
FIELDS: dict[str, dict[str, Any]] = {
    "user_uttered": {"message_id": "h1", "text": "x"},
    "quick_reply": {"message_id": "h2", "reply_to": "nobody", "payload": "/x", "title": "X"},
    "feedback": {"message_id": "nobody", "value": 1},
    "resolved": {"value": True},
    "session_request": {"session_id": "x" * 32, "resume_from": 3},
}


def _dump(frame: object) -> str:
    return json.dumps(frame)  # lone surrogates are escaped, as a hostile client would


def _not_json(random_: random.Random) -> Iterator[str | bytes]:
    yield from ("", " ", "{", "}", "null", "[]", "0", '"ping"', "NaN", "{'type': 'ping'}", '{"type": "ping"', "\u0000")
    yield '{"type":"ping","type":"user_uttered"}'
    yield '{"type":"user_uttered","message_id":"h3","text":"\\ud83d"}'
    yield '{"type":"user_uttered","message_id":"h4","text":"\\u0000"}x'
    for depth in (100, 1000, 20_000):
        yield "[" * depth + "]" * depth
        yield '{"type":' * depth
        yield '{"type":"user_uttered","message_id":"h5","text":' + "[" * depth + "]" * depth + "}"
    for size in (0, 1, 100, 70_000):
        yield random_.randbytes(size)
    for _ in range(150):
        yield "".join(
            chr(random_.choice((random_.randrange(32, 127), random_.randrange(0x80, 0xD7FF)))) for _ in range(60)
        )


def _not_frames() -> Iterator[str]:
    for name in ("ping ", "PING", "__proto__", "constructor", "bot_uttered", "session_confirm", "auth", "x" * 5000):
        yield _dump({"type": name})
    for value in WRONG:
        yield _dump({"type": value})
        yield _dump({"type": "ping", "extra": value})
        yield _dump({"type": "session_request", "customer": value or 1})
    for type_, fields in FIELDS.items():
        for field, value in itertools.product(fields, WRONG):
            if (type_, field) != ("resolved", "value") or not isinstance(value, bool):
                yield _dump({"type": type_, **fields, field: value, "more": 1})
        for field in fields:
            yield _dump({"type": type_, "unknown": 1, **{k: v for k, v in fields.items() if k != field}})
    for prefix, message_id in itertools.product(
        ("user_uttered",), ("../x", "a b", "<b>", "'", "x" * 65, "é", "\n", "")
    ):
        yield _dump({"type": prefix, "message_id": message_id, "text": "say x"})


def _out_of_place() -> Iterator[str]:
    yield _dump({"type": "session_request"})
    yield _dump({"type": "session_request", "session_id": "0" * 32, "resume_from": 10**30})
    yield _dump({"type": "session_request", "customer": {"id": "anna", "hmac": "0" * 64}})
    for number in range(20):
        yield _dump({"type": "feedback", "message_id": f"unknown{number}", "value": -1, "reason": SCRIPTS[0]})
        yield _dump({**FIELDS["quick_reply"], "type": "quick_reply", "message_id": f"q{number}"})


def _texts() -> Iterator[str]:
    for number, text in enumerate(SCRIPTS * 12):
        yield _dump({"type": "user_uttered", "message_id": f"s{number}", "text": f"say {text}"})


def _huge() -> Iterator[str | bytes]:
    for number in range(8):
        yield _dump({"type": "user_uttered", "message_id": f"big{number}", "text": "A" * 1_000_000})
        yield "{" + "junk" * (2**19 - 1)
        yield b"\xff" * 2**20
        yield _dump({"type": "user_uttered", "message_id": f"long{number}", "text": "é" * 4001})


def hostile() -> list[str | bytes]:
    """All of them, well mixed, always in the same order."""
    random_ = random.Random(7)
    frames = [*_not_json(random_), *_not_frames(), *_out_of_place(), *_texts(), *_huge()]
    while len(frames) < 1200:  # true frames with one character spoilt
        good = _dump({"type": "ping"}) if len(frames) % 2 else _dump({"type": "typing"})
        place = random_.randrange(len(good))
        frames.append(f"{good[:place]}{chr(random_.randrange(1, 9))}{good[place + 1 :]}")
    random_.shuffle(frames)
    return frames


async def turns(customer: Chat, stop: asyncio.Event, least: int) -> list[float]:
    """Ask one question after the other; seconds of each turn."""
    seconds: list[float] = []
    while not stop.is_set() or len(seconds) < least:
        begun = time.perf_counter()
        await customer.ask(f"say {len(seconds)}")
        seconds.append(time.perf_counter() - begun)
    return seconds


async def answers_to(attacker: Chat, frame: str | bytes) -> list[Frame]:
    """Everything the server says to a frame before it answers the ping behind it."""
    seen = len(attacker.frames)
    await attacker.send(frame)
    await attacker.send({"type": "ping"})
    await attacker.wait(lambda f: f["type"] == "pong", since=seen)
    return attacker.frames[seen:-1]


async def test_hostile_frames_are_answered_and_slow_nobody_down(
    parrot: Running, chat: OpenChat, measured: Measured
) -> None:
    attacker, customer = await chat(parrot), await chat(parrot)
    frames, silent, idle, stop = hostile(), [], asyncio.Event(), asyncio.Event()
    idle.set()
    before = await turns(customer, idle, 100)
    others = asyncio.create_task(turns(customer, stop, 100))
    try:
        for frame in frames:
            said = await answers_to(attacker, frame)
            if not any(f["type"] == "error" or f.get("state") == "acknowledged" for f in said):
                silent.append(frame)
    finally:
        stop.set()
        with suppress(asyncio.CancelledError):
            during = await others
    assert silent == []
    quiet, busy = statistics.median(before), statistics.median(during)
    codes = {code: sum(f["code"] == code for f in attacker.of("error")) for code in _codes(attacker)}
    measured(f"{len(frames)} frames, errors {codes}")
    measured(f"median turn of another conversation {quiet * 1000:.1f} ms before, {busy * 1000:.1f} ms meanwhile")
    assert len(frames) >= 1000
    assert "internal" not in codes
    assert "storage" not in codes
    assert busy <= FACTOR * quiet + SLACK_S
    assert (await attacker.ask("say still here"))["text"] == "still here"
    assert parrot.complaints() == []


async def test_what_a_hostile_text_says_comes_back_as_the_same_text(parrot: Running, chat: OpenChat) -> None:
    customer = await chat(parrot)
    for text in SCRIPTS:
        assert (await customer.ask(f"say {text}"))["text"] == text


async def test_nothing_but_pings_is_answered_before_a_session(parrot: Running) -> None:
    async with connect(parrot.socket_url, proxy=None) as socket, asyncio.timeout(30):
        for type_, fields in FIELDS.items():
            if type_ != "session_request":
                await socket.send(_dump({"type": type_, **fields}))
                error = json.loads(await socket.recv())
                assert (error["type"], error["code"]) == ("error", "no_session")
        await socket.send('{"type": "session_request", "session_id": "not-a-session", "resume_from": 99}')
        confirm = json.loads(await socket.recv())
        assert (confirm["type"], confirm["offset"]) == ("session_confirm", 0)
        assert confirm["session_id"] != "not-a-session"


def _codes(chat: Chat) -> list[str]:
    return sorted({frame["code"] for frame in chat.of("error")})
