"""What a night tells: one value, written as JSON and as a page. Decides nothing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from backends.bundle import replace_text
from training.nightly.ledger import REPORT
from training.nightly.plots import draw

PAGE = "report.html"


class Decision(StrEnum):
    """How a night ended."""

    PROMOTED = "promoted"
    """The challenger serves."""
    KEPT = "kept"
    """Nothing said no, and the champion stays: a dry run, or no new row to train on."""
    REFUSED = "refused"
    """A guard, a check of the data or the gate said no; the champion stays."""
    NOTHING_TO_DO = "nothing_to_do"
    """No label, row or setting has changed since the last night."""
    FAILED = "failed"
    """Something broke; the champion stays."""


@dataclass(frozen=True, slots=True)
class Report:
    """One night."""

    night: str
    at: str
    """When it began, UTC ISO-8601."""
    decision: Decision
    reasons: tuple[str, ...]
    """Why; the first says it in short."""
    champion: str | None
    """The bundle that served when the night began."""
    challenger: str | None
    """The bundle the night trained."""
    notes: tuple[str, ...] = ()
    """What else a person should know."""
    seconds: float = 0.0
    dry_run: bool = False
    sections: Mapping[str, Any] = field(default_factory=dict)
    """Everything else, by name: `snapshot`, `training`, `gold`, `guards`, `checks`, `intents`, …"""

    def document(self) -> dict[str, Any]:
        """The JSON document."""
        return {
            "decision": self.decision.value,
            "reasons": list(self.reasons),
            "champion": self.champion,
            "challenger": self.challenger,
            "night": self.night,
            "at": self.at,
            "notes": list(self.notes),
            "seconds": self.seconds,
            "dry_run": self.dry_run,
            **self.sections,
        }


def write_page(folder: Path, report: Report, history: Sequence[Mapping[str, Any]]) -> Path:
    """Write `report.html`.

    Args:
        folder: the night's folder; made if missing.
        report: the night.
        history: reports of earlier nights, oldest first, for the plot over time.

    Raises:
        OSError: the disk is full, or not writable.
    """
    replace_text(folder / PAGE, render(report.document(), history))
    return folder / PAGE


def write_report(folder: Path, report: Report) -> Path:
    """Write `report.json`, last of all: its presence means that the night came to an end.

    Raises:
        OSError: the disk is full, or not writable.
    """
    replace_text(folder / REPORT, json.dumps(report.document(), ensure_ascii=False, indent=1, default=str) + "\n")
    return folder / REPORT


def render(document: Mapping[str, Any], history: Sequence[Mapping[str, Any]] = ()) -> str:
    """Make a page that needs no other file and no network.

    Args:
        document: as `Report.document` gives it.
        history: documents of earlier nights, oldest first.
    """
    environment = Environment(
        loader=PackageLoader("training.nightly"), autoescape=select_autoescape(default=True), trim_blocks=True
    )
    environment.filters["percent"] = _percent
    return environment.get_template("report.html").render(night=document, plots=draw(document, history))


def _percent(share: float | None, digits: int = 1) -> str:
    return "–" if share is None else f"{100 * share:.{digits}f} %"
