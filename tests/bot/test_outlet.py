"""Order, gaps and slow clients on the way out."""

import asyncio
import json

from bot.errors import StoreError
from bot.outlet import MOST_ANSWERS, Outlet
from bot.store.rows import StoredEvent
from bot.wire import BotToken, BotUttered, Pong, StatusOut, UserUtteredOut


def bot_said(offset: int) -> StoredEvent:
    frame = BotUttered(offset=offset, at="now", message_id=f"b{offset}", reply_to=None, text=f"#{offset}", backend="x")
    return StoredEvent(offset, "c1", frame)


class Client:
    """The far side: may stop reading."""

    def __init__(self, stored: list[StoredEvent] | None = None, *, most: int = 8, timeout_s: float = 5) -> None:
        self.got: list[dict[str, object]] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.given_up = False
        self.stored = stored or []
        self.outlet = Outlet(self.send, self.give_up, most=most, timeout_s=timeout_s)
        self.outlet.attach(self.fetch, 0)

    async def send(self, text: str) -> None:
        await self.reads.wait()
        self.got.append(json.loads(text))

    async def give_up(self) -> None:
        self.given_up = True

    async def fetch(self, after: int) -> list[StoredEvent]:
        return [event for event in self.stored if event.frame.offset > after]

    def offsets(self) -> list[object]:
        return [frame["offset"] for frame in self.got if "offset" in frame]


async def test_events_leave_in_order_and_once() -> None:
    client = Client()
    for offset in (1, 2, 2, 1, 3):
        client.outlet.stored(bot_said(offset))
    await client.outlet.flush()
    assert client.offsets() == [1, 2, 3]


async def test_a_gap_is_filled_from_the_store() -> None:
    client = Client([bot_said(n) for n in (1, 2, 3)])
    client.outlet.stored(bot_said(3))
    await client.outlet.flush()
    assert client.offsets() == [1, 2, 3]


async def test_the_clients_own_message_is_not_echoed_but_counted() -> None:
    client = Client()
    client.outlet.own("m1")
    client.outlet.stored(StoredEvent(1, "c1", UserUtteredOut(offset=1, at="now", message_id="m1", text="hi")))
    client.outlet.stored(bot_said(2))
    await client.outlet.flush()
    assert client.offsets() == [2]
    assert client.outlet.last == 2


async def test_a_slow_client_loses_tokens_but_no_stored_event() -> None:
    client = Client([bot_said(n) for n in range(1, 21)], most=4)
    client.reads.clear()
    for _ in range(50):
        client.outlet.transient(BotToken(message_id="b", text="x"))
    for offset in range(1, 21):
        client.outlet.stored(bot_said(offset))
    client.reads.set()
    await client.outlet.flush()
    assert client.offsets() == list(range(1, 21))
    assert sum(frame["type"] == "bot_token" for frame in client.got) <= 5


async def test_a_client_that_does_not_read_at_all_is_given_up() -> None:
    client = Client(timeout_s=0.01)
    client.reads.clear()
    client.outlet.must(StatusOut(state="ready"))
    await client.outlet.flush()
    assert client.given_up


async def test_a_client_that_asks_on_and_does_not_read_is_given_up() -> None:
    client = Client(most=8, timeout_s=600)
    client.reads.clear()
    client.outlet.must(Pong())
    await asyncio.sleep(0)
    for _ in range(8 + MOST_ANSWERS):
        client.outlet.must(Pong())
    for _ in range(3):  # a task that was cancelled needs a moment to say so
        await asyncio.sleep(0)
    assert not client.given_up
    client.outlet.must(Pong())
    async with asyncio.timeout(5):
        await client.outlet.flush()
    assert client.given_up


async def test_answers_leave_though_the_store_cannot_be_read() -> None:
    client = Client()

    async def fetch(_after: int) -> list[StoredEvent]:
        if not client.got:
            client.outlet.must(Pong())
        raise StoreError("disk I/O error")

    client.outlet.attach(fetch, 0)
    client.outlet.stored(bot_said(3))
    await client.outlet.flush()
    await client.outlet.flush()
    assert [frame["type"] for frame in client.got] == ["pong"]


async def test_nothing_leaves_after_closing() -> None:
    client = Client()
    await client.outlet.close()
    client.outlet.stored(bot_said(1))
    client.outlet.transient(StatusOut(state="ready"))
    await client.outlet.flush()
    assert client.got == []


async def test_a_store_that_cannot_be_read_is_asked_again_with_the_next_event() -> None:
    client = Client([bot_said(n) for n in (1, 2, 3, 4)])
    fails = iter([True, False])

    async def fetch(after: int) -> list[StoredEvent]:
        if next(fails):
            raise StoreError("disk I/O error")
        return await client.fetch(after)

    client.outlet.attach(fetch, 0)
    client.outlet.stored(bot_said(3))
    await client.outlet.flush()
    assert client.offsets() == []
    client.outlet.stored(bot_said(4))
    await client.outlet.flush()
    assert client.offsets() == [1, 2, 3, 4]


async def test_nothing_is_kept_for_a_client_that_is_gone() -> None:
    client = Client()

    async def gone(_text: str) -> None:
        raise ConnectionError("reset")

    client.outlet = Outlet(gone, client.give_up, most=8, timeout_s=5)
    for offset in (1, 2):
        client.outlet.stored(bot_said(offset))
        await client.outlet.flush()
    assert client.got == []
    assert not client.given_up
