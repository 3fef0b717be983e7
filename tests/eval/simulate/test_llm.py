"""A model may word what the script says, and is not trusted with more."""

import httpx2
import openai
import pytest

from eval.simulate.llm import Model, is_alike, is_safe
from eval.simulate.phraser import AsScripted


@pytest.mark.parametrize(
    ("wording", "is_fine"),
    [
        ("could you drop TF-104187 for me", True),
        ("Please cancel TF-104187!", True),
        ("could you drop my order", False),
        ("cancel TF-104187 and TF-104188", False),
        ("cancel TF-104187, my mail is x@y.example", False),
        ("", False),
        ("cancel TF-104187 " + "please " * 40, False),
        ("Sure, here is it: cancel TF-104187", False),
        ("As an AI I would cancel TF-104187", False),
    ],
)
def test_a_wording_keeps_the_values_and_adds_none(wording: str, is_fine: bool) -> None:
    assert is_safe("cancel TF-104187 please", wording, ["TF-104187", "ben@web.example"]) is is_fine


@pytest.mark.parametrize(
    ("wording", "is_fine"),
    [
        ("My filter froze, can it be used again?", True),
        ("is a filter usable after freezing", True),
        ("What a bizarre situation! The product is in fact not possible.", False),
        ("No.", False),
    ],
)
def test_a_wording_is_about_the_same_thing(wording: str, is_fine: bool) -> None:
    ways = ["filter had frost, still usable?", "It was wet and froze. Can I trust the filter again?", "after freezing"]
    assert is_alike(wording, ways) is is_fine


async def test_as_scripted_words_nothing() -> None:
    assert await AsScripted().phrase("hello", "plain", [], []) is None


def model_that_says(answer: httpx2.Response) -> Model:
    client = openai.AsyncOpenAI(
        base_url="http://127.0.0.1:9/v1",
        api_key="none",
        max_retries=0,
        http_client=openai.DefaultAsyncHttpxClient(transport=httpx2.MockTransport(lambda _: answer)),
    )
    return Model("http://127.0.0.1:9/v1", "tiny", client=client)


def answer(content: str | None) -> httpx2.Response:
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return httpx2.Response(
        200, json={"id": "1", "object": "chat.completion", "created": 0, "model": "tiny", "choices": [choice]}
    )


async def test_a_models_wording_is_used_when_it_is_safe() -> None:
    model = model_that_says(answer('"drop  TF-1\nplease"'))
    assert await model.phrase("cancel TF-1", "plain", ["TF-1"], ["please drop TF-1"]) == "drop TF-1 please"
    await model.aclose()


@pytest.mark.parametrize("broken", [answer("cancel TF-2"), answer(None), httpx2.Response(500, text="no")])
async def test_anything_else_is_said_as_scripted(broken: httpx2.Response) -> None:
    model = model_that_says(broken)
    assert await model.phrase("cancel TF-1", "plain", ["TF-1"], ["please drop TF-1"]) is None
    await model.aclose()
