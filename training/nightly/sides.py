"""Which labelled texts are trained on and which only judge. Pure functions of values.

A conversation is on one side for good, whatever is said in it later; and a text is on the side where it came first.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from training.dataset import Dataset, Example
from training.harvest.labels import LabelledTurn, Provenance, to_example
from training.nightly.gold import Gold, GoldRow
from training.split import normalise, text_hash

TRUSTED = frozenset({Provenance.OPERATOR, Provenance.CUSTOMER_CHOICE, Provenance.CONFIRMED})
"""Who may say what a gold text means: people. A teacher model never may."""
RANK: Mapping[str, int] = {
    Provenance.OPERATOR: 0,
    "own": 1,
    Provenance.CUSTOMER_CHOICE: 2,
    Provenance.CONFIRMED: 3,
    Provenance.TEACHER: 4,
}
"""Whom to believe about one text, the most trusted first. The bot's own rows stand between operators and customers."""
LEAST_NEW = 3
"""Texts from which an intent that the bot's own rows do not have is learned: one slip of the pen makes no intent."""


class Outvoted(NamedTuple):
    """A row that is not learned from because somebody more trusted says otherwise."""

    text: str
    intent: str
    source: str
    instead: str


class Lesson(NamedTuple):
    """Tonight's training rows, and what was left out of them."""

    dataset: Dataset
    held_for_gold: int
    """Rows that only judge, by their text."""
    outvoted: tuple[Outvoted, ...]
    too_few: dict[str, int]
    """New intents with too few texts to learn yet."""


class _Claim(NamedTuple):
    rank: int
    row: Example


def judges(conversation_id: str, share: float) -> bool:
    """Whether a conversation is on the gold side: a stable hash of its id falls below the share, 0..1."""
    number = int.from_bytes(hashlib.sha256(f"gold:{conversation_id}".encode()).digest()[:8], "big")
    return number < share * 2**64


def gold_candidates(labelled: Sequence[LabelledTurn], own: Iterable[Example], share: float) -> list[GoldRow]:
    """Rows for the gold set: trusted labels of the gold side, oldest first.

    A text that was on the training side before (one of the bot's own, or asked there earlier) does not judge: models
    have learned it. That keeps the gold set to texts that are new to all it judges.
    """
    learned = {text_hash(row.text): "" for row in own}
    for row in labelled:
        if not judges(row.conversation_id, share):
            key = text_hash(row.text)
            learned[key] = min(learned.get(key, row.at), row.at)
    return [
        GoldRow(row.text, row.intent, "turn", row.turn_id, row.at)
        for row in sorted(labelled, key=lambda row: (row.at, row.turn_id))
        if judges(row.conversation_id, share)
        and row.provenance in TRUSTED
        and not learned.get(text_hash(row.text), "~") < row.at
    ]


def lesson(labelled: Sequence[LabelledTurn], own: Sequence[Example], gold: Gold, share: float) -> Lesson:
    """Collect what tonight's model may learn from: the bot's own rows and the logs' training side.

    Gold texts are taken out wherever they come from. Those of them that came from the bot's own rows stay in: a
    training sets them aside by their hash. One that it learns after all, since it keeps a smaller share of more rows,
    judges nothing that night.
    """
    barred = {row.key for row in gold.rows if row.origin != "nlu"}
    turns = [row for row in labelled if not judges(row.conversation_id, share)]
    claims = [_Claim(RANK["own"], row) for row in own]
    claims += [_Claim(RANK[row.provenance], to_example(row)) for row in reversed(turns)]
    allowed = [claim for claim in claims if text_hash(claim.row.text) not in barred]
    kept, outvoted = _believed(allowed)
    few = _too_few(kept, {row.intent for row in own})
    rows = [row for row in kept if row.intent not in few]
    return Lesson(Dataset.of(rows), len(claims) - len(allowed), tuple(outvoted), few)


def _believed(claims: Sequence[_Claim]) -> tuple[list[Example], list[Outvoted]]:
    """One row a text: that of the most trusted, of equals the first. The bot's own contradictions stay, to be told."""
    best: dict[str, _Claim] = {}
    for claim in claims:
        key = normalise(claim.row.text)
        if key not in best or claim.rank < best[key].rank:
            best[key] = claim
    kept, outvoted = [], []
    for claim in claims:
        first = best[normalise(claim.row.text)]
        is_own_mistake = claim.rank == first.rank == RANK["own"] and claim.row.intent != first.row.intent
        if claim is first or is_own_mistake:
            kept.append(claim.row)
        elif claim.row.intent != first.row.intent:
            outvoted.append(Outvoted(claim.row.text, claim.row.intent, claim.row.source, first.row.intent))
    return kept, outvoted


def _too_few(rows: Iterable[Example], known: set[str]) -> dict[str, int]:
    counts = Counter(row.intent for row in rows if row.intent not in known)
    return {intent: count for intent, count in sorted(counts.items()) if count < LEAST_NEW}
