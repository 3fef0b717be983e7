"""Which messages a label would teach the most: a ranking of what people wrote. Pure: values in, values out.

Messages of the same words are one. Each reason to look adds to the score, none of them alone decides. The list is
kept varied: the next message counts less, the more of its kind stand before it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log2, prod

from bot.store.candidates import Candidate, Opinion

WEIGHTS: Mapping[str, float] = {
    "thumbs_down": 0.8,
    "disagree": 0.6,
    "uncertain": 0.6,
    "clarified": 0.5,
    "fallback": 0.5,
    "handoff": 0.4,
    "frequent": 0.5,
}
"""What each reason adds at most, 0..1."""
NEAR = 0.25
"""How far from the threshold a confidence is still an unsure one."""
CLOSE = 0.3
"""How small the lead over the second intent is where the two are mixed up."""
LONGEST_CHARS = 600
"""A longer text tells a story rather than one wish; training leaves it out too."""
SAME_KIND, SAME_WORDS = 0.85, 0.3
"""What is left of a score for each message of the same guess before it, and beside one of nearly the same words."""
ALIKE = 0.7
"""Share of words in common from which two messages are nearly the same."""
MASK = re.compile(r"\[[a-z][a-z0-9_]*\]")
WORD = re.compile(r"\w+")
LETTERS = re.compile(r"[^\W\d_]{2,}")
RANKED = re.compile(r"([a-z][a-z0-9_]*) ([01]\.\d+)")

Threshold = Callable[[str, str], float | None]
"""(backend, intent) → the confidence it asks for; None where it has none."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """One message to label."""

    candidate: Candidate
    score: float
    """0..1; only its order matters."""
    reasons: tuple[str, ...]
    """Keys of `WEIGHTS`, the weightiest first."""
    n: int
    """How often it was asked."""
    guesses: tuple[tuple[str, float | None], ...]
    """Intents that somebody thought of, with their confidence, best first."""


def rank(candidates: Sequence[Candidate], threshold: Threshold, *, limit: int) -> tuple[list[Ranked], int]:
    """Choose the messages most worth a label; gives them and how many there are in all.

    Args:
        candidates: newest first.
        threshold: of the backends' classifiers.
        limit: how many to choose.
    """
    groups: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        if not candidate.is_flow_answer and _is_teachable(candidate.text):
            groups.setdefault(words_of(candidate.text), []).append(candidate)
    scored = [
        (_score(signs), group)
        for group in groups.values()
        if (signs := _group_signs(group, threshold)) and not any(candidate.is_labelled for candidate in group)
    ]
    scored.sort(key=lambda pair: (-pair[0], pair[1][0].turn_id))
    found = [_ranked(group, threshold) for _, group in scored[: max(300, 6 * limit)]]
    return _varied(found, limit), len(scored)


def words_of(text: str) -> str:
    """What makes two messages the same: their words, whatever stands between."""
    return " ".join(WORD.findall(text.casefold()))


def _is_teachable(text: str) -> bool:
    return len(text) <= LONGEST_CHARS and LETTERS.search(MASK.sub(" ", text)) is not None


def _ranked(group: Sequence[Candidate], threshold: Threshold) -> Ranked:
    """One text, shown by the turn that says most about it, of equals the newest."""
    signs = _group_signs(group, threshold)
    reasons = sorted(signs, key=lambda name: -WEIGHTS[name] * signs[name])
    shown = max(group, key=lambda candidate: _score(_signs(candidate, threshold)))
    return Ranked(shown, _score(signs), tuple(reasons), len(group), _guesses(shown))


def _score(signs: Mapping[str, float]) -> float:
    return 1 - prod(1 - WEIGHTS[name] * sign for name, sign in signs.items())


def _group_signs(group: Sequence[Candidate], threshold: Threshold) -> dict[str, float]:
    """The reasons to look at one text: each as strong as in the turn where it is strongest."""
    signs: dict[str, float] = {}
    for candidate in group:
        for name, sign in _signs(candidate, threshold).items():
            signs[name] = max(sign, signs.get(name, 0.0))
    if len(group) > 2:
        signs["frequent"] = min(1.0, log2(len(group)) / 6)
    return signs


def _signs(candidate: Candidate, threshold: Threshold) -> dict[str, float]:
    """The reasons to look at one turn, above 0 to 1 each."""
    signs = {}
    if candidate.is_disliked:
        signs["thumbs_down"] = 1.0
    if len({opinion.intent for opinion in candidate.opinions} - {None}) > 1:
        signs["disagree"] = 1.0
    unsure = [sign for opinion in candidate.opinions if (sign := _unsure(opinion, threshold)) > 0]
    if unsure:
        signs["uncertain"] = max(unsure)
    if candidate.kind == "clarify":
        signs["clarified"] = 1.0
    if candidate.outcome in {"fallback", "error", "unanswered"}:
        signs["fallback"] = 1.0
    elif candidate.outcome == "handoff" and candidate.backend is None:
        signs["handoff"] = 1.0
    return signs


def _unsure(opinion: Opinion, threshold: Threshold) -> float:
    """How near a classifier was to the other decision."""
    if opinion.intent is None or opinion.confidence is None or opinion.outcome == "abstain:out_of_scope":
        return 0.0
    if opinion.outcome == "abstain:ambiguous":
        return 1.0
    ranking = [float(share) for _, share in RANKED.findall(opinion.detail)[:2]] if opinion.detail else ()
    lead = ranking[0] - ranking[1] if len(ranking) == 2 else 1.0
    least = threshold(opinion.backend, opinion.intent)
    distance = abs(opinion.confidence - (0.7 if least is None else least))
    return max(0.0, 1 - distance / NEAR, 1 - lead / CLOSE)


def _guesses(candidate: Candidate) -> tuple[tuple[str, float | None], ...]:
    best: dict[str, float | None] = {}
    for opinion in candidate.opinions:
        ranking = [(name, float(share)) for name, share in RANKED.findall(opinion.detail) if name != "oos"]
        told = [(opinion.intent, opinion.confidence)] if opinion.intent is not None else []
        for name, share in (*told, *ranking):
            best.setdefault(name, share)
    return tuple(best.items())[:5]


def _varied(found: Iterable[Ranked], limit: int) -> list[Ranked]:
    """Take the best one after the other, each weighed down by those of its kind before it."""
    left = [(one, frozenset(words_of(one.candidate.text).split())) for one in found]
    nearness = [0.0] * len(left)
    taken: list[Ranked] = []
    kinds: Counter[str] = Counter()
    while left and len(taken) < limit:
        place = max(range(len(left)), key=lambda i: _worth(left[i][0], kinds, nearness[i]))
        one, words = left.pop(place)
        del nearness[place]
        taken.append(one)
        kinds[_kind(one)] += 1
        nearness = [
            max(near, len(words & others) / len(words | others))
            for near, (_, others) in zip(nearness, left, strict=True)
        ]
    return taken


def _worth(one: Ranked, kinds: Mapping[str, int], nearness: float) -> float:
    return one.score * SAME_KIND ** kinds.get(_kind(one), 0) * (SAME_WORDS if nearness >= ALIKE else 1.0)


def _kind(one: Ranked) -> str:
    return one.guesses[0][0] if one.guesses else ""
