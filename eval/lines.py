"""Files that a long run goes on from: a line that says what it is of, then a line for each finished piece."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class LineError(ValueError):
    """A line is not what it should be; the message names it."""


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
        UnicodeDecodeError: it is not text.
        LineError: a line is not JSON.
    """
    text = path.read_text(encoding="utf-8")
    found = []
    for number, line in enumerate(text[: text.rfind("\n") + 1].splitlines(), 1):
        try:
            found.append(json.loads(line))
        except ValueError as exc:
            raise LineError(f"line {number} is not JSON ({exc})") from exc
    return found
