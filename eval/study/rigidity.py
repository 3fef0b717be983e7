"""How a technique takes what it was not made for: noise, another style, new intents, texts out of scope. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from eval.study.point import MAIN
from eval.study.resampling import Resampling
from eval.study.scores import Key, Scores

WITHIN = 0.05
"""By how much new intents may be told worse than old ones, and count as taken up."""


def rigidity(
    curves: Sequence[Mapping[str, Any]], scores: Mapping[Key, Scores], resampling: Resampling
) -> list[dict[str, Any]]:
    """Make a row for each technique and size in each setting but the main one.

    `loss` is main accuracy minus the setting's on the seeds that both have, where both were asked the same rows; else
    null. In another style the loss is that against texts of the style trained on. What a setting
    measures beside accuracy is in `extra`.
    """
    rows = []
    for row in curves:
        if row["setting"] == MAIN or (row["accuracy"] is None and not row["extra"]):
            continue
        here = scores.get(Key(row["setting"], row["technique"], row["size"]))
        main = scores.get(Key(MAIN, row["technique"], row["size"]))
        names = ("setting", "technique", "title", "size", "n_per_intent", "seeds", "n_test", "accuracy", "low", "high")
        rows.append(
            {**{name: row[name] for name in names}, **_loss(here, main, resampling, row), "extra": row["extra"]}
        )
    return rows


def take_up(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Say how many examples each technique needs of intents that are added later.

    Args:
        rows: as `rigidity` makes them.

    Returns:
        `needed` is the smallest measured number with which the new intents are told within `WITHIN` as well as the old
        ones; None where none was enough.
    """
    new = [row for row in rows if {"accuracy_new", "accuracy_old"} <= row["extra"].keys()]
    found = []
    for technique in dict.fromkeys(row["technique"] for row in new):
        own = sorted((row for row in new if row["technique"] == technique), key=lambda row: row["n_per_intent"])
        enough = [row for row in own if row["extra"]["accuracy_new"] >= row["extra"]["accuracy_old"] - WITHIN]
        last = own[-1]
        found.append(
            {
                "technique": technique,
                "needed": enough[0]["size"] if enough else None,
                "most": last["size"],
                "accuracy_new": last["extra"]["accuracy_new"],
                "accuracy_old": last["extra"]["accuracy_old"],
            }
        )
    return found


def _loss(
    here: Scores | None, main: Scores | None, resampling: Resampling, row: Mapping[str, Any]
) -> dict[str, float | None]:
    same = row["extra"].get("accuracy_same")
    if same is not None and row["accuracy"] is not None:
        return {"main": same, "loss": same - row["accuracy"], "loss_low": None, "loss_high": None}
    is_comparable = here is not None and main is not None and here.key.setting.startswith("noise")
    pair = resampling.pair(here, main) if is_comparable and here is not None and main is not None else None
    if here is None or pair is None:
        return {"main": None, "loss": None, "loss_low": None, "loss_high": None}
    return {
        "main": here.accuracy + pair.gap.value,
        "loss": pair.gap.value,
        "loss_low": pair.gap.low,
        "loss_high": pair.gap.high,
    }
