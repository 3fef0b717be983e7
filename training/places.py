"""Finds the line of each row that came from an NLU file, which YAML readers do not tell."""

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from training.dataset import ENTITY, Dataset, Example

ITEM = re.compile(r"^\s*-\s*(?:text:\s*)?(.*?)\s*$")
INTENT = re.compile(r"^\s*-\s*intent:\s*(.*?)\s*(?:\s#.*)?$")


def with_lines(dataset: Dataset) -> Dataset:
    """Give rows of `.yml` and `.yaml` files their line: `nlu/orders.yml` becomes `nlu/orders.yml:12`.

    A row that is written in a form whose line cannot be told keeps the file alone.
    """
    sources = {row.source for row in (*dataset.examples, *dataset.oos)}
    lines = {name: _lines(Path(name)) for name in sources if Path(name).suffix.lower() in {".yml", ".yaml"}}
    return Dataset(_placed(dataset.examples, lines), _placed(dataset.oos, lines))


def _placed(rows: Iterable[Example], lines: Mapping[str, Mapping[tuple[str, str], deque[int]]]) -> tuple[Example, ...]:
    placed = []
    for row in rows:
        found = lines.get(row.source, {}).get((row.intent, row.text))
        placed.append(replace(row, source=f"{_short(row.source)}:{found.popleft()}") if found else row)
    return tuple(placed)


def _short(source: str) -> str:
    """A path as a person standing in the working folder would write it."""
    path = Path(source)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else source


def _lines(path: Path) -> Mapping[tuple[str, str], deque[int]]:
    """Lines of each intent's text, in order."""
    found: dict[tuple[str, str], deque[int]] = defaultdict(deque)
    intent = ""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return found
    for number, line in enumerate(content.splitlines(), start=1):
        if block := INTENT.match(line):
            intent = _unquoted(block[1])
        elif item := ITEM.match(line):
            text = ENTITY.sub(r"\1", item[1]).strip()
            for spelling in {text, _unquoted(text)}:
                found[intent, spelling].append(number)
    return found


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
