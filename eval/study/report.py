"""Writes the report of a study: a page that needs no other file and no network, a Markdown summary, and pictures."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from eval.study import words
from eval.study.families import FAMILIES, title
from eval.study.plots import draw
from eval.study.point import MAIN, NO_EXAMPLES

PAGE, SUMMARY = "index.html", "summary.md"


def write_report(document: Mapping[str, Any], folder: Path) -> Path:
    """Write `index.html`, `summary.md`, and each picture as SVG and PNG.

    Args:
        document: as `answer.answer` makes it; `data` (numbers and hashes of the texts), `command` (how it was
            run) and `answers` (as `compare_answers` makes them) are shown where they are there.
        folder: made when it is missing.

    Returns:
        The page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pictures = draw(document)
    svgs = {name: picture.svg() for name, picture in pictures.items()}
    for name, picture in pictures.items():
        (folder / f"{name}.svg").write_text(svgs[name], encoding="utf-8")
        (folder / f"{name}.png").write_bytes(picture.png())
    shown = {**document, "protocol": _portable(document["protocol"], folder.resolve())}
    view = {"it": shown, "plots": svgs, **_views(document)}
    for name, template in ((SUMMARY, "summary.md"), (PAGE, "report.html")):
        text = _environment().get_template(template).render(view)
        (folder / name).write_text(text, encoding="utf-8")
    return folder / PAGE


def _portable(value: Any, folder: Path) -> Any:
    """The same settings with paths as seen from a folder: a page that is passed on tells nothing of the machine."""
    if isinstance(value, Mapping):
        return {key: _portable(each, folder) for key, each in value.items()}
    if isinstance(value, list):
        return [_portable(each, folder) for each in value]
    if not isinstance(value, str) or not Path(value).is_absolute():
        return value
    is_near = os.path.commonpath([value, folder]) != folder.anchor
    return os.path.relpath(value, folder) if is_near else Path(value).name


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("eval.study"),
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        percent=words.percent,
        brief=words.brief,
        signed=words.signed,
        dollars=words.dollars,
        count=words.count,
        duration=words.duration,
        bytes=words.size_of,
        few=words.few,
        title=title,
    )
    environment.globals.update(span=words.span, ways=FAMILIES)
    return environment


def _views(document: Mapping[str, Any]) -> dict[str, Any]:
    """Tables as the pages lay them out."""
    main = [row for row in document["curves"] if row["setting"] == MAIN]
    turns = document["tariffs"]["turns_a_month"]
    sizes = {row["size"]: row["n_per_intent"] for row in main if row["size"] != NO_EXAMPLES}
    ordered = sorted(sizes, key=lambda size: (size == "all", sizes[size]))
    table: dict[str, dict[str, Any]] = {}
    for row in main:
        table.setdefault(row["technique"], {})[row["size"]] = row
    settings: dict[str, list[Mapping[str, Any]]] = {}
    for row in document["rigidity"]:
        settings.setdefault(row["setting"], []).append(row)
    worth: dict[str, dict[str, Any]] = {}
    for row in document["next_labels"]:
        worth.setdefault(row["technique"], {})[row["size"]] = row
    cheapest = [row for row in document["cheapest"] if row["n_per_intent"] is None]
    return {
        "sizes": [(size, f"all ({sizes[size]})" if size == "all" else size) for size in ordered],
        "table": dict(sorted(table.items(), key=lambda item: list(FAMILIES).index(_way(item[1])))),
        "priced": [row for row in document["costs"] if row["turns_a_month"] == turns],
        "wanted": sorted({row["wanted"] for row in cheapest}),
        "traffic": sorted({row["turns_a_month"] for row in cheapest}),
        "cheapest": {(row["wanted"], row["turns_a_month"]): row for row in cheapest},
        "at_hand": sorted({row["n_per_intent"] for row in document["cheapest"] if row["n_per_intent"] is not None}),
        "lookup": json.dumps(_lookup(document["cheapest"])).replace("<", "\\u003c"),
        "settings": settings,
        "worth": worth,
        "troubled": [row for row in document["curves"] if _is_troubled(row)],
    }


def _way(cells: Mapping[str, Mapping[str, Any]]) -> str:
    return str(next(iter(cells.values()))["family"])


def _lookup(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Answers in words, by wanted accuracy, examples at hand (empty: to be bought) and turns a month."""
    found = {}
    for row in rows:
        place = f"{row['wanted']}|{'' if row['n_per_intent'] is None else row['n_per_intent']}|{row['turns_a_month']}"
        if row["technique"] is None:
            found[place] = "Nothing that was measured reaches it."
            continue
        what = "no examples" if row["size"] == NO_EXAMPLES else f"{row['size']} examples an intent"
        sure = "" if row["sure"] else "; the lower end of its interval does not reach it"
        after = f"; next {title(row['second'])}, {words.dollars(row['second_usd_a_month'])}" if row["second"] else ""
        found[place] = (
            f"{title(row['technique'])} with {what}: {words.dollars(row['usd_a_month'])} a month,"
            f" {words.percent(row['accuracy'])}{sure}{after}."
        )
    return found


def _is_troubled(row: Mapping[str, Any]) -> bool:
    return bool(row["invalid"] or row["broken"] or row["cut"] or row["failed"] or row["failures"])
