"""Proposes intents nobody wrote yet: what no intent took although the language model or a person could answer it.

Vectors come from an `Embed`; nothing here is stored or trained.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
from sklearn.cluster import AgglomerativeClustering

from backends.encoder import Floats, Ints
from bot.redact import redact
from training.dataset import OOS
from training.harvest.finding import Known
from training.harvest.labels import CLASSIFIED, Provenance, unfit
from training.harvest.logged import LoggedTurn
from training.harvest.naming import names_for
from training.harvest.surroundings import Around, look_around, nearest
from training.split import normalise

Embed = Callable[[Sequence[str]], Floats]
"""Texts → float32 (n, dim), rows of length 1."""

NOT_TAKEN = frozenset({"abstain:out_of_scope", "abstain:low_confidence", "abstain:ambiguous"})
"""How a classifier says that no intent took a message."""
ALIKE = 0.45
"""Mean cosine similarity down to which two groups are one. Figures: LOG.md."""
MOST_CLUSTERED = 5000
"""Turns that are clustered, the newest; memory grows with their square."""
SHOWN = 10
"""Examples in a proposal, the most central first."""
MOST_SOURCES = 3
DAYS_A_MONTH = 30.44


@dataclass(frozen=True, slots=True)
class Limits:
    """What a cluster needs to be worth proposing."""

    turns: int = 5
    customers: int = 3
    """Distinct ones: what one person keeps asking is no intent."""
    proposals: int = 20


class Suggestion(NamedTuple):
    """An example of a proposed intent, and the turn it is from."""

    turn_id: str
    text: str


class Source(NamedTuple):
    """What the suggested reply rests on: an article, or `operator` without an address."""

    title: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """An intent that a person may want to add."""

    name: str
    examples: tuple[Suggestion, ...]
    size: int
    """Turns in the cluster, each answered well."""
    customers: int
    reply: str
    """The most central of the answers that were given."""
    sources: tuple[Source, ...]
    turns_per_month: float
    """Turns like these that no intent took, well answered or not, drawn out to a month."""
    days: float
    """The period this was seen in."""
    nearest_intent: str | None
    similarity: float
    """Of the examples to that intent's, 0..1."""
    is_new: bool
    """False where the examples lie within an intent there is: it lacks these examples."""


@dataclass(frozen=True, slots=True)
class Open:
    """A turn that no intent took."""

    turn: LoggedTurn
    text: str
    reply: str | None
    """The good answer that it got, or None."""
    by_operator: bool = False


def open_turns(turns: Sequence[LoggedTurn]) -> tuple[Open, ...]:
    """Find the turns no intent took, with the good answers among their answers.

    An operator's reply is good; another backend's is unless somebody said otherwise. Turns that an operator gave an
    intent are taken.
    """
    return tuple(
        _opened(turn)
        for turn in turns
        if any(attempt.outcome in NOT_TAKEN for attempt in turn.attempts)
        and turn.mode not in CLASSIFIED
        and unfit(turn) is None
        and not any(label.provenance == Provenance.OPERATOR and label.intent != OOS for label in turn.labels)
    )


def _opened(turn: LoggedTurn) -> Open:
    if turn.operator_reply is not None:
        return Open(turn, redact(turn.text), redact(turn.operator_reply), by_operator=True)
    is_good = turn.outcome == "answered" and -1 not in turn.thumbs and turn.resolved is not False
    return Open(turn, redact(turn.text), redact(turn.reply) if is_good and turn.reply else None)


