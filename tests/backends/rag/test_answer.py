"""Sentences are shown only once passages support them."""

from collections.abc import Callable
from typing import Any

from backends.rag.answer import Answer, Request, write_answer
from backends.rag.grounding import Source
from backends.rag.llm import Llm
from backends.rag.prompt import Prompt

SOURCE = Source(
    "Express", "Price", "Express costs 12.90 EUR. It is never free. Parcels leave Graz. Boats are slow. Ask us."
)


def request(is_relevant: Callable[[int, str], bool] = lambda _source, _quote: True) -> Request:
    """A question about express."""
    return Request(Prompt("s", "u", 1), [SOURCE], "How much is it?", is_relevant)


async def write(llm: Llm, shown: Any, given: Request | None = None) -> Answer:
    """Generate and check."""
    return await write_answer(llm, given or request(), shown, 2.0)


async def test_supported_sentences_stream_out(make_llm: Callable[..., Llm], endpoint: Any, shown: Any) -> None:
    endpoint.say("Yes, express co", "sts 12.90 EUR. It is ne", "ver free.")
    answer = await write(make_llm(), shown)
    assert shown.pieces == ["Express costs 12.90 EUR.", " It is never free."]
    assert [s.text for s in answer.shown] == ["Express costs 12.90 EUR.", "It is never free."]
    assert answer.stopped == ""


async def test_the_first_unsupported_sentence_ends_it(make_llm: Callable[..., Llm], endpoint: Any, shown: Any) -> None:
    endpoint.say("Express costs 12.90 EUR. You get a 1.00 EUR refund. It is never free.")
    answer = await write(make_llm(), shown)
    assert shown.pieces == ["Express costs 12.90 EUR."]
    assert "not in the passage" in answer.stopped


async def test_an_unsupported_beginning_shows_nothing(make_llm: Callable[..., Llm], endpoint: Any, shown: Any) -> None:
    endpoint.say("Express is free. It is never free.")
    answer = await write(make_llm(), shown)
    assert shown.pieces == []
    assert answer.shown == []


async def test_a_sentence_beside_the_question_is_not_shown(
    make_llm: Callable[..., Llm], endpoint: Any, shown: Any
) -> None:
    endpoint.say("Boats are slow.")
    answer = await write(make_llm(), shown, request(lambda _source, quote: "EUR" in quote))
    assert shown.pieces == []
    assert answer.stopped == "beside the question"


async def test_no_answer_is_not_shown(make_llm: Callable[..., Llm], endpoint: Any, shown: Any) -> None:
    endpoint.say("NO ANSWER")
    assert (await write(make_llm(), shown)).stopped == "no_answer"
    assert shown.pieces == []


async def test_repetition_ends_it(make_llm: Callable[..., Llm], endpoint: Any, shown: Any) -> None:
    endpoint.say("Express costs 12.90 EUR. Express costs 12.90 EUR. Parcels leave Graz.")
    assert (await write(make_llm(), shown)).stopped == "repeats itself"
    assert shown.pieces == ["Express costs 12.90 EUR."]


async def test_four_sentences_are_enough(make_llm: Callable[..., Llm], endpoint: Any, shown: Any) -> None:
    endpoint.say(
        "Express costs 12.90 EUR. It is never free. Parcels leave Graz. Boats are slow. Express costs 12.90 EUR."
    )
    answer = await write(make_llm(), shown)
    assert answer.stopped == "enough"
    assert len(shown.pieces) == 4


async def test_a_broken_model_is_told_from_a_wrong_one(make_llm: Callable[..., Llm], endpoint: Any, shown: Any) -> None:
    endpoint.fail(401)
    answer = await write(make_llm(), shown)
    assert answer.stopped == "llm:refused"
    assert answer.usage.completion_tokens == 0
