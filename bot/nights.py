"""What the reports of nightly runs say about each bundle. Tolerant: a report may be older than this, or torn."""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from backends.sealed import Stamp, stamp

REPORT, PAGE = "report.json", "report.html"
NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}")


def decisions(home: Path) -> dict[str, Mapping[str, Any]]:
    """What the last night that made a bundle decided about it, by the bundle's id.

    Args:
        home: the `var/` folder, with `nights/NIGHT/report.json` each.

    Returns:
        `night`, `at`, `decision` and `reasons` of each bundle that a report names as its challenger.
    """
    folder = home / "nights"
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted(folder.glob(f"*/{REPORT}")) if folder.is_dir() else ():
        try:
            told = _told(path, stamp(path))
        except OSError:  # retired meanwhile
            continue
        if told is not None:
            found[told[0]] = told[1]
    return found


def page(home: Path, night: str) -> Path | None:
    """The page that a night wrote, or None.

    Args:
        home: the `var/` folder.
        night: its name; one that is no name of a folder there is none of a night.
    """
    if NAME.fullmatch(night) is None:
        return None
    path = home / "nights" / night / PAGE
    return path if path.is_file() else None


@lru_cache(maxsize=1024)
def _told(path: Path, _stamp: Stamp) -> tuple[str, Mapping[str, Any]] | None:
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
    if not isinstance(report, dict) or not isinstance(report.get("challenger"), str):
        return None
    reasons = report.get("reasons")
    decided = {
        "night": report.get("night", path.parent.name),
        "at": report.get("at"),
        "decision": report.get("decision"),
        "reasons": reasons if isinstance(reasons, list) else [],
    }
    return report["challenger"], decided
