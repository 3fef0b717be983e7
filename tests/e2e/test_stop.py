"""Stopping: gracefully, with a turn in flight; and what is left behind when it is not graceful."""

import json
import signal

import psutil
import pytest

from tests.e2e.conftest import PARROT_BOT, OpenChat, Serve

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_stop_lets_the_turn_in_flight_finish(serve: Serve, chat: OpenChat, workers: int) -> None:
    server = serve(workers=workers)
    address = json.loads((server.home / "server.json").read_text())
    assert (address["url"], address["pid"], address["workers"]) == (server.url, server.pid, workers)
    customer = await chat(server)
    message_id = await customer.say("count 40 30")
    await customer.came("bot_token")
    assert server.stop() == 0
    assert not (server.home / "server.json").exists()
    (turn,) = server.rows("SELECT outcome, reply FROM turns WHERE message_id = ?", message_id)
    assert (turn["outcome"], turn["reply"].split()[-1]) == ("answered", "40")
    with pytest.raises(ConnectionRefusedError):
        await chat(server)
    await customer.hung_up()
    assert server.complaints() == []


async def test_a_turn_longer_than_the_grace_is_answered_after_the_next_start(serve: Serve, chat: OpenChat) -> None:
    server = serve(f"{PARROT_BOT}[server]\nshutdown_grace_s = 0.2\n")
    customer = await chat(server)
    message_id = await customer.say("count 20 100")
    await customer.came("bot_token")
    assert server.stop() == 0
    assert server.rows("SELECT 1 FROM turns") == []
    server.start()
    again = await chat(server, session_id=customer.session_id, resume_from=0)
    assert (await again.answer_to(message_id))["text"].split()[-1] == "20"
    assert server.complaints() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_stops_at_once(serve: Serve, number: signal.Signals) -> None:
    server = serve()
    assert server.process is not None
    server.process.send_signal(number)
    assert server.process.wait(10) == 0
    assert not (server.home / "server.json").exists()


def test_workers_do_not_outlive_a_killed_supervisor(serve: Serve) -> None:
    server = serve(workers=2)
    workers, port = server.children(), server.port
    server.kill()
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert alive == []
    server.start(port)
    assert server.port == port
