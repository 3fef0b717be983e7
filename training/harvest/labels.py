"""Which intent a logged turn teaches, who says so and how much it counts. Pure functions of logged turns.

A model's own prediction is no label, however sure it was: somebody else has to have confirmed it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from backends.content.content import NONE_OF_THESE
from bot.redact import redact
from training.dataset import Example
from training.harvest.logged import LoggedTurn, StoredLabel
from training.split import normalise

LONGEST_CHARS = 600
"""A longer text is cut by the encoder anyway, and tells a story rather than one wish."""
LEAST_CONFIDENCE = 0.5
"""A confirmed reply teaches if the classifier was at least so sure. Its thresholds were applied when it answered; this
leaves out flows that began with a recognised value although the classifier itself thought otherwise."""
MAJORITY = 2 / 3
"""Share of the customers with one text that must agree on its label, where they have equal provenance."""
CLASSIFIED = frozenset({"template", "flow"})
"""Modes of replies that follow from an intent."""
MASK = re.compile(r"\[[a-z][a-z0-9_]*\]")
LETTERS = re.compile(r"[^\W\d_]{2,}")


class Provenance(StrEnum):
    """Who says so, the most trusted first."""

    OPERATOR = "operator"
    CUSTOMER_CHOICE = "customer_choice"
    CONFIRMED = "confirmed"
    TEACHER = "teacher"


WEIGHTS: Mapping[Provenance, float] = {
    Provenance.OPERATOR: 1.0,
    Provenance.CUSTOMER_CHOICE: 0.8,
    Provenance.CONFIRMED: 0.6,
    Provenance.TEACHER: 0.3,
}
"""How much a label counts in training. The order is that of trust; a person who was asked comes before a person who
merely did not complain."""
_RANK = {provenance: rank for rank, provenance in enumerate(Provenance)}


@dataclass(frozen=True, slots=True)
class LabelledTurn:
    """One text to learn from, and where it comes from."""

    turn_id: str
    conversation_id: str
    customer: str
    at: str
    """When it was asked, UTC ISO-8601."""
    text: str
    intent: str
    """May be `oos`."""
    provenance: Provenance
    weight: float


class LeftOut(NamedTuple):
    """A turn that somebody labelled and that is not learned from."""

    turn_id: str
    reason: str
    """`empty`, `no_words`, `too_long`, `pressed`, `flow_answer`, `duplicate`, `outvoted`, `contradictory`, `capped`."""
    text: str


class Dispute(NamedTuple):
    """A turn that operators labelled differently; the newest label was taken."""

    turn_id: str
    text: str
    labels: tuple[StoredLabel, ...]
    """Oldest first."""


@dataclass(frozen=True, slots=True)
class Harvest:
    """What the logs teach."""

    labelled: tuple[LabelledTurn, ...]
    """Sorted by time, then turn."""
    left_out: tuple[LeftOut, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    vouched: frozenset[str] = frozenset()
    """Turns that two people labelled alike: two operators, or an operator and the customer."""
    unlabelled: int = 0
    """Turns about which nobody said anything."""


def harvest(turns: Sequence[LoggedTurn], *, cap: int, taught: Mapping[str, str] | None = None) -> Harvest:
    """Label turns by the best evidence there is, and drop what should not be learned.

    Args:
        turns: conversations in one piece each, as `read_logged` gives them.
        cap: most labels of one customer. The most trusted are kept, of equals the newest: what people ask today
            counts more than what they asked then, and a flood of thumbs does not push out an operator's correction.
        taught: turn id → intent, from a teacher.

    Raises:
        ValueError: `cap` is below 1.
    """
    if cap < 1:
        raise ValueError(f"expected a cap of at least 1 label a customer, got {cap}")
    found = _evidence(turns, taught or {})
    left_out: list[LeftOut] = []
    usable: list[LabelledTurn] = []
    by_id = {turn.turn_id: turn for turn in turns}
    for row in found:
        reason = unfit(by_id[row.turn_id], row.intent)
        if reason is None:
            usable.append(replace(row, text=redact(row.text)))
        else:
            left_out.append(LeftOut(row.turn_id, reason, row.text))
    for sieve in (_once_a_customer, _undisputed):
        usable, dropped = sieve(usable)
        left_out += dropped
    usable, dropped = _capped(usable, cap)
    kept = sorted(usable, key=lambda row: (row.at, row.turn_id))
    return Harvest(tuple(kept), (*left_out, *dropped), _disputes(turns), _vouched(turns), len(turns) - len(found))


def to_example(labelled: LabelledTurn) -> Example:
    """Make a training row that names its turn."""
    return Example(labelled.text, labelled.intent, f"turn:{labelled.turn_id}", labelled.weight)


def unfit(turn: LoggedTurn, intent: str | None = None) -> str | None:
    """Tell why a turn's text cannot be an example, or None when it can.

    Args:
        turn: the turn.
        intent: the label at hand. Another one than that of the open flow means the flow took the message wrongly,
            so that it is a request after all.
    """
    if turn.payload is not None:
        return "pressed"
    if turn.is_flow_answer and intent in {None, turn.flow}:
        return "flow_answer"
    if not turn.text.strip():
        return "empty"
    if LETTERS.search(MASK.sub(" ", turn.text)) is None:
        return "no_words"
    return "too_long" if len(turn.text) > LONGEST_CHARS else None


# --- evidence ----------------------------------------------------------------------------------------------


def _evidence(turns: Sequence[LoggedTurn], taught: Mapping[str, str]) -> list[LabelledTurn]:
    rows = []
    for _, group in groupby(turns, key=lambda turn: turn.conversation_id):
        conversation = list(group)
        resolved = _resolved(conversation)
        for turn in conversation:
            best = _best(turn, taught.get(turn.turn_id), is_resolved=turn.turn_id == resolved)
            if best is not None:
                rows.append(_labelled(turn, *best))
    return rows


def _labelled(turn: LoggedTurn, intent: str, provenance: Provenance) -> LabelledTurn:
    return LabelledTurn(
        turn.turn_id,
        turn.conversation_id,
        turn.customer,
        turn.asked_at,
        turn.text,
        intent,
        provenance,
        WEIGHTS[provenance],
    )


def _best(turn: LoggedTurn, taught: str | None, *, is_resolved: bool) -> tuple[str, Provenance] | None:
    """The label of the most trusted witness, or None."""
    stored = {label.provenance: label.intent for label in turn.labels}
    confirmed = turn.intent if _is_confirmed(turn, is_resolved=is_resolved) else stored.get(Provenance.CONFIRMED)
    witnesses = {
        Provenance.OPERATOR: stored.get(Provenance.OPERATOR),
        Provenance.CUSTOMER_CHOICE: _choice(turn) or stored.get(Provenance.CUSTOMER_CHOICE),
        Provenance.CONFIRMED: confirmed,
        Provenance.TEACHER: taught or stored.get(Provenance.TEACHER),
    }
    return next(((intent, provenance) for provenance in Provenance if (intent := witnesses[provenance])), None)


def _choice(turn: LoggedTurn) -> str | None:
    """What the customer chose after "did you mean", if it was one of the buttons under that very question."""
    pressed = turn.pressed_next
    if turn.kind != "clarify" or pressed is None or pressed not in turn.offered or not pressed.startswith("/"):
        return None
    intent = pressed.removeprefix("/")
    return None if intent == NONE_OF_THESE else intent


def _is_confirmed(turn: LoggedTurn, *, is_resolved: bool) -> bool:
    return _is_sure_answer(turn) and -1 not in turn.thumbs and (is_resolved or 1 in turn.thumbs)


def _is_sure_answer(turn: LoggedTurn) -> bool:
    """Whether a classifier's intent answered typed words, and was sure of it."""
    is_answer = turn.outcome in {"answered", "handoff"} and turn.mode in CLASSIFIED and turn.kind != "clarify"
    is_sure = turn.confidence is not None and turn.confidence >= LEAST_CONFIDENCE
    return is_answer and is_sure and turn.payload is None and not turn.is_flow_answer


