"""Labels that contradict what their texts say: a text among the trusted examples of one intent, labelled as another.

Vectors come from outside; nothing here embeds or trains.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import binom, false_discovery_control

from backends.encoder import Floats
from training.dataset import OOS
from training.harvest.closeness import closeness, drawn
from training.harvest.finding import Finding, GuardReport, Known, Night
from training.harvest.labels import LabelledTurn, Provenance

PRIOR_ROWS = 10
"""Where there are no other rows to compare with, one odd row in so many is taken to be usual."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When a label counts as contradicted. The figures behind the defaults: LOG.md."""

    sure: float = 0.99
    """A row is contradicted if its text is further on another intent's side than this share of the trusted texts are,
    each measured with itself left out: good rows that are like them are wronged at a rate of 1 - sure at most."""
    suspect: float = 0.9
    """The same for rows of an intent that draws contradictions tonight."""
    surrounded: float = 0.05
    """The other intent must be at least so close as to this share of its own texts, or the text is just new."""
    unlike: float = 0.01
    """A text is unlike its intent if it is further from it than all but this share of the trusted texts from theirs."""
    false_alarm: float = 0.05
    """Expected share of nights without poison in which an intent is said to draw contradictions, at most."""
    least: int = 3
    """Odd rows an intent needs to be said to draw them."""


def contradictions(
    night: Night,
    known: Known,
    *,
    vouched: frozenset[str] = frozenset(),
    rising: frozenset[str] = frozenset(),
    rule: Rule | None = None,
) -> GuardReport:
    """Set aside the rows whose text lies among the trusted texts of another intent.

    A label of a customer or a teacher is set aside by itself. An operator's is not: one person who knows better is
    how the bot learns. Where odd rows gather in one intent, more of them than the night's own share of wrong labels
    explains, all that are suspect go: operators' rows too if they lie among another intent's texts, and the others also
    if they are merely unlike the intent, since a classifier that was sure of a text knows something like it. Rows of
    an intent of which nothing is known always pass.

    Args:
        night: tonight's rows.
        known: trusted texts.
        vouched: turns that two people labelled alike; they pass.
        rising: intents whose share jumps; customers' rows of them are judged as where odd rows gather.
        rule: the thresholds.
    """
    rule = rule or Rule()
    counts = Counter(known.intents)
    if len(counts) < 2 or max(counts.values()) < 2 or not night.rows:
        return GuardReport()
    verdict = _judge(night, drawn(known), vouched, rule)
    gathered = _gathering(night.rows, verdict, rule)
    strict = {*gathered, *(_Group(intent, False) for intent in rising)}
    chosen = [
        place
        for place, row in enumerate(night.rows)
        if (verdict.suspect[place] if _group(row) in strict else verdict.sure[place] and not _group(row).is_operator)
    ]
    return GuardReport(False, _findings(night.rows, verdict, chosen, gathered), _ids(night.rows, chosen))


class _Group(NamedTuple):
    """Rows that are judged together: wrong labels are frequent among customers' and rare among operators'."""

    intent: str
    is_operator: bool


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What is thought of each row."""

    sure: npt.NDArray[np.bool_]
    """Contradicted, whatever else happens tonight."""
    odd: npt.NDArray[np.bool_]
    """Counts as a sign that something gathers."""
    suspect: npt.NDArray[np.bool_]
    """Goes if something does."""
    rival: tuple[str, ...]
    """The intent each text is closest to, its own aside."""


def _group(row: LabelledTurn) -> _Group:
    return _Group(row.intent, row.provenance == Provenance.OPERATOR)


def _ids(rows: Sequence[LabelledTurn], places: Sequence[int]) -> frozenset[str]:
    return frozenset(rows[place].turn_id for place in places)


def _judge(night: Night, known: Known, vouched: frozenset[str], rule: Rule) -> _Verdict:
    names = sorted(set(known.intents))
    place = {name: number for number, name in enumerate(names)}
    of_known = np.array([place[name] for name in known.intents])
    trusted = closeness(known.vectors, of_known, (known.vectors, of_known), itself=True)
    labels = np.array([place.get(row.intent, -1) for row in night.rows])
    tonight = closeness(night.vectors, labels, (known.vectors, of_known))
    pairs = np.bincount(of_known)[of_known] > 1  # a lone example has nothing of its own to be compared with
    own, margin = trusted.own[pairs], trusted.margin[pairs]
    usual = np.array(
        [np.quantile(_or(own[of_known[pairs] == number], own), rule.surrounded) for number in place.values()]
    )
    judged = (labels >= 0) | np.array([row.intent == OOS for row in night.rows])
    judged &= np.array([row.turn_id not in vouched for row in night.rows])
    among = judged & (tonight.other >= usual[tonight.rival])
    sure = among & (tonight.margin > np.quantile(margin, rule.sure))
    suspect = among & (tonight.margin > np.quantile(margin, rule.suspect))
    unlike = judged & (labels >= 0) & (tonight.own < np.quantile(own, rule.unlike))
    unlike &= np.array([row.provenance != Provenance.OPERATOR and row.intent != OOS for row in night.rows])
    return _Verdict(sure, sure | unlike, suspect | unlike, tuple(names[number] for number in tonight.rival))


def _or(values: Floats, otherwise: Floats) -> Floats:
    return values if len(values) else otherwise


def _gathering(rows: Sequence[LabelledTurn], verdict: _Verdict, rule: Rule) -> dict[_Group, float]:
    """Groups with more odd rows than the other groups of their kind lead one to expect, with their p-values."""
    total = Counter(_group(row) for row in rows)
    odd = Counter(_group(row) for row, is_odd in zip(rows, verdict.odd, strict=True) if is_odd)
    groups = sorted(total)
    values = []
    for group in groups:
        kind = [other for other in groups if other.is_operator == group.is_operator and other != group]
        usual = (sum(odd[other] for other in kind) + 1) / (sum(total[other] for other in kind) + PRIOR_ROWS)
        values.append(float(binom.sf(odd[group] - 1, total[group], usual)))
    adjusted = false_discovery_control(values)
    return {
        group: float(value)
        for group, value in zip(groups, adjusted, strict=True)
        if value <= rule.false_alarm and odd[group] >= rule.least
    }


def _findings(
    rows: Sequence[LabelledTurn], verdict: _Verdict, chosen: Sequence[int], gathered: Mapping[_Group, float]
) -> tuple[Finding, ...]:
    by_intent: dict[str, list[int]] = defaultdict(list)
    for place in chosen:
        by_intent[rows[place].intent].append(place)
    found = []
    for intent, places in sorted(by_intent.items()):
        like = Counter(verdict.rival[place] for place in places).most_common(3)
        named = ", ".join(f"{name} ({count})" for name, count in like)
        p = min((value for group, value in gathered.items() if group.intent == intent), default=None)
        why = "" if p is None else f"; that so many gather in one intent has p = {p:.2g}"
        message = f"{len(places)} texts labelled {intent} are closer to {named}{why}"
        found.append(Finding("content", intent, message, tuple(rows[place].turn_id for place in places)))
    return tuple(found)
