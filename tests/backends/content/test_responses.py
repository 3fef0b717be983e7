"""Replies are chosen by turn, filled in, and refused where nothing can fill them in."""

from pathlib import Path

import pytest

from backends.content.problem import ContentError
from backends.content.responses import Button, Responses, Variant, places_in
from backends.contract import QuickReply

THREE = Responses({"utter_x": (Variant(text="one"), Variant(text="two"), Variant(text="three"))})


def test_the_same_turn_always_gets_the_same_variant() -> None:
    assert {THREE.say("utter_x", seed="t1").text for _ in range(20)} == {THREE.say("utter_x", seed="t1").text}


def test_different_turns_get_every_variant() -> None:
    assert {THREE.say("utter_x", seed=f"t{n}").text for n in range(60)} == {"one", "two", "three"}


@pytest.mark.parametrize("seed", ["t1", "t2", "t3", "t4", "t5"])
def test_what_was_said_last_is_not_said_again(seed: str) -> None:
    usual = THREE.say("utter_x", seed=seed).text
    assert THREE.say("utter_x", seed=seed, avoid=[f"{usual}\n\nAnd which code?"]).text != usual


def test_a_reply_with_one_variant_is_repeated() -> None:
    assert Responses({"utter_x": (Variant(text="one"),)}).say("utter_x", seed="t", avoid=["one"]).text == "one"


def test_places_in_text_and_buttons_are_filled_in_once() -> None:
    button = Button(title="Track {code}", payload="/track")
    said = Responses({"utter_x": (Variant(text="{code} for {name}", buttons=(button,)),)}).say(
        "utter_x", seed="t", values={"code": "{name}", "name": "Ada"}
    )
    assert said.text == "{name} for Ada"
    assert said.quick_replies == (QuickReply("Track {name}", "/track"),)


def test_a_variant_that_cannot_be_filled_in_is_passed_over() -> None:
    replies = Responses({"utter_x": (Variant(text="Hello {name}"), Variant(text="Hello"))})
    assert {replies.say("utter_x", seed=f"t{n}").text for n in range(10)} == {"Hello"}


def test_a_reply_that_cannot_be_filled_in_at_all_says_what_is_missing() -> None:
    with pytest.raises(LookupError, match="utter_x needs a value for name"):
        Responses({"utter_x": (Variant(text="Hello {name}"),)}).say("utter_x", seed="t")


def test_an_unknown_reply_says_where_to_add_it() -> None:
    with pytest.raises(LookupError, match=r"no reply 'utter_y' in responses.yml"):
        THREE.say("utter_y", seed="t")


def test_only_simple_names_in_braces_are_places() -> None:
    assert places_in(Variant(text="{a} {B} { c } {d.e} {} {{f}}")) == {"a", "f"}


def test_an_intent_without_a_title_is_spelt_out() -> None:
    assert Responses(titles={"a_b": "The label"}).title("a_b") == "The label"
    assert Responses().title("order_status") == "Order status"


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("responses: {utter_x: []}", "responses.utter_x", "at least 1 item"),
        ("responses: {hello: [{text: x}]}", "responses.hello", "pattern"),
        ("responses: {utter_x: [{text: '  '}]}", "responses.utter_x.0.text", "at least 1 character"),
        ("responses: {utter_x: [{text: x, colour: red}]}", "responses.utter_x.0.colour", "not permitted"),
        ("responses: {utter_x: [{text: x}]}\nextra: 1", "extra", "not permitted"),
        ("responses: {utter_x: [{text: a}], utter_x: [{text: b}]}", "responses.yml", "'utter_x' is there twice"),
        ("responses: [", "responses.yml", "line 2"),
    ],
)
def test_a_broken_file_says_where_and_what(tmp_path: Path, text: str, where: str, message: str) -> None:
    path = tmp_path / "responses.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        Responses.load(path)
    (problem,) = caught.value.problems
    assert where in problem.where
    assert message in problem.message


def test_a_missing_file_says_to_create_it(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="create it"):
        Responses.load(tmp_path / "responses.yml")
