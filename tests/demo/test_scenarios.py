"""The demo's simulated customers speak in words the classifier has not learned, and want what the shop really says."""

import csv
import json
import re
from pathlib import Path

import pytest
import yaml

from bot.scenarios import PLACEHOLDER, Book, Scenario, Wish, load_scenarios
from eval.simulate.phrasing import pattern

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "demo"
BOOK: Book = load_scenarios(DEMO)
WISHES = [(scenario, wish) for scenario in BOOK.scenarios for wish in (scenario, *scenario.follow_ups)]
ANSWERED = [
    (scenario, wish)
    for scenario, wish in WISHES
    if wish.met.facts and not wish.met.action and not any(PLACEHOLDER.search(fact) for fact in wish.met.facts)
]
RESPONSES = yaml.safe_load((DEMO / "responses.yml").read_text(encoding="utf-8"))["responses"]
WORD = re.compile(r"[^\W_]+")
ARTICLES = {path.stem: path.read_text(encoding="utf-8") for path in (DEMO / "articles").glob("*.md")}
LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


def to_trigrams(text: str) -> frozenset[tuple[str, ...]]:
    words = WORD.findall(text.lower().replace("'", ""))
    return frozenset(tuple(words[i : i + 3]) for i in range(max(1, len(words) - 2)))


def known_texts() -> list[str]:
    """Everything the classifier learns from or is measured with."""
    found: list[str] = []
    for path in sorted((DEMO / "nlu").glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            found += [line[2:].strip() for line in entry["examples"].splitlines()]
    for name, column in (("oos.csv", "text"), ("questions.csv", "question"), ("utterances.csv", "text")):
        with (ROOT / "tests" / "content" / name).open(encoding="utf-8", newline="") as file:
            found += [row[column] for row in csv.DictReader(file)]
    return found


def test_no_wording_is_nearly_one_that_the_classifier_knows() -> None:
    known = [to_trigrams(text) for text in known_texts()]
    near = []
    for _, wish in WISHES:
        for text in wish.say:
            grams = to_trigrams(text)
            near += [text for other in known if len(grams & other) / len(grams | other) > 0.4]
    assert near == []


def test_the_scenarios_are_many_and_varied() -> None:
    people = [one for one in BOOK.scenarios if one.met.person]
    errands = [one for one in BOOK.scenarios if one.met.action]
    articles = [one for one in BOOK.scenarios if one.evidence.articles and not one.evidence.intents]
    assert len(BOOK.scenarios) >= 25
    assert (len(people) >= 5, len(errands) >= 4, len(articles) >= 8) == (True, True, True)
    assert sum(persona.difficult for persona in BOOK.customers.personas) >= 3


@pytest.mark.parametrize("scenario", [one for one in BOOK.scenarios if "order_number" in (one.values or [{}])[0]])
def test_customers_know_orders_that_exist(scenario: Scenario) -> None:
    orders = {row["number"]: row["email"] for row in json.loads((DEMO / "orders.json").read_text(encoding="utf-8"))}
    for values in scenario.values:
        assert orders[values["order_number"]] == values["email"], scenario.id


@pytest.mark.parametrize(("scenario", "wish"), ANSWERED, ids=[one.id for one, _ in ANSWERED])
def test_what_must_be_shown_is_what_the_shop_says(scenario: Scenario, wish: Wish) -> None:
    """Every reply of an intent named as evidence holds the facts; so does each article, or one of them."""
    facts = [pattern(fact, scenario.values[0] if scenario.values else {}) for fact in wish.met.facts]
    for reply in (reply["text"] for intent in wish.evidence.intents for reply in RESPONSES[f"utter_{intent}"]):
        assert all(fact.search(reply) for fact in facts), reply
    if wish.evidence.articles:
        texts = [LINK.sub(r"\1", ARTICLES[name]) for name in wish.evidence.articles]
        assert any(all(fact.search(text) for fact in facts) for text in texts)
