"""What the demo bot learns from and says is broad, without duplicates and complete."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import yaml

DEMO = Path(__file__).parents[2] / "demo"
SLOTS = {
    "order_number",
    "email",
    "new_address",
    "return_reason",
    "item",
    "carrier",
    "status",
    "eta",
    "refund_amount",
    "label_url",
    "name",
}


def load_examples() -> dict[str, list[str]]:
    """Read every training utterance, by intent."""
    examples: dict[str, list[str]] = {}
    for path in sorted((DEMO / "nlu").glob("*.yml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert document["version"] == "3.1", path.name
        for entry in document["nlu"]:
            lines = entry["examples"].splitlines()
            assert all(line.startswith("- ") for line in lines), (path.name, entry["intent"])
            examples.setdefault(entry["intent"], []).extend(line[2:].strip() for line in lines)
    return examples


EXAMPLES = load_examples()
INTENTS = [name for name in EXAMPLES if name != "oos"]
CONTENT: dict[str, Any] = yaml.safe_load((DEMO / "responses.yml").read_text(encoding="utf-8"))
VARIANTS = [(name, variant) for name, variants in CONTENT["responses"].items() for variant in variants]


def normalise(text: str) -> str:
    """Lower case, words only; a text without a word stays as it is."""
    return " ".join(re.findall(r"[\w'-]+", text.lower())) or text


def to_trigrams(text: str) -> set[tuple[str, ...]]:
    """Word trigrams; a text of fewer than three words is one gram."""
    words = normalise(text).split()
    return {tuple(words[i : i + 3]) for i in range(max(1, len(words) - 2))}


def jaccard(left: set[tuple[str, ...]], right: set[tuple[str, ...]]) -> float:
    return len(left & right) / len(left | right)


def test_there_are_at_least_thirty_intents() -> None:
    assert len(INTENTS) >= 30


@pytest.mark.parametrize("intent", INTENTS)
def test_an_intent_has_at_least_25_utterances(intent: str) -> None:
    assert len(EXAMPLES[intent]) >= 25


def test_out_of_scope_has_at_least_220_texts() -> None:
    assert len(EXAMPLES["oos"]) >= 220


@pytest.mark.parametrize("intent", list(EXAMPLES))
def test_no_two_utterances_of_an_intent_are_near_copies(intent: str) -> None:
    grams = [(text, to_trigrams(text)) for text in EXAMPLES[intent]]
    near = [(a, b) for (a, x), (b, y) in combinations(grams, 2) if jaccard(x, y) > 0.6]
    assert near == []


def test_no_text_is_given_twice() -> None:
    counts = Counter(normalise(text) for texts in EXAMPLES.values() for text in texts)
    assert [text for text, n in counts.items() if n > 1] == []


@pytest.mark.parametrize("intent", INTENTS)
def test_an_intent_has_replies_or_is_deferred_and_has_a_title(intent: str) -> None:
    replies = CONTENT["responses"].get(f"utter_{intent}", [])
    assert len(replies) == 0 if intent in CONTENT["deferred"] else 2 <= len(replies) <= 3
    assert 0 < len(CONTENT["titles"][intent]) <= 40


def test_titles_name_only_known_intents() -> None:
    assert set(CONTENT["titles"]) == set(INTENTS)


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_a_reply_is_short_and_uses_known_slots_only(name: str, variant: dict[str, Any]) -> None:
    text = variant["text"]
    assert set(variant) <= {"text", "buttons"}, name
    assert 0 < len(text) <= 320, name
    assert {field for _, field, _, _ in Formatter().parse(text) if field is not None} <= SLOTS


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_a_button_leads_to_a_known_intent_or_is_plain_text(name: str, variant: dict[str, Any]) -> None:
    for button in variant.get("buttons", []):
        assert set(button) == {"title", "payload"}, name
        assert button["title"], name
        payload = button["payload"]
        assert payload.removeprefix("/") in INTENTS if payload.startswith("/") else payload


def test_every_confirmation_offers_yes_and_no() -> None:
    asked = [(name, v) for name, v in VARIANTS if name.startswith("utter_confirm_")]
    assert len(asked) >= 6
    for name, variant in asked:
        assert [b["payload"] for b in variant["buttons"]] == ["/affirm", "/deny"], name
