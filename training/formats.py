"""Writes labelled texts as CSV, JSONL or Rasa's NLU YAML. The readers are in `dataset`."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from training.dataset import DataError, Example


def to_csv(rows: Sequence[Example]) -> str:
    """Two columns with the header `text,intent`."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["text", "intent"])
    writer.writerows([row.text, row.intent] for row in rows)
    return buffer.getvalue()


def to_jsonl(rows: Sequence[Example]) -> str:
    """One object a line with `text` and `intent`."""
    return "".join(json.dumps({"text": row.text, "intent": row.intent}, ensure_ascii=False) + "\n" for row in rows)


def to_rasa(rows: Sequence[Example]) -> str:
    """Rasa's NLU form 3.1; intents in order of appearance, line breaks within a text become spaces."""
    texts: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        texts[row.intent].append(" ".join(row.text.split()))
    blocks = [
        f"- intent: {json.dumps(intent, ensure_ascii=False) if _needs_quotes(intent) else intent}\n  examples: |\n"
        + "".join(f"    - {text}\n" for text in group)
        for intent, group in texts.items()
    ]
    return 'version: "3.1"\n\nnlu:\n' + "\n".join(blocks)


def write_file(path: Path, rows: Sequence[Example]) -> None:
    """Write rows in the form that the file's ending names.

    Raises:
        DataError: another ending, or the file cannot be written.
    """
    writers = {".csv": to_csv, ".jsonl": to_jsonl, ".yml": to_rasa, ".yaml": to_rasa}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise DataError(f"{path}: expected a file ending in {', '.join(writers)}, got {path.suffix or 'none'}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(writer(rows), encoding="utf-8")
    except OSError as exc:
        raise DataError(f"{path}: cannot be written ({exc.strerror})") from exc


def _needs_quotes(intent: str) -> bool:
    return (
        not intent.replace("_", "a").replace("-", "a").isalnum()
        or intent.lower()
        in {
            "yes",
            "no",
            "on",
            "off",
            "true",
            "false",
            "null",
            "y",
            "n",
        }
        or intent[0].isdigit()
    )
