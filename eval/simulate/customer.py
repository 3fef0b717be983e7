"""Who a simulated customer is: everything that is decided before a word is said. Pure, from the seed alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeVar

from bot.scenarios import Book, Endings, Persona, Scenario

Ending = Literal["thanks", "button", "thumbs", "silent", "grumble", "person"]
Difficulty = Literal["easy", "difficult"]
T = TypeVar("T", Persona, Scenario)


@dataclass(frozen=True, slots=True)
class Errand:
    """What brings a customer to the chat once."""

    scenario: Scenario
    values: Mapping[str, str]
    second: Scenario | None = None
    """Asked in the same message."""
    follow_up: int | None = None
    """Which of the scenario's follow-ups is asked once the first question is answered."""


@dataclass(frozen=True, slots=True)
class Visit:
    """How a customer takes one conversation."""

    errand: Errand
    when_met: Ending
    when_missed: Ending
    patience: int
    believes: bool
    greets: bool
    brief: bool


@dataclass(frozen=True, slots=True)
class Customer:
    """One simulated person. Trials of the same one differ only in how things are put."""

    index: int
    persona: Persona
    first: Visit
    again: Visit | None
    """The same errand once more, if it was missed."""
    other: Visit | None
    """Another errand, if the first one was met."""

    @property
    def difficulty(self) -> Difficulty:
        """As the report groups them."""
        return "difficult" if self.persona.difficult else "easy"


def draw(book: Book, seed: int, index: int, difficult: int) -> Customer:
    """Make a customer.

    Args:
        difficult: percentage of difficult ones, 0..100.
    """
    rng = Random(f"customer {seed} {index}")
    is_difficult = rng.random() * 100 < difficult
    kinds = [persona for persona in book.customers.personas if persona.difficult == is_difficult]
    persona = weighted(kinds or book.customers.personas, rng)
    errand = _errand(book, persona, rng, weighted(book.scenarios, rng))
    first = _visit(persona, errand, rng)
    returns_missed, returns_met = rng.random() < persona.returns_missed, rng.random() < persona.returns_met
    again = _visit(persona, errand, rng)
    others = [scenario for scenario in book.scenarios if scenario.id != errand.scenario.id]
    other = _visit(persona, _errand(book, persona, rng, weighted(others, rng)), rng) if others else None
    return Customer(index, persona, first, again if returns_missed else None, other if returns_met else None)


def weighted(kinds: Sequence[T], rng: Random) -> T:
    """Draw one of some things that have a weight."""
    return rng.choices(kinds, [kind.weight for kind in kinds])[0]


def _errand(book: Book, persona: Persona, rng: Random, scenario: Scenario) -> Errand:
    values = rng.choice(scenario.values) if scenario.values else {}
    crams, follows = rng.random() < persona.crams, rng.random() < persona.follows_up
    plain = [one for one in book.scenarios if one.id != scenario.id and one.met.facts and not one.values]
    second = weighted(plain, rng) if crams and plain and not scenario.met.person else None
    has_more = follows and second is None and scenario.follow_ups
    return Errand(scenario, values, second, rng.randrange(len(scenario.follow_ups)) if has_more else None)


def _visit(persona: Persona, errand: Errand, rng: Random) -> Visit:
    when_met, when_missed = _ending(persona.when_met, rng), _ending(persona.when_missed, rng)
    patience, other = rng.choice(persona.patience), rng.choice(persona.patience)
    return Visit(
        errand,
        when_met=when_met,
        when_missed=when_missed,
        patience=min(patience, other) if when_missed == "silent" else patience,  # who says nothing goes sooner
        believes=rng.random() < persona.believes,
        greets=rng.random() < persona.greets,
        brief=rng.random() < persona.brief,
    )


def _ending(endings: Endings, rng: Random) -> Ending:
    weights: dict[Ending, float] = endings.model_dump()  # type: ignore[assignment]
    return rng.choices(list(weights), list(weights.values()))[0]
