"""What a technique costs at a size and a traffic: labels, training, answering, tokens, memory, idle hardware. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any

from eval.study.families import LANGUAGE_MODELS, asks_endpoint
from eval.study.point import MAIN
from eval.study.protocol import Tariffs

TRAFFIC = (1_000, 10_000, 100_000, 1_000_000)
"""Turns a month, beside the protocol's own."""
HOURS_A_MONTH = 730
BUSY_SHARE = 0.6
"""Most of a core that is planned for: customers do not come evenly."""
MONTHLY = ("inference_usd", "tokens_usd", "memory_usd", "idle_usd")
ONCE = ("labelling_usd", "training_usd")


def traffic(tariffs: Tariffs) -> list[int]:
    """The turns a month that are looked at."""
    return sorted({*TRAFFIC, tariffs.turns_a_month})


def costs(curves: Sequence[Mapping[str, Any]], tariffs: Tariffs, *, is_embedded: bool) -> list[dict[str, Any]]:
    """Price every technique at every size with a score and every traffic.

    Args:
        curves: as `curves.curves` makes them.
        tariffs: what things cost.
        is_embedded: whether the language model runs on the same machine, and not behind a paid endpoint.
    """
    rows = [row for row in curves if row["setting"] == MAIN and row["accuracy"] is not None]
    return [cost(row, tariffs, turns, is_embedded=is_embedded) for row in rows for turns in traffic(tariffs)]


def cost(curve: Mapping[str, Any], tariffs: Tariffs, turns: int, *, is_embedded: bool) -> dict[str, Any]:
    """Price one technique at one size.

    Labels and training are paid once, and spread over the tariffs' months. A technique without a language model runs
    inside of the bot's own process, whose first core is there anyway; a language model of one's own keeps a core of
    its own, busy or not. Memory is what a single bot holds: a frozen model is charged whole, though a second bot
    would share it.
    """
    has_own_core = curve["technique"] in LANGUAGE_MODELS or (asks_endpoint(curve["technique"]) and is_embedded)
    busy_hours = turns * (curve["cpu_ms_per_text"] or 0.0) / 3.6e6
    cores = ceil(busy_hours / (HOURS_A_MONTH * BUSY_SHARE))
    kept = max(cores, 1) if has_own_core else max(cores - 1, 0)
    amounts = {
        "labelling_usd": labelling_usd(curve["n_examples"], tariffs),
        "training_usd": (curve["train_cpu_s"] or 0.0) / 3600 * tariffs.cpu_usd_per_hour,
        "inference_usd": busy_hours * tariffs.cpu_usd_per_hour,
        "tokens_usd": turns * (curve["usd_per_text"] or 0.0),
        "memory_usd": curve["held_bytes"] / 1e9 * tariffs.gb_month_usd,
        "idle_usd": max(0.0, kept * HOURS_A_MONTH - busy_hours) * tariffs.cpu_usd_per_hour,
    }
    return {
        "technique": curve["technique"],
        "size": curve["size"],
        "n_per_intent": curve["n_per_intent"],
        "n_examples": curve["n_examples"],
        "accuracy": curve["accuracy"],
        "low": curve["low"],
        "high": curve["high"],
        "turns_a_month": turns,
        **amounts,
        **totals(amounts, turns, tariffs.months),
    }


def labelling_usd(labels: float, tariffs: Tariffs) -> float:
    """What a person is paid for labelling so many texts."""
    return labels * tariffs.label_seconds / 3600 * tariffs.labeller_usd_per_hour


def totals(amounts: Mapping[str, float], turns: int, months: float) -> dict[str, float]:
    """Add up: what is paid once, each month, and on average a month and a thousand turns."""
    once, monthly = (sum(amounts[name] for name in names) for names in (ONCE, MONTHLY))
    average = monthly + once / months
    return {
        "once_usd": once,
        "month_usd": monthly,
        "usd_a_month": average,
        "usd_per_1000_turns": 1000 * average / max(turns, 1),
    }


def pareto(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Keep what nothing else beats in both accuracy and cost, from cheap to dear."""
    kept: list[Mapping[str, Any]] = []
    for row in sorted(rows, key=lambda row: (row["usd_a_month"], -row["accuracy"])):
        if not kept or row["accuracy"] > kept[-1]["accuracy"]:
            kept.append(row)
    return kept
