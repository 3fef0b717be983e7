"""What another routing would have done to messages that were logged. Pure: values in, figures out.

Each message is looked at by itself: the chain it would have met is walked, and each backend does what it did then.
Where a backend was not asked, similar messages on which it was stand for it; where there are none, the message is
left open. A message and a backend always come out alike, so that two routings differ by what they do, not by luck.
"""

import zlib
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.routing import HANDOFF, Arm, Routing, assign, chain_of
from bot.store.tries import TriedTurn, Try

NOBODY, OPEN = "nobody", "open"
"""Who answers where no backend does; and where nothing is known."""
LEAST = 20
"""Similar messages from which a share is believed."""
NOT_ASKED = ("skipped:", "cancelled")

Kind = tuple[object, ...]
Counts = Mapping[Kind, tuple[int, int]]
"""Kind of message → how often a backend replied, and how often it was asked."""
Least = Callable[[str, str, float], float | None]
"""(backend, intent, error budget) → the confidence it asks for; None where it has none."""


class Figures(NamedTuple):
    """What one routing does to the messages."""

    by_backend: Mapping[str, int]
    """Messages by who answers them: a backend, `handoff`, `nobody`, or `open` where it is not known."""
    answered: int
    """By a backend."""
    cost_usd: float


class Preview(NamedTuple):
    """The routing in force beside another one."""

    turns: int
    changed: int
    """Messages that somebody else, or nobody, would answer."""
    now: Figures
    then: Figures
    guesses: Mapping[str, int]
    """Messages for which a backend's part was estimated, by backend."""
    estimated: int
    """Messages for which any was."""
    is_reassigned: bool
    """Arms or weights differ, so that customers were drawn anew."""


@dataclass(frozen=True, slots=True)
class Past:
    """What was in force when a message came."""

    at: Sequence[str]
    """When each version began, rising."""
    budgets: Sequence[float]

    def budget(self, asked_at: str) -> float:
        """The error budget in force at a time."""
        return self.budgets[max(0, bisect_right(self.at, asked_at) - 1)]


def preview(turns: Sequence[TriedTurn], now: Routing, then: Routing, past: Past, seed: str, least: Least) -> Preview:
    """Compare two routings on the same messages.

    Args:
        turns: logged messages.
        now: the routing in force.
        then: the other one.
        past: the error budgets that held when the messages came.
        seed: of the hash that draws customers' arms.
        least: what confidence a backend asks for.
    """
    is_reassigned = _shares(now.arms) != _shares(then.arms)
    costs, replay = _mean_costs(turns), _Replay(_Guess(turns), past, least)
    arms: dict[tuple[str, int], str] = {}
    chains: dict[tuple[str | None, int], tuple[str, ...]] = {}

    def arm_of(turn: TriedTurn, routing: Routing) -> str | None:
        if not is_reassigned:
            return turn.arm
        key = (turn.unit, id(routing))
        if key not in arms:
            arms[key] = assign(turn.unit, routing.arms, seed).arm
        return arms[key]

    def chain(turn: TriedTurn, routing: Routing) -> tuple[str, ...]:
        key = (arm_of(turn, routing), id(routing))
        if key not in chains:
            chains[key] = chain_of(routing, key[0])
        return chains[key]

    ends = [replay.ends(turn, [(chain(turn, routing), routing) for routing in (now, then)]) for turn in turns]
    return Preview(
        len(turns),
        sum(before != after for before, after in ends),
        _figures(turns, [before for before, _ in ends], costs),
        _figures(turns, [after for _, after in ends], costs),
        {backend: len(found) for backend, found in sorted(replay.guessed.items())},
        len(set().union(*replay.guessed.values())),
        is_reassigned,
    )


def _shares(arms: Iterable[Arm]) -> dict[str, float]:
    found = {arm.arm: arm.weight for arm in arms if arm.weight > 0}
    total = sum(found.values())
    return {name: round(weight / total, 9) for name, weight in found.items()}


def _mean_costs(turns: Iterable[TriedTurn]) -> dict[str, float]:
    spent: defaultdict[str, list[float]] = defaultdict(list)
    for turn in turns:
        if turn.backend is not None:
            spent[turn.backend].append(turn.cost_usd)
    return {backend: sum(costs) / len(costs) for backend, costs in spent.items()}


def _figures(turns: Sequence[TriedTurn], ends: Sequence[str], costs: Mapping[str, float]) -> Figures:
    counts = Counter(ends)
    answered = sum(count for end, count in counts.items() if end not in {NOBODY, OPEN, HANDOFF})
    spent = (
        turn.cost_usd if end == turn.backend else costs.get(end, 0.0) for turn, end in zip(turns, ends, strict=True)
    )
    return Figures(dict(counts.most_common()), answered, round(sum(spent), 6))


