"""A full disk: customers are told to try again, the process stays up, and what was acknowledged stays."""

import pytest

from tests.e2e.chatting import Chat
from tests.e2e.conftest import OpenChat, Serve
from tests.e2e.running import Running

pytestmark = pytest.mark.slow

LEFT_BYTES = 400_000
"""How much the store may still grow."""


def fill_up(server: Running) -> None:
    """Leave a little room behind the end of the write-ahead log."""
    server.limit_files(server.home.joinpath("switchboard.sqlite3-wal").stat().st_size + LEFT_BYTES)


async def until_full(customer: Chat) -> tuple[list[str], str]:
    """Send until a message is refused: ids of the acknowledged ones, and of the refused one."""
    taken: list[str] = []
    while True:
        message_id = await customer.say(f"say {len(taken)}")
        answer = await customer.wait(
            lambda f, m=message_id: (  # type: ignore[misc]
                f["type"] == "error" or (f["type"] == "status" and f["message_id"] == m)
            )
        )
        if answer["type"] == "error":
            assert (answer["code"], answer["retryable"], answer["reply_to"]) == ("storage", True, message_id)
            return taken, message_id
        taken.append(message_id)


async def test_a_full_disk_refuses_messages_and_loses_none(serve: Serve, chat: OpenChat) -> None:
    server = serve()
    customer, other = await chat(server), await chat(server)
    await customer.ask("say before")
    fill_up(server)
    taken, refused = await until_full(customer)
    assert taken != []
    await other.send({"type": "ping"})
    await other.came("pong")
    other_id = await other.say("say mine")
    error = await other.came("error", reply_to=other_id)
    assert (error["code"], error["retryable"]) == ("storage", True)
    async with server.operator() as operator:
        assert (await operator.get("/healthz")).status_code == 200
        counted = (await operator.get("/metrics")).text
    assert 'code="storage"' in counted
    stored = {row["message_id"] for row in server.rows("SELECT message_id FROM events WHERE type = 'user_uttered'")}
    assert set(taken) <= stored
    assert refused not in stored

    server.limit_files()  # somebody has made room
    await customer.say("say again", refused)
    await customer.acknowledged(refused)
    await other.say("say mine", other_id)
    assert (await other.answer_to(other_id))["text"] == "mine"
    for message_id in [*taken, refused]:
        await customer.answer_to(message_id)
    answered = [frame["reply_to"] for frame in customer.of("bot_uttered")]
    assert answered[1:] == [*taken, refused]
    assert server.stop() == 0


async def test_an_answer_that_cannot_be_stored_is_not_shown_as_one(serve: Serve, chat: OpenChat) -> None:
    server = serve()
    customer = await chat(server)
    await customer.ask("say before")
    message_id = await customer.say("count 30 30")
    await customer.came("bot_token", text="3 ")
    server.limit_files(server.home.joinpath("switchboard.sqlite3-wal").stat().st_size)
    ended = await customer.came("bot_cancelled", reply_to=message_id)
    assert not [frame for frame in customer.of("bot_uttered") if frame["reply_to"] == message_id]
    server.limit_files()
    answer = await customer.answer_to(message_id)
    assert answer["text"].split()[-1] == "30"
    assert answer["message_id"] != ended["message_id"]
