"""A hundred conversations at once: nothing wrong, nothing missing, everything in order."""

import asyncio
import statistics
import time

import pytest

from tests.e2e.chatting import Chat
from tests.e2e.conftest import Measured, OpenChat
from tests.e2e.running import Running

pytestmark = pytest.mark.slow

CONVERSATIONS, TURNS, BURST = 100, 10, 4


async def converse(customer: Chat, name: int) -> list[float]:
    """Ask, wait, ask; seconds of each turn."""
    seconds = []
    for turn in range(TURNS):
        begun = time.perf_counter()
        answer = await customer.ask(f"say c{name}t{turn}")
        seconds.append(time.perf_counter() - begun)
        assert answer["text"] == f"c{name}t{turn}"
    return seconds


async def test_a_hundred_conversations_at_once(parrot: Running, chat: OpenChat, measured: Measured) -> None:
    chats = await asyncio.gather(*(chat(parrot) for _ in range(CONVERSATIONS)))
    begun = time.perf_counter()
    turns = await asyncio.gather(*(converse(customer, name) for name, customer in enumerate(chats)))
    elapsed = time.perf_counter() - begun
    seconds = sorted(second for each in turns for second in each)
    p50, p99 = statistics.median(seconds), seconds[int(len(seconds) * 0.99)]
    measured(f"{len(seconds) / elapsed:.0f} turns/s, p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms")
    for customer in chats:
        answers = customer.of("bot_uttered")
        assert len(answers) == TURNS
        assert [answer["offset"] for answer in answers] == list(range(2, 2 * TURNS + 1, 2))
        assert not customer.of("error")
    assert parrot.complaints() == []


async def test_messages_sent_in_a_burst_are_answered_one_at_a_time_and_in_order(
    parrot: Running, chat: OpenChat
) -> None:
    chats = await asyncio.gather(*(chat(parrot) for _ in range(CONVERSATIONS)))

    async def burst(customer: Chat) -> list[str]:
        sent = [await customer.say(f"count {n + 1} 5") for n in range(BURST)]
        for message_id in sent:
            await customer.answer_to(message_id)
        return sent

    for customer, sent in zip(chats, await asyncio.gather(*map(burst, chats)), strict=True):
        assert [answer["reply_to"] for answer in customer.of("bot_uttered")] == sent
        begun_and_ended = [(f["type"], f["reply_to"]) for f in customer.of("bot_started", "bot_uttered")]
        assert begun_and_ended == [(type_, m) for m in sent for type_ in ("bot_started", "bot_uttered")]
        words = [int(answer["text"].split()[-1]) for answer in customer.of("bot_uttered")]
        assert words == list(range(1, BURST + 1))
