"""A hundred conversations at once: nothing wrong, nothing missing, everything in order."""

import asyncio
import statistics
import time
from collections.abc import Sequence

import pytest

from tests.e2e.chatting import Chat
from tests.e2e.conftest import Measured, OpenChat
from tests.e2e.running import Running

pytestmark = pytest.mark.slow

CONVERSATIONS, TURNS, BURST = 100, 10, 4


ASKED = (
    "hello",
    "thanks a lot",
    "what does shipping to germany cost",
    "when are your stores open",
    "are you a robot",
    "how long can i return things",
    "can i pay with klarna",
    "do you price match other shops",
    "how do summit points work",
    "bye",
)
"""Texts that the classifier is sure of: in 8 bits a score moves by hundredths with the texts that share its batch."""


async def converse(customer: Chat, texts: Sequence[str]) -> list[float]:
    """Ask, wait, ask; seconds of each turn."""
    seconds = []
    for text in texts:
        begun = time.perf_counter()
        await customer.ask(text)
        seconds.append(time.perf_counter() - begun)
    return seconds


async def all_at_once(chats: list[Chat], texts: list[list[str]]) -> str:
    """Let every customer have a conversation; throughput and latency in words."""
    begun = time.perf_counter()
    turns = await asyncio.gather(*map(converse, chats, texts))
    elapsed = time.perf_counter() - begun
    seconds = sorted(second for each in turns for second in each)
    p50, p99 = statistics.median(seconds), seconds[int(len(seconds) * 0.99)]
    for customer in chats:
        offsets = [answer["offset"] for answer in customer.of("bot_uttered")]
        assert offsets == list(range(2, 2 * TURNS + 1, 2))
        assert not customer.of("error")
    return f"{len(seconds) / elapsed:.0f} turns/s, p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms"


async def test_a_hundred_conversations_at_once(parrot: Running, chat: OpenChat, measured: Measured) -> None:
    chats = await asyncio.gather(*(chat(parrot) for _ in range(CONVERSATIONS)))
    texts = [[f"say c{name}t{turn}" for turn in range(TURNS)] for name in range(CONVERSATIONS)]
    measured(f"turns without a model: {await all_at_once(chats, texts)}")
    for customer, said in zip(chats, texts, strict=True):
        assert [f"say {answer['text']}" for answer in customer.of("bot_uttered")] == said
    assert parrot.complaints() == []


async def test_a_hundred_conversations_at_once_with_the_trained_classifier(
    demo: Running, chat: OpenChat, measured: Measured
) -> None:
    alone = await chat(demo)
    intents = {text: (await alone.ask(text))["intent"] for text in ASKED}
    assert len(set(intents.values())) == len(ASKED)
    assert None not in intents.values()
    chats = await asyncio.gather(*(chat(demo) for _ in range(CONVERSATIONS)))
    texts = [[ASKED[(name + turn) % len(ASKED)] for turn in range(TURNS)] for name in range(CONVERSATIONS)]
    measured(f"classifier turns: {await all_at_once(chats, texts)}")
    for customer, said in zip(chats, texts, strict=True):
        assert [answer["intent"] for answer in customer.of("bot_uttered")] == [intents[text] for text in said]
    assert demo.complaints() == []


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
