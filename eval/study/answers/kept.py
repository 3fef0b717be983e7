"""Keeps the last comparison of whole answers beside the points of a study, for the report of the next run."""

import json
from pathlib import Path
from typing import Any

from backends.bundle import replace_text

FILE, FOLDER = "answers.json", "answers"


def keep(folder: Path, document: dict[str, Any]) -> None:
    """Write what `compare_answers` found."""
    folder.mkdir(parents=True, exist_ok=True)
    replace_text(folder / FILE, json.dumps(document, indent=1) + "\n")


def kept(folder: Path) -> dict[str, Any]:
    """Give `{"answers": …}`, or nothing where there is none."""
    try:
        return {"answers": json.loads((folder / FILE).read_text(encoding="utf-8"))}
    except (FileNotFoundError, ValueError):
        return {}
