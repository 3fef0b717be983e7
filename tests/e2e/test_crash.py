"""`kill -9` under load: what was acknowledged is stored, what was stored is answered, and nothing twice."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from websockets.exceptions import ConnectionClosed

from tests.e2e.chatting import Chat, Frame
from tests.e2e.conftest import Measured, OpenChat, Serve
from tests.e2e.running import Running

pytestmark = pytest.mark.slow

CONVERSATIONS, MESSAGES, ANSWERS = 20, 40, 150
"""The server is killed when the customers together have seen this many answers."""


@dataclass
class Customer:
    """Sends as fast as it can until the server is gone."""

    chat: Chat
    sent: list[str] = field(default_factory=list)

    async def talk(self) -> None:
        """Send messages; every third answer takes a while."""
        with suppress(ConnectionClosed):
            for number in range(MESSAGES):
                text = f"say {number}" if number % 3 else "count 5 10"
                self.sent.append(await self.chat.say(text))
                await self.chat.acknowledged(self.sent[-1])

    def acknowledged(self) -> set[str]:
        """Ids of the messages the server has taken."""
        return {f["message_id"] for f in self.chat.of("status") if f["state"] == "acknowledged"}


async def kill_under_load(server: Running, customers: list[Customer]) -> None:
    """Let all talk at once, and kill the server in the middle of it."""
    talks = [asyncio.create_task(customer.talk()) for customer in customers]

    def answers() -> int:
        return sum(len(customer.chat.of("bot_uttered")) for customer in customers)

    await asyncio.wait(
        [asyncio.create_task(customer.chat.wait(lambda _: answers() >= ANSWERS)) for customer in customers],
        return_when=asyncio.FIRST_COMPLETED,
        timeout=30,
    )
    server.kill()
    await asyncio.gather(*talks)
    for customer in customers:
        await customer.chat.hung_up()


async def test_kill_9_loses_no_acknowledged_message_and_no_answer_a_customer_has_seen(
    serve: Serve, chat: OpenChat, measured: Measured
) -> None:
    server = serve()
    customers = [Customer(await chat(server)) for _ in range(CONVERSATIONS)]
    await kill_under_load(server, customers)
    stored = {row["message_id"] for row in server.rows("SELECT message_id FROM events WHERE type = 'user_uttered'")}
    answered = {row["message_id"] for row in server.rows("SELECT message_id FROM turns")}
    frames = {row["message_id"]: row["offset"] for row in server.rows('SELECT message_id, "offset" FROM events')}
    open_ = {row["message_id"] for row in server.rows("SELECT message_id FROM inbox")}
    acknowledged = set().union(*(customer.acknowledged() for customer in customers))
    seen = [answer for customer in customers for answer in customer.chat.of("bot_uttered")]
    measured(f"{len(acknowledged)} acknowledged, {len(seen)} answers seen, {len(open_)} unanswered when killed")
    assert acknowledged - stored == set()
    assert stored == answered | open_
    assert open_ != set()  # else nothing was in flight, and the test is too gentle
    for answer in seen:
        assert frames[answer["message_id"]] == answer["offset"]
        assert answer["reply_to"] in answered
    server.start()
    await asyncio.gather(*(recovers(server, customer, chat) for customer in customers))
    turns = Counter(row["message_id"] for row in server.rows("SELECT message_id FROM turns"))
    assert set(turns.values()) == {1}
    assert set().union(*(customer.sent for customer in customers)) == set(turns)
    assert server.rows("SELECT 1 FROM inbox") == []


async def recovers(server: Running, customer: Customer, chat: OpenChat) -> None:
    """Reconnect as the widget does: resume, send again what was not acknowledged, see every message answered once."""
    before = customer.chat
    again = await chat(server, session_id=before.session_id, resume_from=before.last_offset)
    assert again.conversation_id == before.conversation_id
    for message_id in [m for m in customer.sent if m not in customer.acknowledged()]:
        await again.say("say again", message_id)
        await again.acknowledged(message_id)
    answered = {frame["reply_to"] for frame in before.of("bot_uttered")}
    for message_id in customer.sent:
        if message_id not in answered:
            await again.answer_to(message_id)
    frames: list[Frame] = before.of("bot_uttered") + again.of("bot_uttered")
    assert Counter(frame["reply_to"] for frame in frames) == Counter(customer.sent)
    offsets = [frame["offset"] for frame in frames]
    assert offsets == sorted(set(offsets))
    assert [frame["reply_to"] for frame in frames] == customer.sent


async def test_a_message_unanswered_at_the_kill_is_answered_even_if_nobody_reconnects(
    serve: Serve, chat: OpenChat
) -> None:
    server = serve()
    customer = await chat(server)
    message_id = await customer.say("count 10 100")
    await customer.came("bot_token")
    server.kill()
    server.start()
    watcher = await chat(server)
    while not server.rows("SELECT 1 FROM turns WHERE message_id = ?", message_id):
        await watcher.ask("say tick")
    again = await chat(server, session_id=customer.session_id)
    assert [frame["type"] for frame in [await again.answer_to(message_id)]] == ["bot_uttered"]
    assert [frame["type"] for frame in again.stored()] == ["user_uttered", "bot_uttered"]


async def test_a_killed_worker_is_replaced_and_its_messages_are_answered(serve: Serve, chat: OpenChat) -> None:
    server = serve(workers=2)
    customer = await chat(server)
    message_id = await customer.say("count 20 100")
    await customer.came("bot_token")
    killed = server.worker_of(customer.local_port)
    for process in server.children():
        if process.pid == killed:
            process.kill()
    await customer.hung_up()
    again = await chat(server, session_id=customer.session_id, resume_from=0)
    assert (await again.answer_to(message_id))["text"].split()[-1] == "20"
    assert server.stop() == 0
