"""A small book of scenarios, and a bot that answers from a table."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.scenarios import Book, Customers, Scenario
from eval.simulate.customer import Customer, Errand, Visit
from eval.simulate.move import Button, Seen, Shown

WAYS = tuple(f"when are you open, way {number}" for number in "abcdefgh")
TAKE_BACK = tuple(f"drop {{order}}, way {number}" for number in "abcdefgh")
HOURS = {
    "id": "hours",
    "goal": "know when",
    "say": WAYS,
    "met": {"facts": ["nine o.clock"]},
    "evidence": {"intents": ["opening_hours"], "also": ["greet"], "articles": ["hours"]},
    "follow_ups": [{"say": ["and on sundays?"], "met": {"facts": ["closed on sundays"]}}],
}
CANCEL = {
    "id": "cancel",
    "goal": "an order gone",
    "say": TAKE_BACK,
    "values": [{"order": "TF-1", "mail": "a@b.example"}, {"order": "TF-2", "mail": "c@d.example"}],
    "met": {"action": "cancel", "of": "order", "facts": ["{order} is cancelled"]},
    "evidence": {"intents": ["cancel"]},
}
PERSON = {"id": "person", "goal": "a person", "say": [f"job {way}" for way in WAYS], "met": {"person": True}}
CUSTOMERS = {
    "questions": {"order": r"order number\?", "mail": r"mail address\?"},
    "personas": [
        {"name": "plain", "presses": 1.0, "mistypes": 0.0},
        {"name": "hard", "difficult": True, "typos": 0.1, "presses": 0.0},
    ],
    "remarks": {
        **{
            name: [f"{name} remark"]
            for name in ("greet", "thanks", "grumble", "complain", "person", "anger", "yes", "beside", "aside")
        },
        "message": ["call me"],
        "join": ["{first} AND {second}"],
        "give": {"order": ["it is {value}"], "mail": ["{value}"]},
        "wrong": {"order": ["dunno"]},
    },
}


@pytest.fixture(scope="session")
def book() -> Book:
    scenarios = tuple(Scenario.model_validate(one) for one in (HOURS, CANCEL, PERSON))
    return Book(Customers.model_validate(CUSTOMERS), scenarios, "digest")


Someone = Callable[..., Customer]


@pytest.fixture
def someone(book: Book) -> Someone:
    """Makes a customer who behaves as told: `someone("hours", when_met="thanks", persona={"angry": 1})`."""

    def make(scenario: str, persona: dict[str, Any] | None = None, **visit: Any) -> Customer:
        found = next(one for one in book.scenarios if one.id == scenario)
        errand = Errand(
            found,
            found.values[0] if found.values else {},
            second=visit.pop("second", None),
            follow_up=visit.pop("follow_up", None),
        )
        plain: dict[str, Any] = {
            "when_met": "silent",
            "when_missed": "silent",
            "patience": 2,
            "believes": False,
            "greets": False,
            "brief": False,
        }
        first = Visit(errand, **(plain | visit))
        return Customer(0, book.customers.personas[0].model_copy(update=persona or {}), first, None, None)

    return make


def seen(*texts: str, owner: str = "bot", backend: str = "intent", buttons: dict[str, str] | None = None) -> Seen:
    """What a customer is shown; `buttons` (title → payload) are under the last message."""
    under = tuple(Button(title, payload) for title, payload in (buttons or {}).items())
    shown = [Shown(f"m{number}", text, backend) for number, text in enumerate(texts)]
    if shown:
        shown[-1] = Shown(shown[-1].message_id, texts[-1], backend, under)
    return Seen(tuple(shown), owner)
