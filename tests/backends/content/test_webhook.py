"""A webhook gets one signed request with the idempotency key, and its answers are told apart."""

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import sha256

import pytest

from backends.content.actions import ActionError, Actions, Call, calling
from backends.content.flows import ActionSection
from backends.content.webhook import webhook
from backends.contract import BackendError, Customer


class Request:
    """One request as it came over the wire."""

    def __init__(self, head: bytes, body: bytes) -> None:
        first, *lines = head.decode().split("\r\n")
        self.method = first.split()[0]
        self.headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines if line)}
        self.body = body


@asynccontextmanager
async def serving(answer: Callable[[Request], tuple[int, str]]) -> AsyncIterator[tuple[str, list[Request]]]:
    """A little HTTP server on loopback that answers every POST."""
    requests: list[Request] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(Request(head, b"").headers["content-length"])
        requests.append(Request(head, await reader.readexactly(length)))
        status, body = answer(requests[-1])
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook", requests
    finally:
        server.close()
        await server.wait_closed()


async def test_the_request_names_the_action_the_slots_and_the_customer_and_is_signed() -> None:
    async with serving(lambda _: (200, '{"ticket": 7}')) as (url, requests):
        with calling(Call("turn-1")):
            result = await webhook("book", url, 5.0, "s3cret")({"code": "Q-1"}, Customer("c1", "v1"))
    assert result == {"ticket": 7}
    (request,) = requests
    assert request.method == "POST"
    assert json.loads(request.body) == {
        "action": "book",
        "slots": {"code": "Q-1"},
        "customer": {"id": "c1", "visitor_id": "v1"},
    }
    assert request.headers["idempotency-key"] == "turn-1"
    expected = hmac.new(b"s3cret", request.body, sha256).hexdigest()
    assert request.headers["x-switchboard-signature"] == f"sha256={expected}"


async def test_a_look_up_has_no_key_and_without_a_secret_nothing_is_signed() -> None:
    async with serving(lambda _: (200, "{}")) as (url, requests):
        await webhook("look", url, 5.0)({}, Customer())
    assert not {"idempotency-key", "x-switchboard-signature"} & requests[0].headers.keys()


async def test_a_4xx_with_a_code_is_a_refusal() -> None:
    async with serving(lambda _: (409, '{"code": "too_late", "since": 3}')) as (url, _):
        assert await webhook("book", url, 5.0)({}, Customer()) == ActionError("too_late", {"since": "3"})


@pytest.mark.parametrize(
    ("status", "body"), [(500, '{"code": "too_late"}'), (404, "{}"), (200, "<html>"), (200, "[1]"), (302, "{}")]
)
async def test_every_other_answer_is_a_broken_dependency(status: int, body: str) -> None:
    async with serving(lambda _: (status, body)) as (url, _):
        with pytest.raises(BackendError, match="webhook book"):
            await webhook("book", url, 5.0)({}, Customer())


async def test_a_dead_webhook_is_a_failed_action() -> None:
    async with serving(lambda _: (200, "{}")) as (url, _):
        dead = url
    section = ActionSection.model_validate({"url": dead})
    actions = Actions({"book": webhook("book", dead, 1.0)}, {"book": section})
    result = await actions.run("book", {}, Customer(), Call("k"))
    assert (result.ok, dict(result.values)) == (False, {"code": "failed"})