class _Replay:
    """Walks chains; remembers where it had to guess."""

    def __init__(self, guess: "_Guess", past: Past, least: Least) -> None:
        self._guess = guess
        self._past = past
        self._least = least
        self._limits: dict[tuple[str, str, float], float | None] = {}
        self.guessed: defaultdict[str, set[str]] = defaultdict(set)

    def ends(self, turn: TriedTurn, ways: Iterable[tuple[Sequence[str], Routing]]) -> tuple[str, ...]:
        """Who answers this message in the end, by each chain under its routing."""
        asked = {attempt.backend: attempt for attempt in turn.tries if not attempt.outcome.startswith(NOT_ASKED)}
        return tuple(self._end(turn, asked, chain, routing) for chain, routing in ways)

    def _end(self, turn: TriedTurn, asked: Mapping[str, Try], chain: Iterable[str], routing: Routing) -> str:
        for step in chain:
            if step == HANDOFF:
                return HANDOFF
            if step in routing.disabled:
                continue
            if step in asked:
                replies: bool | None = self._replies(turn, asked[step], routing.error_budget)
            else:
                replies = self._guess.replies(turn, step)
                if replies is not None:
                    self.guessed[step].add(turn.turn_id)
            if replies is None:
                return OPEN
            if replies:
                return step
        return NOBODY

    def _replies(self, turn: TriedTurn, attempt: Try, budget: float) -> bool:
        """As logged, unless the error budget alone makes the difference."""
        is_reply = attempt.outcome == "reply"
        held = self._past.budget(turn.asked_at)
        if budget == held or turn.is_pressed or attempt.intent is None or attempt.confidence is None:
            return is_reply
        before = self._limit(attempt.backend, attempt.intent, held)
        after = self._limit(attempt.backend, attempt.intent, budget)
        if before is None or after is None:
            return is_reply
        if is_reply:
            return not before <= attempt.confidence < after
        return attempt.outcome == "abstain:low_confidence" and after <= attempt.confidence < before

    def _limit(self, backend: str, intent: str, budget: float) -> float | None:
        key = (backend, intent, budget)
        if key not in self._limits:
            self._limits[key] = self._least(*key)
        return self._limits[key]


class _Guess:
    """What a backend that was not asked would have done: as on the same words, or else on messages of the same kind.

    The kind is what another backend made of it: the intent it saw and whether it replied. Then come the messages on
    which the backend was asked first, whatever they were, since nobody has sorted them out before.
    """

    def __init__(self, turns: Iterable[TriedTurn]) -> None:
        self._turns = turns
        self._counts: dict[str, Counts] = {}

    def replies(self, turn: TriedTurn, backend: str) -> bool | None:
        """Whether it would have replied; None when nothing is known."""
        if backend not in self._counts:
            self._counts[backend] = _counted(self._turns, backend)
        counts = self._counts[backend]
        for key in _keys(turn, backend):
            replied, asked = counts.get(key, (0, 0))
            if asked >= (1 if key[0] == "text" else LEAST):
                point = zlib.crc32(f"{turn.turn_id}\0{backend}".encode()) / 2**32
                return point < replied / asked
        return None


def _counted(turns: Iterable[TriedTurn], backend: str) -> Counts:
    """How often a backend replied, and was asked, on messages of each kind."""
    counts: defaultdict[Kind, list[int]] = defaultdict(lambda: [0, 0])
    for turn in turns:
        for place, attempt in enumerate(turn.tries):
            if attempt.backend != backend or attempt.outcome.startswith(NOT_ASKED):
                continue
            keys = _keys(turn, backend)
            for key in keys if place == 0 else keys[:-1]:
                counted = counts[key]
                counted[0] += attempt.outcome == "reply"
                counted[1] += 1
    return {key: (replied, asked) for key, (replied, asked) in counts.items()}


def _keys(turn: TriedTurn, backend: str) -> tuple[Kind, ...]:
    """What the message is alike by, the closest first; the last one is for messages the backend was asked first."""
    keys: list[Kind] = [("text", " ".join(turn.text.casefold().split()))]
    other = next((attempt for attempt in turn.tries if attempt.backend != backend and attempt.intent), None)
    if other is not None:
        kind = (other.backend, other.outcome == "reply")
        keys += [("intent", *kind, other.intent), ("kind", *kind)]
    return (*keys, ("first",))
