"""A chat endpoint and everything that may go wrong with one."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from backends.rag.llm import Generation, Llm, LlmError
from backends.rag.prompt import Prompt

PROMPT = Prompt("Be brief.", "Question: how much?", 1)


async def read(llm: Llm, *, within_s: float = 2.0) -> tuple[str, Generation]:
    """Read an answer to its end."""
    generation = Generation(PROMPT)
    deadline_at = asyncio.get_running_loop().time() + within_s
    pieces = [piece async for piece in llm.stream(generation, deadline_at=deadline_at)]
    return "".join(pieces), generation


async def code_of(llm: Llm, *, within_s: float = 2.0) -> str:
    """Ask, and give the code of the error."""
    with pytest.raises(LlmError) as caught:
        await read(llm, within_s=within_s)
    return caught.value.code


async def test_pieces_arrive_in_order_and_are_counted(make_llm: Callable[..., Llm], endpoint: Any) -> None:
    endpoint.say("It is ", "free.", usage={"prompt_tokens": 11, "completion_tokens": 4, "total_tokens": 15})
    llm = make_llm(usd_per_million_prompt=2.0, usd_per_million_completion=10.0)
    text, generation = await read(llm)
    assert text == generation.text == "It is free."
    assert generation.tokens() == (11, 4)
    assert llm.cost_of(generation).cost_usd == pytest.approx((11 * 2 + 4 * 10) / 1e6)
    assert generation.first_token_s is not None


async def test_tokens_are_estimated_where_nobody_counts(make_llm: Callable[..., Llm], endpoint: Any) -> None:
    endpoint.say("12345678")
    _, generation = await read(make_llm())
    assert generation.tokens() == (7, 2)


async def test_the_request_is_what_any_endpoint_takes(make_llm: Callable[..., Llm], endpoint: Any) -> None:
    endpoint.say("x")
    await read(make_llm(model="m", max_tokens=50))
    request = endpoint.requests[0]
    assert request["model"] == "m"
    assert request["max_tokens"] == 50
    assert [message["role"] for message in request["messages"]] == ["system", "user"]


async def test_openai_itself_is_given_its_own_limit(make_llm: Callable[..., Llm], endpoint: Any) -> None:
    endpoint.say("x")
    await read(make_llm(base_url="https://api.openai.com/v1"))
    assert "max_completion_tokens" in endpoint.requests[0]


@pytest.mark.parametrize("problem", [500, 503, 429, httpx2.ConnectError("no")])
async def test_what_may_pass_is_tried_again(make_llm: Callable[..., Llm], endpoint: Any, problem: Any) -> None:
    endpoint.fail(problem)
    endpoint.fail(problem)
    endpoint.say("done")
    llm = make_llm(retries=2)
    assert (await read(llm))[0] == "done"
    assert len(endpoint.requests) == 3
    assert llm.last_error == ""


@pytest.mark.parametrize("status", [400, 401, 404])
async def test_what_will_not_pass_is_tried_once(make_llm: Callable[..., Llm], endpoint: Any, status: int) -> None:
    endpoint.fail(status)
    assert await code_of(make_llm(retries=3)) == "refused"
    assert len(endpoint.requests) == 1


async def test_tries_end(make_llm: Callable[..., Llm], endpoint: Any) -> None:
    endpoint.fail(httpx2.ConnectError("no"))
    assert await code_of(make_llm(retries=2)) == "down"
    assert len(endpoint.requests) == 3


class Breaking(httpx2.AsyncByteStream):
    """A stream that breaks off after its first piece."""

    def __init__(self, first: bytes) -> None:
        self._first = first

    async def __aiter__(self) -> Any:
        yield self._first
        raise httpx2.ReadError("gone")


async def test_after_the_first_token_nothing_is_tried_again(
    make_llm: Callable[..., Llm], endpoint: Any, stream_of: Callable[..., bytes]
) -> None:
    first = stream_of("It is").replace(b"data: [DONE]\n\n", b"")
    headers = {"content-type": "text/event-stream"}
    endpoint.answers.append(lambda: httpx2.Response(200, stream=Breaking(first), headers=headers))
    generation = Generation(PROMPT)
    llm = make_llm(retries=3)
    stream = llm.stream(generation, deadline_at=asyncio.get_running_loop().time() + 2)
    assert await anext(stream) == "It is"
    with pytest.raises(LlmError) as caught:
        await anext(stream)
    assert caught.value.code == "down"
    assert len(endpoint.requests) == 1


async def test_failures_open_the_breaker_and_a_later_try_closes_it(
    make_llm: Callable[..., Llm], endpoint: Any, clock: Any
) -> None:
    endpoint.fail(401)
    llm = make_llm(breaker_failures=2, breaker_open_s=5)
    for _ in range(2):
        assert await code_of(llm) == "refused"
    assert await code_of(llm) == "open"
    assert len(endpoint.requests) == 2
    endpoint.answers.clear()
    endpoint.say("back")
    clock.now += 5
    assert (await read(llm))[0] == "back"
    assert llm.state == "closed"


class Silent:
    """An endpoint that never answers."""

    async def __call__(self, _request: httpx2.Request) -> httpx2.Response:
        await asyncio.Event().wait()
        raise AssertionError("never")


async def test_the_deadline_ends_a_silent_endpoint(make_llm: Callable[..., Llm], endpoint: Any) -> None:
    endpoint.handle = Silent()
    assert await code_of(make_llm(), within_s=0.05) == "timeout"


async def test_a_turn_waits_for_a_slot_until_its_deadline(make_llm: Callable[..., Llm], endpoint: Any) -> None:
    endpoint.handle = Silent()
    llm = make_llm(slots=1)
    first = asyncio.create_task(code_of(llm, within_s=0.2))
    await asyncio.sleep(0)
    assert await code_of(llm, within_s=0.05) == "busy"
    assert llm.state == "closed", "a crowd is no failure of the endpoint"
    assert await first == "timeout"


async def test_a_reader_who_leaves_frees_the_slot(make_llm: Callable[..., Llm], endpoint: Any) -> None:
    endpoint.say("a", "b", "c")
    llm = make_llm(slots=1)
    for _ in range(3):
        stream = llm.stream(Generation(PROMPT), deadline_at=asyncio.get_running_loop().time() + 2)
        assert await anext(stream) == "a"
        await stream.aclose()
    assert (await read(llm))[0] == "abc"


async def test_a_reader_who_has_heard_enough_is_no_failure(
    make_llm: Callable[..., Llm], endpoint: Any, clock: Any
) -> None:
    endpoint.fail(401)
    endpoint.say("a", "b")
    llm = make_llm(breaker_failures=1, breaker_open_s=5)
    await code_of(llm)
    clock.now += 5
    stream = llm.stream(Generation(PROMPT), deadline_at=asyncio.get_running_loop().time() + 2)
    assert await anext(stream) == "a"
    await stream.aclose()
    assert llm.state == "closed"
    assert llm.last_error == ""


async def test_the_key_is_in_no_message(make_llm: Callable[..., Llm], endpoint: Any) -> None:
    endpoint.fail(401)
    llm = make_llm(api_key="sk-very-secret")
    await code_of(llm)
    assert "secret" not in llm.last_error
    await llm.aclose()
    await llm.aclose()