def _resolved(conversation: Sequence[LoggedTurn]) -> str | None:
    """The turn that "this solved it" confirms: the last request the classifier answered, if nothing failed since.

    Answers to a flow's questions are passed over, since they belong to the request that began the flow. Anything
    else after it (another backend's answer, a button, a fallback, a person, a thumb down) may be what helped.
    """
    said = [place for place, turn in enumerate(conversation) if turn.resolved is not None]
    if not said or not conversation[said[-1]].resolved:
        return None
    if any(turn.operator_reply is not None for turn in conversation[said[-1] :]):
        return None
    for turn in reversed(conversation[: said[-1] + 1]):
        if turn.outcome != "answered" or -1 in turn.thumbs or turn.operator_reply is not None:
            return None
        if not turn.is_flow_answer:
            return turn.turn_id if _is_sure_answer(turn) else None
    return None


def _disputes(turns: Iterable[LoggedTurn]) -> tuple[Dispute, ...]:
    found = []
    for turn in turns:
        labels = tuple(label for label in turn.labels if label.provenance == Provenance.OPERATOR)
        if len({label.intent for label in labels}) > 1 and len({label.by for label in labels}) > 1:
            found.append(Dispute(turn.turn_id, turn.text, labels))
    return tuple(found)


def _vouched(turns: Iterable[LoggedTurn]) -> frozenset[str]:
    """Turns whose newest label by an operator another person gave too."""
    found = set()
    for turn in turns:
        labels = [label for label in turn.labels if label.provenance == Provenance.OPERATOR]
        if labels and (
            labels[-1].intent == _choice(turn)
            or any(label.intent == labels[-1].intent and label.by != labels[-1].by for label in labels)
        ):
            found.add(turn.turn_id)
    return frozenset(found)


