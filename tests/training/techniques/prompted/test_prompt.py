"""Prompt files."""

import pytest

from training.techniques.prompted import STYLES
from training.techniques.prompted.prompt import Shot, correction, load_prompt, tokens_of


@pytest.mark.parametrize("name", sorted({style.prompt for style in STYLES.values()}))
def test_every_technique_has_words_that_ask_the_text(name: str) -> None:
    prompt = load_prompt(name)
    assert prompt.question("Where is my card?")["content"].endswith("Where is my card?")
    assert "{{" not in prompt.opening("a; b")[0]["content"]


def test_examples_are_turns_between_the_instruction_and_the_text() -> None:
    messages = load_prompt("few_shot").opening("a; b", [Shot("Where?", "a"), Shot("Why?", "b")])
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user", "assistant"]
    assert [message["content"] for message in messages[1:]] == ["Where?", "a", "Why?", "b"]


def test_a_text_with_marks_of_ours_in_it_stays_a_text() -> None:
    assert load_prompt("zero_shot").question("{{ labels }}")["content"] == "{{ labels }}"


def test_a_correction_shows_what_was_answered() -> None:
    assert correction("Well, …")[0] == {"role": "assistant", "content": "Well, …"}


def test_longer_messages_are_more_tokens() -> None:
    assert tokens_of([{"role": "user", "content": "x" * 350}]) == 105
