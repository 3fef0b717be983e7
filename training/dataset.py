"""Reads labelled texts: CSV, JSONL and the NLU files of a bot folder. Knows nothing of training."""

import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from training.hub_folders import FolderError, read_folder

OOS = "oos"
"""The intent name of rows that no intent covers."""
COLUMNS = ("text", "intent")
ENTITY = re.compile(r"\[([^\[\]]+)\](?:\((?:[^()]*)\)|\{[^{}]*\})")
"""Rasa's entity markup: `[Graz](city)` and `[Graz]{"entity": "city"}`."""


class DataError(ValueError):
    """Training data that cannot be used as it is; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled text."""

    text: str
    intent: str
    source: str = ""
    """File it came from, with the line where that is known; or the turn, as `turn:ID`."""
    weight: float = 1.0
    """How much it counts in training, above 0: less for a label that is less sure."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled texts, apart from those out of scope."""

    examples: tuple[Example, ...]
    oos: tuple[Example, ...] = ()

    @classmethod
    def of(cls, rows: Iterable[Example]) -> "Dataset":
        """Sort rows into those with an intent and those with the intent `oos`."""
        rows = tuple(rows)
        return cls(tuple(row for row in rows if row.intent != OOS), tuple(row for row in rows if row.intent == OOS))

    @property
    def intents(self) -> tuple[str, ...]:
        """Names of the intents, sorted."""
        return tuple(sorted({row.intent for row in self.examples}))

    def labels(self) -> list[int]:
        """Place of each example's intent among `intents`."""
        place = {name: number for number, name in enumerate(self.intents)}
        return [place[row.intent] for row in self.examples]

    def counts(self) -> Counter[str]:
        """Examples of each intent."""
        return Counter(row.intent for row in self.examples)

    def digest(self) -> str:
        """Hash texts and labels; the order of rows does not matter."""
        rows = sorted(f"{row.intent}\t{row.text}" for row in (*self.examples, *self.oos))
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def read_file(path: Path) -> tuple[Example, ...]:
    """Read one file, by its ending: `.csv`, `.jsonl`, `.yml`, `.yaml` or `.parquet`; or a folder of `datasets`.

    Raises:
        DataError: the file is missing, empty, of another kind, or malformed.
    """
    readers = {
        ".csv": read_csv,
        ".jsonl": read_jsonl,
        ".yml": read_rasa,
        ".yaml": read_rasa,
        ".parquet": read_datasets,
    }
    reader = read_datasets if path.is_dir() else readers.get(path.suffix.lower())
    if reader is None:
        raise DataError(
            f"{path}: expected a file ending in {', '.join(readers)}, or a folder of `datasets`, "
            f"got {path.suffix or ('no ending' if path.exists() else 'nothing there')}"
        )
    rows = reader(path)
    if not rows:
        raise DataError(f"{path}: no rows in it; expected at least one text with its intent")
    return rows


def read_csv(path: Path) -> tuple[Example, ...]:
    """Read a CSV file whose header has the columns `text` and `intent`; others are ignored.

    Raises:
        DataError: no such file, no such columns, or a row without text or intent.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            header = [str(name) for name in reader.fieldnames or ()]
            if not set(COLUMNS) <= set(header):
                raise DataError(
                    f"{path}: the header must have the columns text and intent, got {', '.join(header) or 'nothing'}"
                )
            return tuple(_example(row, f"{path}:{reader.line_num}") for row in reader)
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise DataError(f"{path}: cannot be read as UTF-8 CSV ({_reason(exc)})") from exc


def read_jsonl(path: Path) -> tuple[Example, ...]:
    """Read one JSON object a line, with `text` and `intent`.

    Raises:
        DataError: no such file, or a line that is no such object.
    """
    rows = []
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except ValueError as exc:
            raise DataError(f"{path}:{number}: not a JSON object ({exc})") from exc
        if not isinstance(values, dict):
            raise DataError(f"{path}:{number}: expected an object with text and intent, got {line[:40]}")
        rows.append(_example(values, f"{path}:{number}"))
    return tuple(rows)


def read_datasets(path: Path) -> tuple[Example, ...]:
    """Read a folder of the Hugging Face library `datasets`, or a Parquet file; `hub_folders` says which.

    Raises:
        DataError: no such data there.
    """
    try:
        return tuple(Example(*row) for row in read_folder(path))
    except FolderError as exc:
        raise DataError(str(exc)) from exc


def read_rasa(path: Path) -> tuple[Example, ...]:
    """Read intents and examples from an NLU file of Rasa's form 3.1; entity markup is taken out.

    Raises:
        DataError: no such file, or not of that form.
    """
    try:
        document = yaml.safe_load(_text(path))
    except yaml.YAMLError as exc:
        raise DataError(f"{path}: not YAML ({_reason(exc)})") from exc
    if document is None:
        return ()
    if not isinstance(document, dict) or not isinstance(document.get("nlu", []), list):
        raise DataError(f"{path}: expected `nlu:` with a list of intents")
    rows: list[Example] = []
    for block in document.get("nlu", []):
        if not isinstance(block, dict):
            raise DataError(f"{path}: expected `- intent: NAME` under nlu, got {str(block)[:40]!r}")
        if "intent" in block:
            rows.extend(_rasa_block(block, path))
    return tuple(rows)


def read_bot(bot: Path) -> Dataset:
    """Read all NLU files of a bot folder.

    Raises:
        DataError: there are none, or one is malformed.
    """
    files = sorted([*(bot / "nlu").glob("*.yml"), *(bot / "nlu").glob("*.yaml")])
    if not files:
        raise DataError(f"{bot}: no nlu/*.yml in it; write intents there, or train with --data FILE.csv")
    return Dataset.of(row for file in files for row in read_rasa(file))


def read_data(paths: Sequence[Path], oos: Sequence[Path] = ()) -> Dataset:
    """Read data files; every row of an `oos` file is out of scope, whatever its intent column says.

    Raises:
        DataError: a file is missing, empty or malformed.
    """
    rows = [row for path in paths for row in read_file(path)]
    outside = [Example(row.text, OOS, row.source) for path in oos for row in read_file(path)]
    return Dataset.of([*rows, *outside])


def _rasa_block(block: Mapping[str, Any], path: Path) -> list[Example]:
    intent, examples = str(block["intent"]).strip(), block.get("examples", "")
    if isinstance(examples, list):
        lines = [str(item.get("text", "") if isinstance(item, dict) else item) for item in examples]
    elif isinstance(examples, str):
        lines = [line.strip() for line in examples.splitlines()]
        wrong = next((line for line in lines if line and not line.startswith("-")), None)
        if wrong is not None:
            raise DataError(f"{path}: examples of {intent} start with `- `, got {wrong[:60]!r}")
        lines = [line[1:] for line in lines]
    else:
        raise DataError(f"{path}: examples of {intent} must be a text of `- ` lines")
    texts = [ENTITY.sub(r"\1", line).strip() for line in lines]
    return [Example(text, intent, str(path)) for text in texts if text]


def _example(values: Mapping[str, Any], source: str) -> Example:
    text, intent = str(values.get("text") or "").strip(), str(values.get("intent") or "").strip()
    if not text or not intent:
        missing = "text" if not text else "intent"
        raise DataError(f"{source}: a row without {missing}; give every row both text and intent")
    return Example(text, intent, source)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise DataError(f"{path}: cannot be read as UTF-8 ({_reason(exc)})") from exc


def _reason(exc: Exception) -> str:
    return exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc).splitlines()[0]
