"""Writes labelled texts as CSV, JSONL, Rasa's NLU YAML or a folder of `datasets`. The readers are in `dataset`."""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

import yaml

from training.dataset import ENTITY, DataError, Example
from training.hub_folders import FolderError, write_folder

UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no YAML file may hold. Source: YAML 1.1, 5.1, as PyYAML checks it."""
LINE_ENDS = {ord(end): f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}
"""Ends of lines to `str.splitlines` that JSON leaves as they are."""
LITERAL = "[{mark}](literal)"


class Form(StrEnum):
    """How labelled texts are written."""

    CSV = "csv"
    JSONL = "jsonl"
    RASA = "rasa"
    DATASETS = "datasets"


ENDINGS: Mapping[str, Form] = {".csv": Form.CSV, ".jsonl": Form.JSONL, ".yml": Form.RASA, ".yaml": Form.RASA}


def to_csv(rows: Sequence[Example]) -> str:
    """Two columns with the header `text,intent`."""
    buffer = io.StringIO()
    has_returns = any("\r" in row.text + row.intent for row in rows)  # Python 3.11 would leave them without quotes
    writer = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL if has_returns else csv.QUOTE_MINIMAL)
    writer.writerow(["text", "intent"])
    writer.writerows([row.text, row.intent] for row in rows)
    return buffer.getvalue()


def to_jsonl(rows: Sequence[Example]) -> str:
    """One object a line with `text` and `intent`."""
    lines = (json.dumps({"text": row.text, "intent": row.intent}, ensure_ascii=False) for row in rows)
    return "".join(line.translate(LINE_ENDS) + "\n" for line in lines)


def to_rasa(rows: Sequence[Example]) -> str:
    """Rasa's NLU form 3.1; intents in order of appearance.

    Line breaks within a text become spaces, and characters that YAML forbids are left out (`printable`).
    """
    texts: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        texts[row.intent].append(_escaped(printable(row.text)))
    blocks = [
        f"- intent: {_scalar(intent)}\n  examples: |\n" + "".join(f"    - {text}\n" for text in group)
        for intent, group in texts.items()
    ]
    return 'version: "3.1"\n\nnlu:\n' + "\n".join(blocks)


def printable(text: str) -> str:
    """Give the text as an NLU file keeps it: on one line, without characters that YAML forbids."""
    return " ".join(UNPRINTABLE.sub("", text).split())


def form_of(path: Path, form: Form | None = None) -> Form:
    """Tell how to write a path: as asked, else by its ending; one without an ending is a folder of `datasets`.

    Raises:
        DataError: another ending.
    """
    chosen = form or (ENDINGS.get(path.suffix.lower()) if path.suffix else Form.DATASETS)
    if chosen is None:
        raise DataError(
            f"{path}: expected a file ending in {', '.join(ENDINGS)}, or a folder (no ending) for `datasets`, "
            f"got {path.suffix}; or say which with --form"
        )
    return chosen


def write_file(path: Path, rows: Sequence[Example], form: Form | None = None) -> None:
    """Write rows in the given form, or the one that the path's ending names.

    Raises:
        DataError: an unknown ending, or the file cannot be written.
    """
    chosen = form_of(path, form)
    try:
        if chosen is Form.DATASETS:
            write_folder(path, [row.text for row in rows], [row.intent for row in rows])
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_WRITERS[chosen](rows), encoding="utf-8", newline="")
    except FolderError as exc:
        raise DataError(str(exc)) from exc
    except OSError as exc:
        raise DataError(f"{path}: cannot be written ({exc.strerror})") from exc
    except UnicodeEncodeError as exc:
        raise DataError(f"{path}: a text holds half a character ({exc.object[exc.start]!r}); mend it first") from exc


_WRITERS: Mapping[Form, Callable[[Sequence[Example]], str]] = {
    Form.CSV: to_csv,
    Form.JSONL: to_jsonl,
    Form.RASA: to_rasa,
}


def _escaped(text: str) -> str:
    """Keep what only looks like entity markup, `[docs](https://…)`, from being read as such.

    Its bracket is marked up itself: reading takes that markup out, once, and the text is back.
    """
    return ENTITY.sub(lambda found: _split_markup(found[0]), text)


def _split_markup(markup: str) -> str:
    words, rest = markup[: markup.index("]") + 1], markup[markup.index("]") + 1 :]
    return words + LITERAL.format(mark=rest[0]) + rest[1:]


def _scalar(name: str) -> str:
    """One line of YAML that reads as this text, whatever is in it."""
    style = '"' if UNPRINTABLE.search(name) or len(name.splitlines()) > 1 else None
    return str(yaml.safe_dump(name, allow_unicode=True, width=float("inf"), default_style=style)).splitlines()[0]
