"""What a reader must know before believing the figures: lost cells, invalid answers, few seeds. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from eval.study.cell import Cell
from eval.study.families import LANGUAGE_MODELS, asks_endpoint, title
from eval.study.material import Material
from eval.study.point import DONE, MAIN, NO_EXAMPLES, Point
from eval.study.protocol import Protocol
from eval.study.words import listed, percent, signed
from training.techniques.technique import BROKEN as FAULTS

NOTHING = "No cell has been finished yet."


def notes(
    points: Sequence[Point], curves: Sequence[Mapping[str, Any]], retriever: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Write the notes, what concerns the whole study first."""
    if not any(point.status == DONE for point in points):
        return [NOTHING, *_lost(points)]
    return [
        *_seeds(curves),
        *_rows(curves),
        *_lost(points),
        *(_retriever(row) for row in retriever if row["state"] == "worse"),
        *_invalid(curves),
        *_broken(curves),
        *_machines(points),
        *_threads(points),
        *_versions(points),
    ]


def limits(points: Sequence[Point], protocol: Protocol) -> list[str]:
    """Say what the study cannot tell."""
    found = ["One data set, one language: another bot's customers may write differently; run it on your own."]
    asked = {
        point.technique for point in points if asks_endpoint(point.technique) or point.technique in LANGUAGE_MODELS
    }
    if asked and not protocol.endpoint.get("base_url"):
        found.append(
            "The language model is the embedded one, of 135 million parameters. What it scores says little of large"
            " models: two lines under [endpoint] (base_url and model) ask a better one."
        )
    model = protocol.endpoint.get("model")
    if asked and model and model not in protocol.prices:
        found.append(f"The price of {model} is not known: its tokens count as free. Give it in [prices].")
    return [
        *found,
        "An interval holds for its own figure or pair, not for all of a table at once. With few seeds it is wide, as it"
        " should be.",
        "Costs are CPU seconds and tokens as measured, at the tariffs stated; labels of test rows are not counted.",
    ]


def of_data(material: Material) -> list[str]:
    """Say what of the texts is not as a reader would think."""
    found, n_test = [], len(material.test)
    if material.left_out:
        found.append(
            f"{material.left_out:,} of {material.left_out + n_test:,} test rows have an intent without an example, and"
            " nobody was asked them: look for misspelt intents."
        )
    if material.repeated:
        found.append(
            f"{material.repeated:,} of {n_test:,} test rows have a text that is among the examples: with many examples"
            " they may be known by heart."
        )
    return found


def of_plan(cells: Sequence[Cell], points: Sequence[Point]) -> list[str]:
    """Say what has not been run yet."""
    done = {point.key for point in points}
    left = [cell for cell in cells if cell.key not in done]
    if not left or not points:
        return []
    names = listed([title(name) for name in dict.fromkeys(cell.technique for cell in left)])
    return [f"{len(left)} of {len(cells)} cells have not been run yet ({names})."]


def _seeds(curves: Sequence[Mapping[str, Any]]) -> list[str]:
    taught = [row for row in curves if row["setting"] == MAIN and row["seeds"] and row["size"] != NO_EXAMPLES]
    single = [row for row in taught if row["seeds"] == 1]
    settings = list(dict.fromkeys(row["setting"] for row in curves if row["setting"] != MAIN and row["seeds"] == 1))
    beside = (
        [f"One draw only in {listed(settings)}: their figures vary more than their intervals say."] if settings else []
    )
    if not single:
        return beside
    chance = "intervals show the chance in test rows, not in which examples were drawn"
    if len(single) == len(taught):
        return [f"One seed only: {chance}.", *beside]
    sizes: dict[str, list[str]] = {}
    for row in single:
        sizes.setdefault(row["title"], []).append(row["size"])
    arms = "; ".join(f"{name} (size {listed(own)})" for name, own in sizes.items())
    return [
        f"Only one draw so far, so that their {chance}, and are narrower than those of the others: {arms}.",
        *beside,
    ]


