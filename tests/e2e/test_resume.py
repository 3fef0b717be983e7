"""What a customer sees after a reload, in a second tab, with a resent message, and over a slow line."""

import asyncio
import statistics
import time

import pytest

from tests.e2e.chatting import Chat
from tests.e2e.conftest import PARROT_BOT, OpenChat, Serve
from tests.e2e.running import Running

pytestmark = pytest.mark.slow

PATIENCE_S = 0.5
IMPATIENT = f"{PARROT_BOT}[server]\nsend_queue = 8\nsend_timeout_s = {PATIENCE_S}\n"


def shape(chat: Chat) -> list[tuple[int, str, str]]:
    """The stored frames: offset, type, text."""
    return [(frame["offset"], frame["type"], frame["text"]) for frame in chat.stored()]


async def test_a_reload_brings_back_the_whole_conversation_own_messages_included(
    parrot: Running, chat: OpenChat
) -> None:
    first = await chat(parrot)
    for word in ("one", "two"):
        await first.ask(f"say {word}")
    await first.close()
    again = await chat(parrot, session_id=first.session_id)
    await again.came("bot_uttered", text="two")
    assert again.conversation_id == first.conversation_id
    assert shape(again) == [
        (1, "user_uttered", "say one"),
        (2, "bot_uttered", "one"),
        (3, "user_uttered", "say two"),
        (4, "bot_uttered", "two"),
    ]


async def test_resuming_brings_only_what_was_missed_in_order_and_once(parrot: Running, chat: OpenChat) -> None:
    first = await chat(parrot)
    await first.ask("say one")
    seen = first.last_offset
    await first.close()
    other = await chat(parrot, session_id=first.session_id, resume_from=0)
    for number in range(20):
        await other.ask(f"say {number}")
    again = await chat(parrot, session_id=first.session_id, resume_from=seen)
    live = await other.ask("say live")
    await again.came("bot_uttered", message_id=live["message_id"])
    assert [frame["offset"] for frame in again.stored()] == list(range(seen + 1, live["offset"] + 1))
    current = await chat(parrot, session_id=first.session_id, resume_from=live["offset"])
    await current.ask("say last")
    assert [frame["text"] for frame in current.stored()] == ["last"]


async def test_an_answer_that_streams_while_the_customer_is_away_is_there_afterwards(
    parrot: Running, chat: OpenChat
) -> None:
    first = await chat(parrot)
    message_id = await first.say("count 40 20")
    await first.came("bot_token")
    first.socket.transport.abort()
    again = await chat(parrot, session_id=first.session_id, resume_from=0)
    answer = await again.answer_to(message_id)
    assert answer["text"].split() == [str(n) for n in range(1, 41)]
    assert len(parrot.rows("SELECT 1 FROM turns WHERE message_id = ?", message_id)) == 1


async def test_a_message_sent_twice_is_acknowledged_twice_and_answered_once(parrot: Running, chat: OpenChat) -> None:
    customer = await chat(parrot)
    for _ in range(3):
        await customer.say("count 3 20", "same-id")
    await customer.answer_to("same-id")
    await customer.say("count 3 20", "same-id")
    await customer.ask("say next")
    acknowledged = [f for f in customer.of("status") if f["state"] == "acknowledged" and f["message_id"] == "same-id"]
    assert len(acknowledged) == 4
    assert [answer["reply_to"] for answer in customer.of("bot_uttered")].count("same-id") == 1
    again = await chat(parrot, session_id=customer.session_id)
    await again.came("bot_uttered", text="next")
    await again.say("count 3 20", "same-id")
    await again.acknowledged("same-id")
    assert [frame["text"] for frame in again.stored()] == ["count 3 20", "1 2 3", "say next", "next"]


async def test_two_tabs_see_the_same_and_neither_sees_its_own_message_twice(parrot: Running, chat: OpenChat) -> None:
    left = await chat(parrot)
    await left.ask("say zero")
    right = await chat(parrot, session_id=left.session_id, resume_from=left.last_offset)
    asked_left = await left.say("count 2 10")
    await right.came("user_uttered", message_id=asked_left, text="count 2 10")
    await right.answer_to(asked_left)
    asked_right = await right.say("say two")
    await left.came("user_uttered", message_id=asked_right, text="say two")
    await left.answer_to(asked_right)
    await right.answer_to(asked_right)
    assert [f["message_id"] for f in left.of("user_uttered")] == [asked_right]
    assert [f["message_id"] for f in right.of("user_uttered")] == [asked_left]
    for tab in (left, right):
        tokens = "".join(frame["text"] for frame in tab.of("bot_token"))
        assert tokens == "1 2 "


async def test_a_customer_who_reads_nothing_slows_nobody_down_and_misses_nothing(serve: Serve, chat: OpenChat) -> None:
    server = serve(IMPATIENT)
    slow, quick = await chat(server, read=False), await chat(server)
    sent = [await slow.say(f"flood {300 + n}") for n in range(30)]
    seconds: list[float] = []
    first = time.perf_counter()
    while (
        time.perf_counter() - first < 4 * PATIENCE_S  # until the server must have lost its own
        or len(server.rows("SELECT 1 FROM turns WHERE message_id = ?", sent[-1])) == 0
    ):
        begun = time.perf_counter()
        await quick.ask(f"say {len(seconds)}", timeout_s=20)
        seconds.append(time.perf_counter() - begun)
    assert statistics.median(seconds) < 0.5
    again = await chat(server, session_id=slow.session_id, resume_from=0)
    await again.answer_to(sent[-1])
    assert [frame["offset"] for frame in again.stored()] == list(range(1, 2 * len(sent) + 1))
    assert [len(answer["text"]) for answer in again.of("bot_uttered")] == [1000 * (300 + n) for n in range(30)]
    slow.read()
    await slow.hung_up()  # it was given up, and finds out when it reads
    assert server.complaints() == []


async def test_hanging_up_in_the_middle_of_everything_leaves_no_trace_in_the_log(serve: Serve, chat: OpenChat) -> None:
    server = serve()
    for _ in range(20):
        customers = await asyncio.gather(*(chat(server) for _ in range(5)))
        for customer in customers:
            await customer.say("flood 50")
            await customer.came("bot_token")
            customer.socket.transport.abort()
    steady = await chat(server)
    assert (await steady.ask("say fine"))["text"] == "fine"
    assert server.stop() == 0
    assert server.complaints() == []
