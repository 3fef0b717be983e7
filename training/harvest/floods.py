"""One customer, or many of one making, behind a large part of a night's labels."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from training.harvest.finding import Finding
from training.harvest.labels import LabelledTurn

LEAST_ROWS, LEAST_SHARE = 8, 0.10
"""From here on one customer steers what is learned."""
LEAST_RISE = 5.0
"""Customers of one making: their share of the labels is at least so many times what it was."""
_RUN = re.compile(r"\d+|\b[0-9a-f]{8,}\b")


def floods(tonight: Sequence[LabelledTurn], past: Sequence[LabelledTurn] = ()) -> tuple[Finding, ...]:
    """Find customers with a large part of tonight's labels, and families of customers who were not there before.

    Args:
        tonight: tonight's labels, before or after the cap for each customer.
        past: labels of the nights before; without any, families cannot be told from the shop's own numbering.
    """
    single = _large(tonight, {row.customer: row.customer for row in tonight})
    found = [
        Finding("flood", None, f"{len(rows)} of tonight's {len(tonight)} labels come from one customer, {name}", rows)
        for name, rows in single
    ]
    if past:
        found += _families(tonight, past, {name for name, _ in single})
    return tuple(found)


def _families(tonight: Sequence[LabelledTurn], past: Sequence[LabelledTurn], single: Iterable[str]) -> list[Finding]:
    families = {row.customer: family_of(row.customer) for row in tonight if row.customer not in set(single)}
    before = Counter(family_of(row.customer) for row in past)
    return [
        Finding("flood", None, f"{len(rows)} of tonight's {len(tonight)} labels come from customers named {name}", rows)
        for name, rows in _large(tonight, families)
        if len(rows) / len(tonight) >= LEAST_RISE * (before[name] + 1) / (len(past) + 1)
    ]


def family_of(customer: str) -> str:
    """What customers of one making have in common: the name without its running number."""
    return _RUN.sub("#", customer.casefold())


def _large(rows: Sequence[LabelledTurn], groups: Mapping[str, str]) -> list[tuple[str, tuple[str, ...]]]:
    turns: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.customer in groups:
            turns[groups[row.customer]].append(row.turn_id)
    least = max(LEAST_ROWS, LEAST_SHARE * len(rows))
    return [(name, tuple(found)) for name, found in sorted(turns.items()) if len(found) >= least]