def _rows(curves: Sequence[Mapping[str, Any]]) -> list[str]:
    small = {row["n_test"] for row in curves if row["setting"] == MAIN and row["rows"] not in {None, "all"}}
    large = {row["n_test"] for row in curves if row["setting"] == MAIN and row["rows"] == "all"}
    if not small:
        return []
    if not large:
        few, many = min(small), max(small)
        same = f"{few:,}" if few == many else f"{few:,} (with a language model) to {many:,}"
        return [f"Arms were asked {same} fixed rows of the test texts, not all of them."]
    return [
        f"Arms with a language model were asked {min(small)} fixed test rows, the others {max(large):,}. Differences"
        " between them rest on the rows that both were asked, so they need not equal the difference of two curves."
    ]


def _lost(points: Sequence[Point]) -> list[str]:
    lost: dict[tuple[str, str, str], list[Point]] = {}
    for point in points:
        if point.status != DONE:
            lost.setdefault((point.technique, point.status, point.reason), []).append(point)
    return [
        f"{title(technique)}: {len(cells)} cell{'s' if len(cells) > 1 else ''} {status}"
        f" ({', '.join(dict.fromkeys(_cell(point) for point in cells))}): {reason or 'no reason given'}."
        for (technique, status, reason), cells in lost.items()
    ]


def _cell(point: Point) -> str:
    where = "" if point.setting == MAIN else f" in {point.setting}"
    return f"size {point.size}{where}"


def _retriever(row: Mapping[str, Any]) -> str:
    return (
        f"With {row['size']} examples an intent the language model with retrieved examples is worse than the nearest"
        f" neighbour of its own retriever: {signed(row['value'])} points ({signed(row['low'])} to"
        f" {signed(row['high'])} on {row['n_test']} rows)."
    )


def _invalid(curves: Sequence[Mapping[str, Any]]) -> list[str]:
    by_technique: dict[str, list[Mapping[str, Any]]] = {}
    for row in curves:
        if row["invalid"]:
            by_technique.setdefault(row["technique"], []).append(row)
    found = []
    for technique, rows in by_technique.items():
        invalid = sum(row["invalid"] for row in rows)
        asked = sum(row["asked"] for row in curves if row["technique"] == technique)
        found.append(
            f"{title(technique)}: {invalid:,} of {asked:,} answers ({percent(invalid / asked)}) were no valid label;"
            f" they count as wrong{_reasons(rows, are_broken=False)}."
        )
    return found


def _broken(curves: Sequence[Mapping[str, Any]]) -> list[str]:
    found = []
    for row in curves:
        if row["broken"]:
            found.append(
                f"{row['title']}, size {row['size']}: {row['broken']:,} of {row['asked']:,} rows were lost to failures"
                f" of the infrastructure and are left out{_reasons([row], are_broken=True)}."
            )
    return found


def _reasons(rows: Sequence[Mapping[str, Any]], *, are_broken: bool) -> str:
    reasons: dict[str, int] = {}
    for row in rows:
        for name, number in row["failures"].items():
            if (name in FAULTS) == are_broken:
                reasons[name] = reasons.get(name, 0) + number
    return f" ({', '.join(f'{name}: {number:,}' for name, number in reasons.items())})" if reasons else ""


def _machines(points: Sequence[Point]) -> list[str]:
    machines = sorted({point.machine for point in points if point.machine})
    if len(machines) < 2:
        return []
    return [f"Cells ran on {len(machines)} machines ({'; '.join(machines)}): times of different cells compare badly."]


def _threads(points: Sequence[Point]) -> list[str]:
    threads = sorted({point.threads for point in points if point.threads is not None})
    if len(threads) < 2:
        return []
    return [f"Cells ran with {listed(list(map(str, threads)))} threads: their wall times compare badly."]


def _versions(points: Sequence[Point]) -> list[str]:
    seen: dict[str, set[str]] = {}
    for point in points:
        for name, version in point.versions.items():
            seen.setdefault(name, set()).add(version)
    mixed = [f"{name} ({', '.join(sorted(found))})" for name, found in sorted(seen.items()) if len(found) > 1]
    return (
        [f"Cells ran with several versions of {listed(mixed)}: scores of different cells may differ by them."]
        if mixed
        else []
    )
