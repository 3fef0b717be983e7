"""What customers ask, day by day: drifting topics, some that come up later, one day with planted texts.

A function of corpus, plan and seed alone: it knows nothing of what is answered.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import numpy.typing as npt

from eval.flywheel.corpus import Corpus, Texts
from eval.flywheel.plan import CUSTOMERS, DRIFT, SPREAD, Plan
from training.dataset import DataError, Example

FIRST_DAY = datetime(2026, 3, 1, tzinfo=UTC)
OPENS, OPEN_HOURS, NIGHT_HOUR = 8, 12, 26.5
"""Hours of a day in which customers write, and the hour of the night after it, from midnight before."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One message of a customer."""

    turn_id: str
    conversation_id: str
    customer: str
    at: datetime
    text: str
    intent: str
    """What it really means."""
    planted: str | None = None
    """The intent that an attacker wants it to be taken for; None in an honest message."""


@dataclass(frozen=True, slots=True)
class Stream:
    """All that happens to one shop."""

    seed: int
    intents: tuple[str, ...]
    """In order of their names."""
    late: Mapping[str, int]
    """Intents that come up later, with the number of their first day."""
    own: tuple[Example, ...]
    """Rows of the bot folder to begin with."""
    days: tuple[tuple[Asked, ...], ...]
    """Day 1 and on."""
    test: tuple[Example, ...]
    victim: str
    """Intent of the planted rows."""

    def day(self, number: int) -> tuple[Asked, ...]:
        """The messages of a day, from 1."""
        return self.days[number - 1]

    def texts(self) -> list[str]:
        """Every text there is, each once, sorted."""
        asked = {row.text for day in self.days for row in day}
        return sorted(asked | {row.text for row in (*self.own, *self.test)})

    def is_known(self, intent: str, day: int) -> bool:
        """Whether customers have had reason to ask for it by that day."""
        return self.late.get(intent, 0) <= day


def night_after(day: int) -> datetime:
    """When the night after a day begins; the night 0 comes before the first customer."""
    return FIRST_DAY + timedelta(days=day - 1, hours=NIGHT_HOUR)


def build_stream(corpus: Corpus, plan: Plan, seed: int) -> Stream:
    """Make the stream of one seed, which also draws the intents.

    Raises:
        DataError: the corpus has too few intents, or too few texts of one.
    """
    rng = np.random.default_rng(seed)
    if len(corpus.intents) < plan.intents:
        raise DataError(f"expected at least {plan.intents} intents to draw from, got {len(corpus.intents)}")
    names = tuple(sorted(str(name) for name in rng.choice(corpus.intents, plan.intents, replace=False)))
    shuffled = {name: [str(text) for text in rng.permutation(corpus.learned[name])] for name in names}
    short = next((name for name in names if len(shuffled[name]) <= plan.own), None)
    if short is not None:
        raise DataError(f"intent {short}: expected more than {plan.own} texts, got {len(shuffled[short])}")
    chosen = rng.choice(names, plan.late, replace=False)
    late = {str(name): start for name, start in zip(chosen, plan.late_days, strict=True)}
    early = [name for name in names if name not in late]
    own = tuple(Example(text, name, "own") for name in early for text in shuffled[name][: plan.own])
    supply = _Supply({name: shuffled[name] if name in late else shuffled[name][plan.own :] for name in names}, rng)
    victim = str(rng.choice(early))
    shares = _shares(plan, names, late, rng)
    days = tuple(_day(number, share, supply, plan, victim) for number, share in enumerate(shares, 1))
    test = tuple(Example(text, name, "test") for name in names for text in corpus.test[name])
    return Stream(seed, names, late, own, days, test, victim)


class _Supply:
    """Texts of each intent, one after the other; when they are used up, again in another order."""

    def __init__(self, texts: Texts, rng: np.random.Generator) -> None:
        self.rng = rng
        self._texts = texts
        self.people = [_person(rng) for _ in range(CUSTOMERS)]
        self._left: dict[str, list[str]] = {name: [] for name in texts}

    @property
    def names(self) -> list[str]:
        return list(self._texts)

    def next(self, intent: str) -> str:
        if not self._left[intent]:
            self._left[intent] = [str(text) for text in self.rng.permutation(self._texts[intent])]
        return self._left[intent].pop()


def _shares(
    plan: Plan, names: Sequence[str], late: Mapping[str, int], rng: np.random.Generator
) -> Iterator[npt.NDArray[np.float64]]:
    """Shares of the intents on each day: a random walk of their logarithms. Who comes late begins in the middle."""
    logits = rng.normal(0, SPREAD, len(names))
    for number in range(1, plan.nights + 1):
        logits[[late.get(name) == number for name in names]] = 0.0
        open_now = np.array([late.get(name, 0) <= number for name in names])
        weights = np.exp(logits) * open_now
        yield weights / weights.sum()
        logits = logits + rng.normal(0, DRIFT, len(names))


def _day(number: int, share: npt.NDArray[np.float64], supply: _Supply, plan: Plan, victim: str) -> tuple[Asked, ...]:
    rng, names = supply.rng, supply.names
    wanted: list[tuple[str, str | None]] = [(str(name), None) for name in rng.choice(names, plan.turns, p=share)]
    if number == plan.poisoned:
        others = [name for name, part in zip(names, share, strict=True) if name != victim and part > 0]
        wanted += [(str(name), victim) for name in rng.choice(others, plan.planted)]
        wanted = [wanted[place] for place in rng.permutation(len(wanted))]
    opened = FIRST_DAY + timedelta(days=number - 1, hours=OPENS)
    step = timedelta(hours=OPEN_HOURS) / len(wanted)
    found = []
    for place, (intent, planted) in enumerate(wanted):
        name = f"{number:03}_{place:04}"
        who = _person(rng) if planted else supply.people[int(rng.integers(CUSTOMERS))]
        found.append(Asked(f"t_{name}", f"c_{name}", who, opened + place * step, supply.next(intent), intent, planted))
    return tuple(found)


def _person(rng: np.random.Generator) -> str:
    """A visitor's id as the widget makes it."""
    return str(UUID(bytes=rng.bytes(16), version=4))
