"""Files that a long run goes on from: a line that says what it is of, then a line for each finished piece."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def make_ready(path: Path, header: Mapping[str, Any]) -> None:
    """Begin a file that is not there, and take away a line that was cut off while it was written.

    Raises:
        OSError: it cannot be written.
        UnicodeDecodeError: it is not text.
    """
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(header) + "\n", encoding="utf-8")
    text = path.read_text(encoding="utf-8")
    if not text.endswith("\n"):
        path.write_text(text[: text.rfind("\n") + 1], encoding="utf-8")


def read_lines(path: Path) -> list[Any]:
    """Read the whole lines, the header first.

    Raises:
        OSError: it cannot be read.
        ValueError: a line is not JSON.
    """
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