# --- sieves ------------------------------------------------------------------------------------------------

_Sieved = tuple[list[LabelledTurn], list[LeftOut]]


def _trusted_first(rows: Iterable[LabelledTurn]) -> list[LabelledTurn]:
    """The most trusted first, of equals the newest."""
    newest = sorted(rows, key=lambda row: (row.at, row.turn_id), reverse=True)
    return sorted(newest, key=lambda row: _RANK[row.provenance])


def _once_a_customer(rows: Iterable[LabelledTurn]) -> _Sieved:
    """The same text of one customer counts once."""
    kept: dict[tuple[str, str], LabelledTurn] = {}
    left_out = []
    for row in _trusted_first(rows):
        if kept.setdefault((row.customer, normalise(row.text)), row) is not row:
            left_out.append(LeftOut(row.turn_id, "duplicate", row.text))
    return list(kept.values()), left_out


def _undisputed(rows: Iterable[LabelledTurn]) -> _Sieved:
    """The same text has one label: the most trusted, of equals that of a clear majority of customers, else none."""
    by_text: dict[str, list[LabelledTurn]] = defaultdict(list)
    for row in rows:
        by_text[normalise(row.text)].append(row)
    kept: list[LabelledTurn] = []
    left_out: list[LeftOut] = []
    for group in by_text.values():
        intent = _agreed(group)
        kept += [row for row in group if row.intent == intent]
        reason = "contradictory" if intent is None else "outvoted"
        left_out += [LeftOut(row.turn_id, reason, row.text) for row in group if row.intent != intent]
    return kept, left_out


def _agreed(rows: Sequence[LabelledTurn]) -> str | None:
    """The label that holds for one text; each customer is in `rows` once."""
    best = min(_RANK[row.provenance] for row in rows)
    votes = Counter(row.intent for row in rows if _RANK[row.provenance] == best)
    (intent, count), *_ = votes.most_common()
    return intent if count >= MAJORITY * votes.total() else None


def _capped(rows: Iterable[LabelledTurn], cap: int) -> _Sieved:
    used: Counter[str] = Counter()
    kept, left_out = [], []
    for row in _trusted_first(rows):
        used[row.customer] += 1
        if used[row.customer] <= cap:
            kept.append(row)
        else:
            left_out.append(LeftOut(row.turn_id, "capped", row.text))
    return kept, left_out
