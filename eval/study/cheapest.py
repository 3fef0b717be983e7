"""The cheapest technique that reaches a wanted accuracy, at n examples and m turns a month. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from eval.study.point import NO_EXAMPLES

WANTED = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95)
"""Accuracies that are asked for."""


def cheapest(costs: Sequence[Mapping[str, Any]], months: float) -> list[dict[str, Any]]:
    """Answer for every traffic and wanted accuracy, with labels still to be bought and with n examples at hand.

    Args:
        costs: as `costs.costs` makes them.
        months: over which what is paid once is spread.

    Returns:
        Rows whose `n_per_intent` is None where labels are to be bought, as many as it takes; else that many are at
        hand, all or some of them are used, and they cost nothing more. `technique` is None where nothing measured
        reaches what is wanted; `sure` says that the lower end of the interval does too.
    """
    at_hand: list[int | None] = [None, *sorted({row["n_per_intent"] for row in costs if row["size"] != NO_EXAMPLES})]
    found = []
    for turns in sorted({row["turns_a_month"] for row in costs}):
        here = [row for row in costs if row["turns_a_month"] == turns]
        for given in at_hand:
            offers = sorted(_offers(here, given, months), key=lambda offer: offer["usd_a_month"])
            found += [_choose(offers, wanted, turns, given) for wanted in WANTED]
    return found


def _offers(costs: Sequence[Mapping[str, Any]], given: int | None, months: float) -> list[dict[str, Any]]:
    if given is None:
        return [dict(row) for row in costs]
    return [
        {**row, "usd_a_month": row["usd_a_month"] - row["labelling_usd"] / months}
        for row in costs
        if row["n_per_intent"] <= given
    ]


def _choose(offers: Sequence[Mapping[str, Any]], wanted: float, turns: int, given: int | None) -> dict[str, Any]:
    able = [offer for offer in offers if offer["accuracy"] >= wanted]
    first = able[0] if able else None
    others = [offer for offer in able if first and offer["technique"] != first["technique"]]
    return {
        "wanted": wanted,
        "n_per_intent": given,
        "turns_a_month": turns,
        "technique": first["technique"] if first else None,
        "size": first["size"] if first else None,
        "accuracy": first["accuracy"] if first else None,
        "usd_a_month": first["usd_a_month"] if first else None,
        "sure": first["low"] >= wanted if first else None,
        "second": others[0]["technique"] if others else None,
        "second_usd_a_month": others[0]["usd_a_month"] if others else None,
    }
