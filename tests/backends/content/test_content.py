"""The files of a bot folder are checked against each other and against the labels of a classifier."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backends.content.content import Content
from backends.content.problem import ContentError, Problem

LABELS = ["hello", "person", "hours", "yes", "book", "hours_of"]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_whole_folder_loads_with_replies_flows_slots_and_actions(bot_dir: Path) -> None:
    content = Content.load(bot_dir)
    assert content.can_answer("hello")
    assert content.can_answer("book")
    assert not content.can_answer("nonsense")
    assert content.say("utter_hours", seed="t").text == "From nine to five."
    assert content.question_of("code") == "utter_ask_code"
    assert content.invalid_of("code") == "utter_invalid_code"
    assert content.invalid_of("note") == "utter_ask_note", "without a reply to misfits the question is asked again"
    assert set(content.actions.functions) == {"look", "book"}


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "message"),
    [
        ("responses.yml", "utter_fallback:", "utter_fall:", "responses.yml", "utter_fallback is missing"),
        ("responses.yml", "utter_full:", "utter_fool:", "flows.yml: flows.book", "utter_full is not in responses.yml"),
        ("responses.yml", "utter_ask_note:", "utter_ask_not:", "flows.yml: flows.book", "utter_ask_note is not in"),
        ("responses.yml", "utter_confirm_book:", "utter_con:", "flows.yml: flows.book", "utter_confirm_book is not"),
        ("responses.yml", "{code} is full", "{cod} is full", "responses.yml: responses.utter_full.0", "fills in {cod}"),
        ("responses.yml", "{code} is full", "{ticket} is full", "responses.utter_full.0", "{ticket}; known here: code"),
        ("responses.yml", "Hi there", "Hi {code}", "responses.utter_hello.1", "none, as no flow says it"),
        ("responses.yml", "{price} EUR?", "{ticket}?", "responses.utter_confirm_book.0", "code, note, place, price"),
        ("flows.yml", "slots: [code, note, place]", "slots: [code, note, plaice]", "flows.book", "'plaice' is not"),
        ("flows.yml", "action: book\n", "action: buy\n", "flows.book", "no action 'buy'"),
        ("flows.yml", "action: look, needs", "action: peek, needs", "flows.book", "known: book, look"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    bot_dir: Path, file: str, old: str, new: str, where: str, message: str
) -> None:
    edit(bot_dir / file, old, new)
    with pytest.raises(ContentError) as caught:
        Content.load(bot_dir)
    assert any(where in p.where and message in p.message for p in caught.value.problems), caught.value.problems


def test_every_problem_is_listed_not_only_the_first(bot_dir: Path) -> None:
    edit(bot_dir / "responses.yml", "utter_booked:", "utter_cooked:")
    edit(bot_dir / "responses.yml", "utter_fallback:", "utter_fall:")
    with pytest.raises(ContentError) as caught:
        Content.load(bot_dir)
    assert [p.where for p in caught.value.problems] == [
        "responses.yml",
        "flows.yml: flows.book",
        "responses.yml: responses.utter_cooked.0",
    ]
    assert len(str(caught.value).splitlines()) == 3


def test_an_action_with_a_url_needs_no_function(bot_dir: Path) -> None:
    edit(bot_dir / "flows.yml", "book: {returns", "book: {url: 'https://shop.example/hook', returns")
    edit(bot_dir / "actions.py", "async def book", "async def _book")
    assert "book" in Content.load(bot_dir).actions


def test_a_fitting_classifier_leaves_no_errors(bot_dir: Path) -> None:
    problems = Content.load(bot_dir).check(LABELS)
    assert [p for p in problems if p.level == "error"] == []
    assert {p.where for p in problems} == {"responses.yml: titles"}


@pytest.mark.parametrize(
    ("labels", "where", "message", "level"),
    [
        ([*LABELS, "weather"], "responses.yml", "no reply utter_weather and no flow", "error"),
        ([*LABELS, "weather"], "responses.yml: titles", "no title for the intent 'weather'", "warning"),
        (LABELS[:-1], "flows.yml: flows.hours_of", "no intent of that name", "error"),
        (["hello", "hours", "yes", "book", "hours_of"], "flows.yml: handoff", "nobody can ask for a person", "error"),
        (["person", "hours", "yes", "book", "hours_of"], "responses.yml: responses.utter_hello", "remove", "warning"),
        (["hello", "person", "hours", "yes", "hours_of"], "responses.yml: responses.utter_hello", "/book", "error"),
        (["person", "hours", "yes", "book", "hours_of"], "responses.yml: titles", "no intent 'hello'", "warning"),
    ],
)
def test_what_classifier_and_content_do_not_share_is_told(
    bot_dir: Path, labels: list[str], where: str, message: str, level: str
) -> None:
    problems = Content.load(bot_dir).check(labels)
    fits: Callable[[Problem], bool] = lambda p: (p.where, p.level) == (where, level) and message in p.message  # noqa: E731
    assert any(map(fits, problems)), problems


def test_a_deferred_intent_needs_no_reply_and_may_not_have_one(bot_dir: Path) -> None:
    path = bot_dir / "responses.yml"
    path.write_text(path.read_text(encoding="utf-8") + "deferred: [care]\n", encoding="utf-8")
    content = Content.load(bot_dir)
    assert not content.can_answer("care")
    assert [p for p in content.check([*LABELS, "care"]) if "care" in p.message and p.level == "error"] == []
    edit(path, "deferred: [care]", "deferred: [hours]")
    messages = [p.message for p in Content.load(bot_dir).check(LABELS)]
    assert any("'hours' has a reply or a flow of its own" in message for message in messages)
