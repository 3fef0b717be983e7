"""Techniques that ask a chat endpoint on loopback, and everything that may go wrong with one."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from pydantic import ValidationError

from tests.training.techniques.prompted.stub_chat import Body, Failure, Hangup, StubChat, asked, said, stub_chat
from training.dataset import OOS, Example
from training.techniques.prompted.chat import _wait_s
from training.techniques.prompted.errors import BudgetSpent, EndpointRefused, NoPrice
from training.techniques.prompted.technique import Prompted
from training.techniques.table import Place, build
from training.techniques.technique import Guess

EXAMPLES = [
    Example("Where is my card?", "card_arrival", ""),
    Example("My card has not come", "card_arrival", ""),
    Example("I lost my card", "lost_card", ""),
    Example("Send my money back", "refund", ""),
]
PRICES = {"stub": {"input_per_million": 1000.0, "output_per_million": 10000.0, "date": "2026-11-01"}}
"""An answer of the stub costs 0.2 USD."""
RIGHT = '{"intent": "lost card"}'


@contextmanager
def opened(name: str, stub: StubChat, examples: list[Example] | None = None, **place: Any) -> Iterator[Prompted]:
    """A technique that asks the stub, fitted."""
    endpoint = {"base_url": stub.url, "model": "stub", "retry_base_s": 0.0, "parallel": 1, "timeout_s": 5}
    endpoint |= place.pop("endpoint", {})
    place = {"home": Path("unused"), "prices": PRICES, "options": {}, **place}
    technique = build(name, Place(endpoint=endpoint, **place))
    assert isinstance(technique, Prompted)
    try:
        technique.fit(EXAMPLES if examples is None else examples, seed=1, progress=lambda *_: None)
        yield technique
    finally:
        technique.close()
        technique.close()


def guesses(name: str, behave: Callable[[Body, int], Any], texts: list[str], **place: Any) -> list[Guess]:
    with stub_chat(behave) as stub, opened(name, stub, **place) as technique:
        return technique.predict(texts)


def test_a_valid_answer_is_the_guess_and_is_metered() -> None:
    with stub_chat(lambda *_: "lost card") as stub, opened("zero_shot", stub) as technique:
        assert technique.predict(["gone", "away"]) == [Guess("lost_card", 1.0)] * 2
        meter = technique.meter
    assert (meter.calls, meter.prompt_tokens, meter.completion_tokens, meter.failures) == (2, 200, 20, 0)
    assert meter.cost_usd == pytest.approx(0.4)
    assert "card arrival; lost card; refund" in stub.bodies[0]["messages"][0]["content"]
    assert "response_format" not in stub.bodies[0]


def test_answers_are_bound_to_the_labels_by_a_schema() -> None:
    with stub_chat(lambda *_: RIGHT) as stub, opened("constrained", stub) as technique:
        assert technique.predict(["gone"])[0].intent == "lost_card"
    schema = stub.bodies[0]["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["intent"]["enum"] == ["card arrival", "lost card", "refund"]


def test_an_endpoint_without_schemas_is_asked_without_from_then_on() -> None:
    def behave(body: Body, _: int) -> str | Failure:
        return Failure(400, "response_format is not supported") if "response_format" in body else RIGHT

    with stub_chat(behave) as stub, opened("constrained", stub) as technique:
        assert [guess.intent for guess in technique.predict(["gone", "away"])] == ["lost_card"] * 2
    assert ["response_format" in body for body in stub.bodies] == [True, False, False]


def test_an_endpoint_without_probabilities_still_binds_its_answers() -> None:
    def behave(body: Body, _: int) -> str | Failure:
        return Failure(400, "logprobs is not supported") if "logprobs" in body else RIGHT

    with stub_chat(behave) as stub, opened("constrained", stub, endpoint={"logprobs": True}) as technique:
        assert [guess.intent for guess in technique.predict(["gone", "away"])] == ["lost_card"] * 2
    assert ["response_format" in body for body in stub.bodies] == [True, True, True]
    assert ["logprobs" in body for body in stub.bodies] == [True, False, False]


@pytest.mark.parametrize(
    "change",
    [
        {"usage": {}},
        {"usage": {"prompt_tokens": None, "completion_tokens": "many", "total_tokens": 1}},
        {"usage": {"prompt_tokens": 1.5, "completion_tokens": -1, "total_tokens": 1}},
    ],
)
def test_odd_counts_of_tokens_are_reckoned_instead(change: Body, tmp_path: Path) -> None:
    with (
        stub_chat(lambda *_: said("lost card") | change) as stub,
        opened("zero_shot", stub, cache=tmp_path, budget_usd=3.0) as technique,
    ):
        assert technique.predict(["gone"])[0].intent == "lost_card"
        assert technique.meter.prompt_tokens > 10


def test_half_a_character_and_an_answer_in_parts_are_kept_and_paid_once(tmp_path: Path) -> None:
    odd = [said("lost card \ud83d"), said([{"type": "text", "text": "lost "}, {"type": "text", "text": "card"}])]  # type: ignore[arg-type]
    for _ in range(2):
        with (
            stub_chat(lambda body, _: odd[0 if asked(body) == "gone" else 1]) as stub,
            opened("zero_shot", stub, cache=tmp_path, budget_usd=3.0) as technique,
        ):
            found = technique.predict(["gone", "away"])
            assert technique.predict(["gone", "away"]) == found
            assert found[1].intent == "lost_card"


def test_probabilities_can_be_asked_for_without_a_schema() -> None:
    with (
        stub_chat(lambda *_: RIGHT) as stub,
        opened("constrained", stub, endpoint={"json_schema": False, "logprobs": True}) as technique,
    ):
        technique.predict(["gone"])
    assert stub.bodies[0]["logprobs"] is True
    assert "response_format" not in stub.bodies[0]


def test_prose_is_asked_for_once_more_and_then_counted() -> None:
    def behave(body: Body, number: int) -> str:
        return "I think it is about a card that has been lost." if number != 1 else "lost card"

    with stub_chat(behave) as stub, opened("zero_shot", stub) as technique:
        assert technique.predict(["gone"]) == [Guess("lost_card", 1.0)]
        assert stub.bodies[1]["messages"][-2]["content"].startswith("I think")
        assert technique.predict(["away"]) == [Guess(None, 0.0, "prose")]
        assert (technique.meter.calls, technique.meter.failures) == (4, 1)


@pytest.mark.parametrize(
    ("answer", "failure", "is_broken"),
    [
        (said("", refusal="I cannot help with that."), "refusal", False),
        (said("", finish_reason="content_filter"), "refusal", False),
        (said("card stolen"), "unknown_label", False),
        (said("This customer tells us that", finish_reason="length"), "cut_off", False),
        (Failure(400, "content_filter: this prompt was blocked"), "refusal", False),
        (Failure(403, "your input was flagged by moderation"), "refusal", False),
        (Failure(400, "maximum context length is 2048 tokens"), "too_long", False),
        (Failure(400, "inputs tokens + max_new_tokens must be <= 4096"), "too_long", False),
        (Failure(400, "Requested 5000 tokens exceeds the window"), "too_long", False),
        (Failure(429, "slow down", {"retry-after": "0"}), "rate_limit", True),
        (Failure(500), "server_error", True),
        ({"choices": []}, "server_error", True),
        (Hangup(), "unreachable", True),
    ],
)
def test_what_is_no_answer_is_counted_by_its_reason(answer: Any, failure: str, is_broken: bool) -> None:
    (guess,) = guesses("zero_shot", lambda *_: answer, ["gone"])
    assert (guess.intent, guess.failure, guess.is_broken) == (None, failure, is_broken)


def test_a_rate_limit_that_passes_costs_nothing_but_time(tmp_path: Path) -> None:
    def behave(_: Body, number: int) -> str | Failure:
        return Failure(429, "slow down", {"retry-after": "0"}) if number < 3 else "lost card"

    with stub_chat(behave) as stub, opened("zero_shot", stub, cache=tmp_path, budget_usd=3.0) as technique:
        assert technique.predict(["gone"])[0].intent == "lost_card"
        assert technique.meter.cost_usd == pytest.approx(0.2)
    assert len(stub.bodies) == 4


def test_an_endpoint_that_answers_too_late_is_not_asked_again() -> None:
    never = Event()

    def behave(_: Body, number: int) -> str:
        never.wait(60.0 if number == 0 else 0)
        return "lost card"

    with stub_chat(behave) as stub, opened("zero_shot", stub, endpoint={"timeout_s": 2.0}) as technique:
        assert [guess.failure for guess in technique.predict(["gone", "away"])] == ["time_out", None]
        never.set()
    assert len(stub.bodies) == 2


def test_an_endpoint_that_dies_in_the_middle_is_left_alone_after_some_texts() -> None:
    def behave(_: Body, number: int) -> str | Hangup:
        return "lost card" if number < 2 else Hangup()

    with stub_chat(behave) as stub, opened("zero_shot", stub, endpoint={"retries": 1}) as technique:
        found = technique.predict([f"text {number}" for number in range(20)])
    assert [guess.failure for guess in found] == [None, None, *["unreachable"] * 18]
    assert len(stub.bodies) == 2 + 5 * 2


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (Failure(401, "bad key"), "the key is wrong"),
        (Failure(404, "no model stub"), "no such model"),
        (Failure(429, "You exceeded your quota", {}, "insufficient_quota"), "no credit is left"),
        (Failure(400, "unknown parameter: temperature"), "takes no request of ours"),
    ],
)
def test_an_endpoint_that_will_never_answer_ends_the_cell(failure: Failure, message: str) -> None:
    with stub_chat(lambda *_: failure) as stub, opened("zero_shot", stub, endpoint={"parallel": 3}) as technique:
        with pytest.raises(EndpointRefused, match=message):
            technique.predict([f"text {number}" for number in range(20)])
        sent = len(stub.bodies)
        with pytest.raises(EndpointRefused, match=message):
            technique.predict(["more"])
        assert len(stub.bodies) == sent <= 6


def test_a_single_request_that_is_refused_does_not_end_the_cell() -> None:
    def behave(body: Body, _: int) -> str | Failure:
        return Failure(400, "odd sign") if asked(body) == "odd" else "lost card"

    found = guesses("zero_shot", behave, ["gone", "odd", "away"])
    assert [guess.failure for guess in found] == [None, "bad_request", None]


def test_a_text_that_is_refused_does_not_end_the_next_run_either(tmp_path: Path) -> None:
    def behave(body: Body, _: int) -> str | Failure:
        return Failure(400, "odd sign") if asked(body) == "odd" else "lost card"

    for _ in range(2):  # in the second run nothing but the refused text is sent
        with stub_chat(behave) as stub, opened("zero_shot", stub, cache=tmp_path) as technique:
            found = technique.predict(["gone", "odd", "away"])
        assert [guess.failure for guess in found] == [None, "bad_request", None]


def test_reasons_name_neither_key_nor_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-verysecret123")
    with stub_chat(lambda *_: Failure(401, "Incorrect key: sk-verysecret123.")) as stub:
        stub.url = stub.url.replace("://", "://anna:hush@")
        with opened("zero_shot", stub) as technique, pytest.raises(EndpointRefused) as caught:
            technique.predict(["gone"])
    assert "the key is wrong" in str(caught.value)
    assert "verysecret" not in str(caught.value)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("said_to", "expected"),
    [("7", 7), ("-1", 0), ("nan", None), ("soon", None), ("", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)],
)
def test_the_wait_that_an_endpoint_asks_for_is_read(said_to: str, expected: float | None) -> None:
    assert _wait_s({"retry-after": said_to}) == expected


def test_a_date_to_wait_for_is_read() -> None:
    wait_s = _wait_s({"retry-after": format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)})
    assert wait_s == pytest.approx(30, abs=5)


def test_the_budget_stops_before_it_is_passed_and_a_larger_one_goes_on(tmp_path: Path) -> None:
    place: dict[str, Any] = {"cache": tmp_path, "endpoint": {"retries": 0}}
    texts = [f"text {number}" for number in range(6)]
    with stub_chat(lambda *_: "lost card") as stub:
        with (
            opened("zero_shot", stub, budget_usd=1.0, **place) as technique,
            pytest.raises(BudgetSpent, match="raise"),
        ):
            technique.predict(texts)
        paid = len(stub.bodies)
        assert 0 < paid * 0.2 <= 1.0
        with opened("zero_shot", stub, budget_usd=5.0, **place) as technique:
            assert len(technique.predict(texts)) == 6
            assert technique.meter.calls == 6
            assert technique.meter.cost_usd == pytest.approx(1.2)
    assert len(stub.bodies) == 6


def test_nothing_is_paid_for_twice_by_texts_that_are_asked_at_once(tmp_path: Path) -> None:
    place: dict[str, Any] = {"cache": tmp_path, "endpoint": {"parallel": 4}}
    with stub_chat(lambda *_: "lost card") as stub, opened("zero_shot", stub, **place) as technique:
        assert len(technique.predict(["the same text"] * 8)) == 8
    assert len(stub.bodies) == 1


def test_a_budget_without_a_price_is_refused() -> None:
    place = Place(Path("unused"), endpoint={"base_url": "http://127.0.0.1:9/v1", "model": "dear"}, budget_usd=1.0)
    with pytest.raises(NoPrice, match="does not know 'dear'"):
        build("zero_shot", place)


def test_an_endpoint_elsewhere_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOME_KEY", raising=False)
    endpoint = {"base_url": "https://llm.example/v1", "model": "m", "api_key_env": "SOME_KEY"}
    with pytest.raises(EndpointRefused, match="SOME_KEY is empty"):
        build("zero_shot", Place(Path("unused"), endpoint=endpoint))


def test_a_misspelt_option_is_told() -> None:
    with pytest.raises(ValidationError, match="retreived"):
        build("retrieved", Place(Path("unused"), options={"retreived": 3}))


def test_one_example_and_as_many_as_fit() -> None:
    rows = [Example(f"text {number} of some length", f"intent_{number % 30}", "") for number in range(300)]
    shown, labels = {}, {}
    for name in ("one_shot", "few_shot"):
        with (
            stub_chat(lambda *_: "intent 1") as stub,
            opened(name, stub, rows, options={"max_prompt_tokens": 500}) as technique,
        ):
            technique.predict(["gone"])
            labels[name] = technique.meter.labels
        shown[name] = [m["content"] for m in stub.bodies[0]["messages"] if m["role"] == "assistant"]
    assert labels == {name: len(own) for name, own in shown.items()}
    assert len(shown["one_shot"]) == 1
    assert 5 < len(shown["few_shot"]) < 30
    assert len(set(shown["few_shot"])) == len(shown["few_shot"])


def test_one_example_is_shown_however_long_the_labels_are() -> None:
    rows = [Example("a " + "long " * (1 + number % 7) + "text", f"intent_{number}", "") for number in range(150)]
    with (
        stub_chat(lambda *_: "intent 1") as stub,
        opened("one_shot", stub, rows, options={"max_prompt_tokens": 300}) as technique,
    ):
        technique.predict(["gone"])
        assert technique.meter.labels == 1


def test_reasons_come_before_the_label() -> None:
    answer = json.dumps({"reason": "The card is gone.", "intent": "lost card"})
    with stub_chat(lambda *_: answer) as stub, opened("chain_of_thought", stub) as technique:
        assert technique.predict(["gone"])[0].intent == "lost_card"
    schema = stub.bodies[0]["response_format"]["json_schema"]["schema"]
    assert list(schema["properties"]) == ["reason", "intent"]


def test_confidence_is_that_of_the_label() -> None:
    pieces = [('{"', -9.0), ("intent", -9.0), ('": "', 0.0), ("lost card", -0.5), ('"}', 0.0)]
    content: list[Body] = [
        {"token": token, "logprob": value, "bytes": None, "top_logprobs": []} for token, value in pieces
    ]
    answer = said(RIGHT, logprobs={"content": content})
    (guess,) = guesses("constrained", lambda *_: answer, ["gone"], endpoint={"logprobs": True})
    assert 0.04 < guess.confidence < 0.9


def test_what_is_out_of_scope_can_be_answered() -> None:
    rows = [*EXAMPLES, Example("What is the weather?", OOS, "")]
    with stub_chat(lambda *_: "out of scope") as stub, opened("zero_shot", stub, rows) as technique:
        assert technique.predict(["sun?"])[0].intent == OOS


def test_numbers_of_cards_do_not_leave_the_machine() -> None:
    with stub_chat(lambda *_: "lost card") as stub, opened("zero_shot", stub) as technique:
        technique.predict(["I lost 4111 1111 1111 1111"])
    assert asked(stub.bodies[0]) == "I lost [card]"


SHELF = [
    Example("cancel tent", "cancel", ""),
    Example("cancel rope", "cancel", ""),
    Example("where tent", "where", ""),
    Example("money stove", "money", ""),
]


def test_examples_like_the_text_are_shown_and_bind_the_answer(home: Path) -> None:
    place: dict[str, Any] = {"home": home, "options": {"retrieved": 3}}
    with stub_chat(lambda *_: '{"intent": "where"}') as stub, opened("retrieved", stub, SHELF, **place) as technique:
        assert technique.predict(["where is my tent"])[0].intent == "where"
    shown = [m["content"] for m in stub.bodies[0]["messages"] if m["role"] == "user"]
    assert len(shown) == 4
    assert shown[-2:] == ["where tent", "where is my tent"]
    allowed = stub.bodies[0]["response_format"]["json_schema"]["schema"]["properties"]["intent"]["enum"]
    assert allowed[0] == "where"


def test_a_label_that_was_not_retrieved_is_no_answer(home: Path) -> None:
    place: dict[str, Any] = {"home": home, "options": {"retrieved": 2}}
    with stub_chat(lambda *_: '{"intent": "money"}') as stub, opened("retrieved", stub, SHELF, **place) as technique:
        assert technique.predict(["where is my tent"]) == [Guess(None, 0.0, "unknown_label")]


def test_nothing_is_asked_where_all_retrieved_examples_agree(home: Path) -> None:
    place: dict[str, Any] = {"home": home, "options": {"retrieved": 2}}
    with stub_chat(lambda *_: "no") as stub, opened("retrieved", stub, SHELF, **place) as technique:
        assert technique.predict(["cancel the rope please"]) == [Guess("cancel", 1.0)]
    assert stub.bodies == []
