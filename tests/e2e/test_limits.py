"""What customers and strangers may not do, on a real server."""

import stat

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.e2e.conftest import PARROT_BOT, OpenChat, Serve
from tests.e2e.running import Running

pytestmark = pytest.mark.slow

TIGHT = PARROT_BOT.replace("messages_per_minute = 100000", "messages_per_minute = 5").replace(
    "frames_per_second = 100000", "frames_per_second = 20"
)


async def test_messages_over_the_rate_are_refused_and_the_others_answered(serve: Serve, chat: OpenChat) -> None:
    server = serve(TIGHT)
    customer = await chat(server)
    sent = [await customer.say(f"say {n}") for n in range(8)]
    answers = [await customer.answer_to(message_id) for message_id in sent[:5]]
    assert [answer["text"] for answer in answers] == ["0", "1", "2", "3", "4"]
    for message_id in sent[5:]:
        error = await customer.came("error", reply_to=message_id)
        assert (error["code"], error["retryable"]) == ("rate_limited", True)
    stored = [row["message_id"] for row in server.rows("SELECT message_id FROM events WHERE type = 'user_uttered'")]
    assert stored == sent[:5]
    other = await chat(server)
    assert (await other.ask("say mine"))["text"] == "mine"


async def test_a_flood_of_frames_is_refused_and_the_connection_stays(serve: Serve, chat: OpenChat) -> None:
    customer = await chat(serve(TIGHT))
    for _ in range(100):
        await customer.send({"type": "ping"})
    await customer.wait(lambda _: len(customer.of("pong", "error")) == 100)
    refused = customer.of("error")
    assert {error["code"] for error in refused} == {"rate_limited"}
    assert len(refused) >= 70  # 20 at once, and a few more while the test was sending
    before = len(customer.frames)
    while customer.of("pong")[-1] not in customer.frames[before:]:  # the budget comes back
        await customer.send({"type": "ping"})
        await customer.wait(lambda f: f["type"] in {"pong", "error"}, since=len(customer.frames))


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://127.0.0.1:1"])
async def test_a_page_of_another_origin_is_refused(parrot: Running, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        await connect(parrot.socket_url, origin=origin, proxy=None)  # type: ignore[arg-type]
    assert refusal.value.response.status_code == 403


async def test_the_servers_own_pages_and_programs_may_connect(parrot: Running) -> None:
    for origin in (parrot.url, None):
        async with connect(parrot.socket_url, origin=origin, proxy=None) as socket:  # type: ignore[arg-type]
            await socket.send('{"type": "ping"}')
            assert await socket.recv() == '{"type":"pong"}'


def test_the_operators_token_is_for_its_owner_alone_and_printed_once(serve: Serve) -> None:
    server = serve()
    path = server.home / "operator.token"
    token = path.read_text().strip()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(token) >= 32
    server.stop()
    server.start()
    assert path.read_text().strip() == token
    assert server.log.read_text().count(token) == 1
