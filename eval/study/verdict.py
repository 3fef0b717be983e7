"""The answer in plain words. Pure."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from eval.study.crossing import CROSSES, LEVEL_AT_LAST, crossing
from eval.study.families import FAMILIES, PROMPT_TUNING, PROMPTING, TUNING, family, title
from eval.study.point import DONE, MAIN, NO_EXAMPLES
from eval.study.protocol import Tariffs
from eval.study.resampling import Resampling
from eval.study.scores import Key, Scores, sizes_of, techniques_of
from eval.study.words import brief, dollars, few, listed, percent, signed, span


def verdict(document: Mapping[str, Any], duels: Sequence[Mapping[str, Any]], tariffs: Tariffs) -> list[str]:
    """Say what was found, a sentence each.

    Args:
        document: with `points`, `curves`, `leaders`, `cheapest`, `next_labels` and `rigidity`.
        duels: as `family_duels` makes them.
        tariffs: for the traffic that is spoken of.
    """
    if not document["leaders"]:
        bare = _bare(document["curves"])
        none = "No technique that learns from examples has a score yet." if bare else "No cell has a score yet."
        return [*bare, none, *_unscored(document["points"])]
    return [
        *_leaders(document["leaders"]),
        *_bare(document["curves"]),
        *(_duel(duel) for duel in duels),
        *_cheapest(document["cheapest"], tariffs),
        *_labels(document["next_labels"], document["leaders"]),
        *_noise(document["rigidity"]),
        *_unscored(document["points"]),
    ]


def family_duels(scores: Mapping[Key, Scores], resampling: Resampling) -> list[dict[str, Any]]:
    """Let the best of each way of prompting meet the best fine-tuned technique, the question of the study.

    Where only one of the two has been measured, there is no duel.
    """
    best, found = representatives(scores), []
    for challenger in (PROMPTING, PROMPT_TUNING):
        if challenger in best and TUNING in best:
            duel = crossing(scores, (best[challenger], best[TUNING]), resampling)
            found += [duel] if duel else []
    return found


def representatives(scores: Mapping[Key, Scores]) -> dict[str, str]:
    """Name for each way the technique that is its most accurate one at most sizes."""
    ways: dict[str, list[str]] = {}
    for name in techniques_of(scores):
        ways.setdefault(family(name), []).append(name)
    return {way: _best(scores, names) for way, names in ways.items()}


def _best(scores: Mapping[Key, Scores], names: Sequence[str]) -> str:
    curves = {name: {one.key.size: one.accuracy for one in sizes_of(scores, name)} for name in names}
    sizes = {size for curve in curves.values() for size in curve}
    wins = [max(names, key=lambda name: curves[name].get(size, curves[name].get(NO_EXAMPLES, -1.0))) for size in sizes]
    return max(names, key=lambda name: (wins.count(name), max(curves[name].values())))


def _leaders(leaders: Sequence[Mapping[str, Any]]) -> list[str]:
    parts = []
    for technique, group in groupby(leaders, key=lambda row: row["technique"]):
        rows = list(group)
        sizes = [_size(row) for row in (rows[0], rows[-1])]
        where = sizes[0] if len(rows) == 1 else f"{sizes[0]} to {sizes[1]}"
        scored = percent(rows[0]["accuracy"])
        scored = scored if len(rows) == 1 else f"{scored} to {percent(rows[-1]['accuracy'])}"
        beside = [name for name in rows[0]["beside"] if all(name in row["beside"] for row in rows)]
        also = f", not told apart from {listed([title(name) for name in beside])}" if beside else ""
        parts.append(f"with {where} it is {title(technique)} ({scored}{also})")
    return [f"Most accurate by examples an intent: {'; '.join(parts)}."]


def _bare(curves: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of what nobody labelled anything for."""
    rows = [row for row in curves if (row["setting"], row["size"]) == (MAIN, NO_EXAMPLES)]
    rows = [row for row in rows if row["accuracy"] is not None]
    if not rows:
        return []
    best = max(rows, key=lambda row: row["accuracy"])
    scored = f"{percent(best['accuracy'])}, 95 %: {span(best['low'], best['high'])}"
    return [f"Without any example it is {title(best['technique'])} ({scored})."]


def _size(row: Mapping[str, Any]) -> str:
    return f"all ({row['n_per_intent']})" if row["size"] == "all" else str(row["size"])