def discover(
    turns: Sequence[LoggedTurn], known: Known, embed: Embed, *, taken: Sequence[str] = (), limits: Limits | None = None
) -> tuple[Proposal, ...]:
    """Cluster the well answered turns that no intent took, and propose an intent for each cluster.

    Args:
        turns: the logs of a period; its length is measured by the first and the last of them.
        known: trusted texts of the intents there are.
        embed: makes vectors.
        taken: names that must not be proposed, beside those in `known`.
        limits: what a cluster needs.

    Returns:
        Proposals, the one that takes the most turns first.
    """
    limits = limits or Limits()
    asked = open_turns(turns)
    answered = [one for one in asked if one.reply is not None][-MOST_CLUSTERED:]
    if len(answered) < limits.turns:
        return ()
    vectors = embed([one.text for one in answered])
    groups = [places for places in _clusters(vectors) if _is_worth([answered[place] for place in places], limits)]
    if not groups:
        return ()
    rest = embed([one.text for one in asked if one.reply is None])
    names = names_for(
        [[answered[place].text for place in places] for places in groups],
        background=[*known.texts, *(one.text for one in asked)],
        taken={*known.intents, *taken},
    )
    around = look_around(known, rest, _days(turns))
    proposals = [
        _proposal(name, [answered[p] for p in places], vectors[places], around, embed)
        for name, places in zip(names, groups, strict=True)
    ]
    proposals.sort(key=lambda proposal: (-proposal.turns_per_month, proposal.name))
    return tuple(proposals[: limits.proposals])


def _clusters(vectors: Floats) -> list[Ints]:
    """Places of the rows of each cluster, lone rows included."""
    clustering = AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage="average", distance_threshold=1 - ALIKE
    )
    labels = clustering.fit_predict(vectors)
    return [np.flatnonzero(labels == number) for number in range(int(labels.max()) + 1)]


def _is_worth(members: Sequence[Open], limits: Limits) -> bool:
    """Whether enough people asked for it in enough words of their own."""
    texts = {(one.turn.customer, normalise(one.text)) for one in members}
    return len(texts) >= limits.turns and len({one.turn.customer for one in members}) >= limits.customers


def _proposal(name: str, members: Sequence[Open], vectors: Floats, around: Around, embed: Embed) -> Proposal:
    central = [members[place] for place in _central_first(vectors)]
    distinct = {normalise(one.text): one for one in reversed(central)}
    shown = [one for one in central if distinct[normalise(one.text)] is one][:SHOWN]
    closest, similarity, is_new = nearest(vectors, around)
    alike = int((around.rest @ _centre(vectors) >= _reach(vectors)).sum())
    return Proposal(
        name=name,
        examples=tuple(Suggestion(one.turn.turn_id, one.text) for one in shown),
        size=len(members),
        customers=len({one.turn.customer for one in members}),
        reply=_central_reply(members, embed),
        sources=_sources(members),
        turns_per_month=round((len(members) + alike) * DAYS_A_MONTH / around.days, 1),
        days=round(around.days, 2),
        nearest_intent=closest,
        similarity=round(similarity, 4),
        is_new=is_new,
    )


def _centre(vectors: Floats) -> Floats:
    mean = vectors.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)


def _central_first(vectors: Floats) -> Ints:
    return np.asarray(np.argsort(-(vectors @ _centre(vectors)), kind="stable"), dtype=np.int64)


def _reach(vectors: Floats) -> float:
    """How close to the centre a turn must be to count as one like these: as close as nine in ten of them."""
    return float(np.quantile(vectors @ _centre(vectors), 0.1))


def _central_reply(members: Sequence[Open], embed: Embed) -> str:
    """The answer that is most like all the answers; one that was given often counts as often."""
    replies = [one.reply for one in members if one.reply is not None]
    distinct = sorted(set(replies))
    vectors = embed(distinct)
    counts = np.array([replies.count(reply) for reply in distinct], dtype=np.float32)
    return distinct[int((vectors @ vectors.T @ counts).argmax())]


def _sources(members: Sequence[Open]) -> tuple[Source, ...]:
    counts: Counter[Source] = Counter()
    for one in members:
        if one.by_operator:
            counts[Source("operator", None)] += 1
        else:
            counts.update({Source(citation.title, citation.url) for citation in one.turn.citations})
    return tuple(
        source for source, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0].title))[:MOST_SOURCES]
    )


def _days(turns: Sequence[LoggedTurn]) -> float:
    """Length of the period in days, one at least."""
    times = [turn.asked_at for turn in turns]
    length = datetime.fromisoformat(max(times)) - datetime.fromisoformat(min(times))
    return max(length.total_seconds() / 86_400, 1.0)
