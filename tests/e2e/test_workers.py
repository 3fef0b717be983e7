"""Two server processes on one store: they agree on the routing, on the order of answers, and on who owns what."""

import asyncio
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.chatting import Chat
from tests.e2e.conftest import AsOperator, Measured, OpenChat, make_bot
from tests.e2e.running import Running

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("workers")
    running = Running(make_bot(folder / "bot"), folder / "var", workers=2)
    try:
        yield running.start()
    finally:
        running.end()


async def on_both(server: Running, chat: OpenChat, **request: object) -> list[Chat]:
    """Open chats until each worker has one."""
    found: dict[int, Chat] = {}
    async with asyncio.timeout(60):
        while len(found) < 2:
            opened = await chat(server, **request)
            found.setdefault(server.worker_of(opened.local_port), opened)
    return list(found.values())


async def operator_on_another_worker(server: Running, operator: AsOperator, worker: int) -> httpx.AsyncClient:
    """An operator whose connection is held by a worker other than this one."""
    async with asyncio.timeout(60):
        while True:
            client = operator(server)
            answer = await client.get("/healthz")
            local_port = answer.extensions["network_stream"].get_extra_info("client_addr")[1]
            if server.worker_of(local_port) != worker:
                return client


async def test_a_change_of_the_routing_holds_in_every_worker_within_a_second(
    server: Running, chat: OpenChat, operator: AsOperator, measured: Measured
) -> None:
    chats, client = await on_both(server, chat), operator(server)
    for customer in chats:
        assert (await customer.ask("say here"))["backend"] == "parrot"
    version = (await client.get("/api/routing")).json()["version"]
    change: dict[str, object] = {"backends": {"parrot": {"enabled": False}}, "why": "test"}
    answer = await client.put("/api/routing", json=change, headers={"if-match": str(version)})
    assert answer.status_code == 200, answer.text
    changed = time.perf_counter()

    async def seconds_until_off(customer: Chat) -> float:
        while (await customer.ask("say here"))["backend"] == "parrot":
            assert time.perf_counter() - changed < 10
        return time.perf_counter() - changed

    took = [await seconds_until_off(customer) for customer in chats]
    measured(f"in effect after {' and '.join(f'{seconds * 1000:.0f}' for seconds in took)} ms, seen in answers")
    assert max(took) < 1.0
    stale = await client.put("/api/routing", json=change, headers={"if-match": str(version)})
    assert stale.status_code == 409
    (row,) = server.rows("SELECT who, why FROM routing WHERE version = ?", version + 1)
    assert (row["who"], row["why"]) == ("ada", "test")
    change["backends"] = {"parrot": {"enabled": True}}
    answer = await client.put("/api/routing", json=change, headers={"if-match": str(version + 1)})
    assert answer.json()["backends"]["parrot"]["enabled"]


async def test_of_two_changes_at_once_one_wins(server: Running, operator: AsOperator) -> None:
    clients = [operator(server) for _ in range(4)]
    version = (await clients[0].get("/api/routing")).json()["version"]
    answers = await asyncio.gather(
        *(
            client.put("/api/routing", json={"error_budget": 0.01 * n}, headers={"if-match": str(version)})
            for n, client in enumerate(clients, 1)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


async def test_messages_through_sockets_of_two_workers_are_answered_in_order(server: Running, chat: OpenChat) -> None:
    first = await chat(server)
    await first.ask("say first")
    tabs = await on_both(server, chat, session_id=first.session_id)

    async def burst(tab: Chat) -> list[str]:
        return [await tab.say(f"count {n % 3 + 1} 10") for n in range(12)]

    sent = [message_id for each in await asyncio.gather(*map(burst, tabs)) for message_id in each]
    for message_id in sent:
        for tab in tabs:
            await tab.answer_to(message_id)
    await first.wait(lambda _: len(first.of("bot_uttered")) == 1 + len(sent))
    of, mine = "WHERE conversation_id = ?", first.conversation_id
    events = server.rows(f'SELECT type, message_id FROM events {of} ORDER BY "offset"', mine)
    asked = [event["message_id"] for event in events if event["type"] == "user_uttered"]
    turns = server.rows(f"SELECT message_id FROM turns {of} ORDER BY answered_at, id", mine)
    answered = [turn["message_id"] for turn in turns]
    assert sorted(asked[1:]) == sorted(sent)
    assert answered == asked
    for tab in [*tabs, first]:
        assert [frame["reply_to"] for frame in tab.of("bot_uttered")] == asked
        offsets = [frame["offset"] for frame in tab.stored()]
        assert offsets == sorted(set(offsets))


async def test_a_take_over_on_one_worker_ends_an_answer_that_streams_on_the_other(
    server: Running, chat: OpenChat, operator: AsOperator, measured: Measured
) -> None:
    customer = await chat(server)
    ada = await operator_on_another_worker(server, operator, server.worker_of(customer.local_port))
    message_id = await customer.say("count 300 50")
    await customer.came("bot_token", text="3 ")
    begun = time.perf_counter()
    answer = await ada.post(f"/api/conversations/{customer.conversation_id}/take-over")
    assert answer.status_code == 200, answer.text
    cancelled = await customer.came("bot_cancelled", reply_to=message_id)
    measured(f"an answer was cut off {(time.perf_counter() - begun) * 1000:.0f} ms after the operator's click")
    assert time.perf_counter() - begun < 2
    assert cancelled["reason"] == "owner_changed"
    await customer.came("owner_changed", owner="operator")
    await customer.acknowledged(await customer.say("say something"))
    await ada.post(f"/api/conversations/{customer.conversation_id}/reply", json={"text": "Ada here."})
    said = await customer.came("operator_uttered")
    assert (said["text"], said["operator"]) == ("Ada here.", "ada")
    await ada.post(f"/api/conversations/{customer.conversation_id}/hand-back")
    await customer.came("owner_changed", owner="bot")
    await customer.ask("say again")
    assert [frame["text"] for frame in customer.of("bot_uttered")] == ["again"]
    (turn,) = server.rows("SELECT outcome FROM turns WHERE message_id = ?", message_id)
    assert turn["outcome"] == "suppressed"


async def test_a_customer_on_either_worker_sees_what_happens_on_the_other(server: Running, chat: OpenChat) -> None:
    first = await chat(server)
    await first.ask("say zero")
    left, right = await on_both(server, chat, session_id=first.session_id)
    begun = time.perf_counter()
    asked = await left.say("say one")
    await right.came("user_uttered", message_id=asked)
    await right.answer_to(asked)
    assert time.perf_counter() - begun < 2
    await right.send({"type": "handoff_request"})
    for tab in (left, right, first):
        await tab.came("owner_changed", owner="queue")
        await tab.came("bot_uttered", reply_to=asked)
    assert [frame["offset"] for frame in left.stored()] == [1, 2, 4, 5, 6]  # without its own message
    assert [frame["offset"] for frame in right.stored()] == [1, 2, 3, 4, 5, 6]
    assert [frame["offset"] for frame in first.stored()] == [2, 3, 4, 5, 6]
