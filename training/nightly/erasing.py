"""Takes an erased customer out of what nights keep: snapshots, reports, the ledger, the gold set, what bundles said.

It also tells which bundles and hosted models had learned from the customer, as their cards and records say. They stay:
weights hold no row that could be taken out, and the certificate names them, so that a person can retire them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from backends.bundle import replace_text
from backends.rag.tuned import FOLDER, PREFIX
from bot.store.erasure import Traces, text_mark
from training.dataset import DataError
from training.nightly.gold import GOLD, erase_rows, load_gold
from training.nightly.ledger import LEDGER, REPORT, nights_dir
from training.nightly.snapshot import SNAPSHOT

SHELVES = ("bundles", "prompts", "adapters")
"""Folders of a home that hold what was trained."""
ERASED = "[erased]"
LAST = "last.out"
"""What the last run that a server started printed: its whole report."""
_GONE = object()


class Learned(NamedTuple):
    """What had learned from a customer."""

    training_rows: int
    """Turns that nights had taken in, for training or for judging."""
    bundles: list[dict[str, Any]]
    """`id` (of a hosted model `tuned:NAME`), `rows` learned, and whether the card says so (`exact`) or only the data
    of its night."""


def survey(home: Path, traces: Traces) -> Learned:
    """Tell what had learned from a customer; before anything is taken out."""
    taken: set[str] = set()
    by_night: dict[str, int] = {}
    for folder in _nights(home):
        found = {row["turn_id"] for row in _snapshot(folder / SNAPSHOT) if _is_of(row, traces)}
        taken |= found
        by_night[folder.name] = len(found)
    for path in (home / GOLD).glob("v*.jsonl"):
        taken |= {
            row["source"] for row in _lines(path) if row.get("origin") == "turn" and row["source"] in traces.turns
        }
    return Learned(len(taken), _bundles(home, traces, by_night))


def scrub(home: Path, traces: Traces) -> None:
    """Take a customer out of every file of nights and of the gold set; may be repeated.

    Raises:
        OSError: a file could not be written.
    """
    for folder in _nights(home):
        _scrub_lines(folder / SNAPSHOT, traces)
        document = _scrub_document(folder / REPORT, traces)
        if document is not None:
            _write_page(folder, document)
    _scrub_ledger(nights_dir(home) / LEDGER, traces)
    _scrub_last(nights_dir(home) / LAST, traces)
    if erase_rows(home, traces.turns):
        _forget_answers(home)


def clean(value: Any, traces: Traces) -> Any:
    """Take a customer out of a JSON document: rows by their turn, single texts by their mark."""
    match value:
        case dict():
            if _is_of(value, traces):
                return _GONE
            pairs = ((key, clean(one, traces)) for key, one in value.items() if key not in traces.turns)
            return {key: one for key, one in pairs if one is not _GONE}
        case list():
            return [one for one in (clean(one, traces) for one in value) if one is not _GONE]
        case str():
            if value in traces.turns or value in traces.conversations:
                return _GONE
            return ERASED if text_mark(value) in traces.texts else value
        case _:
            return value


def _is_of(row: Mapping[str, Any], traces: Traces) -> bool:
    source = str(row.get("source") or "").removeprefix("turn:")
    return (
        row.get("turn_id") in traces.turns
        or row.get("conversation_id") in traces.conversations
        or source in traces.turns
    )


def _nights(home: Path) -> list[Path]:
    root = nights_dir(home)
    return sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []


def _lines(path: Path) -> list[dict[str, Any]]:
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            row = json.loads(line)
        except ValueError:  # torn, and of no use to anybody
            continue
        if isinstance(row, dict):
            found.append(row)
    return found


def _snapshot(path: Path) -> list[dict[str, Any]]:
    return [row for row in _lines(path) if row.get("kind") == "turn"]


def _bundles(home: Path, traces: Traces, by_night: Mapping[str, int]) -> list[dict[str, Any]]:
    nights = {report.get("challenger"): name for name, report in _reports(home).items()}
    found = []
    for folder in (path for shelf in SHELVES for path in sorted((home / shelf).glob("[!.]*/"))):
        turns = _card(folder).get("data", {}).get("turns")
        rows = by_night.get(nights.get(folder.name, ""), 0) if turns is None else len(traces.turns & set(turns))
        if rows:
            found.append({"id": folder.name, "rows": rows, "exact": turns is not None})
    for path in sorted((home / FOLDER).glob("*.json")):  # hosted jobs, whose endpoint has the texts too
        rows = len(traces.turns & set((_document(path) or {}).get("turns") or ()))
        if rows:
            found.append({"id": f"{PREFIX}{path.stem}", "rows": rows, "exact": True})
    return found


def _reports(home: Path) -> dict[str, dict[str, Any]]:
    return {folder.name: found for folder in _nights(home) if (found := _document(folder / REPORT)) is not None}


def _card(folder: Path) -> dict[str, Any]:
    return _document(folder / "card.json") or {}


def _document(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _scrub_lines(path: Path, traces: Traces) -> None:
    rows = _lines(path)
    kept = [row for row in rows if not (row.get("kind") == "turn" and _is_of(row, traces))]
    if len(kept) < len(rows):
        replace_text(path, "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in kept))


def _scrub_document(path: Path, traces: Traces) -> dict[str, Any] | None:
    """Clean a report; gives it only if it has changed."""
    before = _document(path)
    after = None if before is None else clean(before, traces)
    if after is None or after == before:
        return None
    replace_text(path, json.dumps(after, ensure_ascii=False, indent=1) + "\n")
    return dict(after)


def _write_page(folder: Path, document: dict[str, Any]) -> None:
    """Draw the page of a report anew, if there is one; without the plot over earlier nights."""
    from training.nightly.report import PAGE, render  # it draws: seconds of imports that hardly ever are needed

    if (folder / PAGE).is_file():
        replace_text(folder / PAGE, render(document))


def _scrub_ledger(path: Path, traces: Traces) -> None:
    before = _document(path)
    if before is None:
        return
    after = {
        name: {turn: value for turn, value in turns.items() if turn not in traces.turns}
        for name, turns in before.items()
    }
    if after != before:
        replace_text(path, json.dumps(after, indent=0) + "\n")


def _scrub_last(path: Path, traces: Traces) -> None:
    rows = _lines(path)
    after = [clean(row, traces) for row in rows]
    if after != rows:
        replace_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in after if row is not _GONE))


def _forget_answers(home: Path) -> None:
    """Remove what bundles said to texts that are in the gold set no more."""
    try:
        known = load_gold(home).keys()
    except DataError:
        known = frozenset()
    for path in (home / GOLD).glob("said-*.json"):
        told = _document(path)
        if told is not None and isinstance(told.get("said"), dict):
            said = {key: one for key, one in told["said"].items() if key in known}
            replace_text(path, json.dumps({**told, "said": said}) + "\n")