def _duel(row: Mapping[str, Any]) -> str:
    """Claim a lead only at sizes where it is sure."""
    names = {"first": _named(row["first"]), "second": _named(row["second"])}
    sure = {
        key: [str(size) for size, who in zip(row["measured"], row["ahead"], strict=True) if who == row[key]]
        for key in names
    }
    first, second = names.values()
    where = f"{row['from']} to {row['to']}"
    if row["state"] == CROSSES:
        low, high = few(row["low"], f"below {row['from']}"), few(row["high"], f"beyond {row['to']}")
        lines = f"; their lines cross at about {few(row['at'], '?')} (95 %: {low} to {high})"
    else:
        lines = f"; they are level at {row['to']}" if row["state"] == LEVEL_AT_LAST else ""
    match bool(sure["first"]), bool(sure["second"]):
        case True, True:
            begun = f"{first} is ahead with {_examples(sure['first'])}, {second} with"
            said = f"{begun} {listed(sure['second'])}{lines}."
        case False, False:
            said = f"{first} and {second} are not told apart at any size measured, {where}{lines}."
        case is_first, _:
            ahead, other = (first, second) if is_first else (second, first)
            own = sure["first"] or sure["second"]
            if len(own) == len(row["measured"]):
                said = f"{ahead} is ahead of {other} at every size measured, {where}."
            else:
                rest = "not told apart from it at the other sizes measured"
                said = f"{ahead} is ahead of {other} with {_examples(own)}, and {rest}{lines}."
    return f"{said[:1].upper()}{said[1:]}"


def _examples(sizes: list[str]) -> str:
    return f"{listed(sizes)} example{'s' if sizes != ['1'] else ''} an intent"


def _named(technique: str) -> str:
    return f"{FAMILIES[family(technique)]} ({title(technique)})"


def _cheapest(cheapest: Sequence[Mapping[str, Any]], tariffs: Tariffs) -> list[str]:
    rows = [row for row in cheapest if row["turns_a_month"] == tariffs.turns_a_month and row["n_per_intent"] is None]
    reached = [row for row in rows if row["technique"] is not None]
    if not reached:
        return []
    parts = [
        f"{brief(row['wanted'])}: {title(row['technique'])} with {row['size']} examples an intent,"
        f" {dollars(row['usd_a_month'])} a month{'' if row['sure'] else ' (not sure to reach it)'}"
        for row in (reached[place] for place in dict.fromkeys((len(reached) // 2, len(reached) - 1)))
    ]
    missed = next((row["wanted"] for row in rows if row["technique"] is None), None)
    none = f" Nothing measured reaches {brief(missed)}." if missed else ""
    return [f"Cheapest at {tariffs.turns_a_month:,} turns a month, labels included, to reach {'; '.join(parts)}.{none}"]


def _labels(rows: Sequence[Mapping[str, Any]], leaders: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of the leaders at the smallest and the largest size that tell it without going beyond what was measured."""
    measured = {(row["technique"], row["size"]): row for row in rows if not row["extrapolated"]}
    told = [measured[row["technique"], row["size"]] for row in leaders if (row["technique"], row["size"]) in measured]
    if not told:
        return []
    chosen = [told[0]] if len(told) == 1 else [told[0], told[-1]]
    parts = [f"{signed(row['gain'])} points at {row['n_per_intent']} ({title(row['technique'])})" for row in chosen]
    usd = dollars(told[0]["labelling_usd"])
    return [f"The next {told[0]['labels']} labels ({usd}) bring {' and '.join(parts)} examples an intent."]


def _noise(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    noisy = [row for row in rows if row["setting"].startswith("noise") and row["loss"] is not None]
    if not noisy:
        return []
    setting = max(row["setting"] for row in noisy)
    largest = max(row["n_per_intent"] for row in noisy if row["setting"] == setting)
    here = [row for row in noisy if row["setting"] == setting and row["n_per_intent"] == largest]
    if len(here) < 2:
        return []
    least, most = min(here, key=lambda row: row["loss"]), max(here, key=lambda row: row["loss"])
    share = setting.removeprefix("noise-")
    return [
        f"With {share} % wrong labels at {largest} an intent, {title(most['technique'])} loses most"
        f" ({_points(most)} points) and {title(least['technique'])} least ({_points(least)})."
    ]


def _points(row: Mapping[str, Any]) -> str:
    ends = "" if row["loss_low"] is None else f" [{signed(row['loss_low'])}, {signed(row['loss_high'])}]"
    return f"{signed(row['loss']).removeprefix('+')}{ends}"


def _unscored(points: Sequence[Mapping[str, Any]]) -> list[str]:
    lost = [point for point in points if point["status"] != DONE]
    if not lost:
        return []
    names = listed([title(name) for name in dict.fromkeys(point["technique"] for point in lost)])
    return [f"Not in this: {len(lost)} of {len(points)} cells, which were cut or failed ({names})."]
