"""What earlier nights left: their folders and reports, and which logged turns they took in or set aside."""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from backends.bundle import replace_text
from training.dataset import DataError
from training.harvest.labels import LabelledTurn

NIGHTS = "nights"
REPORT = "report.json"
LEDGER = "turns.json"
FINISHED = frozenset({"promoted", "kept", "refused", "nothing_to_do"})


@dataclass(frozen=True, slots=True)
class Ledger:
    """What became of labelled turns so far, each with the label it had."""

    accepted: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Turn → label and night of the turns that a night's guards let pass."""
    set_aside: Mapping[str, str] = field(default_factory=dict)
    """Turn → label of those that a person should look at first. A new label takes a turn out."""
    taught: Mapping[str, str] = field(default_factory=dict)
    """Turn → intent that the teacher and retrieval agreed on; empty where they did not."""

    def night_of(self, row: LabelledTurn) -> str | None:
        """The earlier night that took in this turn with this label; None when none did."""
        label, night = self.accepted.get(row.turn_id, ("", ""))
        return night if label == label_of(row) else None

    def is_set_aside(self, row: LabelledTurn) -> bool:
        """Whether an earlier night set aside this turn with this label."""
        return self.set_aside.get(row.turn_id) == label_of(row)

    def after(self, night: str, passed: Iterable[LabelledTurn], stopped: Iterable[LabelledTurn]) -> "Ledger":
        """The ledger after a night that let some turns pass and stopped others."""
        accepted, set_aside = dict(self.accepted), dict(self.set_aside)
        for row in passed:
            if self.night_of(row) is None:
                accepted[row.turn_id] = (label_of(row), night)
            set_aside.pop(row.turn_id, None)
        for row in stopped:
            set_aside[row.turn_id] = label_of(row)
            accepted.pop(row.turn_id, None)
        return Ledger(accepted, set_aside, self.taught)


def label_of(row: LabelledTurn) -> str:
    """What a turn is labelled as, and by whom: `intent/provenance`."""
    return f"{row.intent}/{row.provenance.value}"


def nights_dir(home: Path) -> Path:
    """Tell where the nights of a home folder are."""
    return home / NIGHTS


def load_ledger(home: Path) -> Ledger:
    """Read the ledger; empty before the first night.

    Raises:
        DataError: the file is there and not a ledger.
    """
    path = nights_dir(home) / LEDGER
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        accepted = {turn_id: (str(label), str(night)) for turn_id, (label, night) in told["accepted"].items()}
        return Ledger(accepted, dict(told["set_aside"]), dict(told.get("taught", {})))
    except FileNotFoundError:
        return Ledger()
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise DataError(f"{path}: not a ledger ({exc}); remove it to let tonight's guards look at every turn") from exc


def write_ledger(home: Path, ledger: Ledger) -> None:
    """Replace the ledger."""
    document = {
        "accepted": dict(ledger.accepted),
        "set_aside": dict(ledger.set_aside),
        "taught": dict(ledger.taught),
    }
    replace_text(nights_dir(home) / LEDGER, json.dumps(document, indent=0) + "\n")


def read_reports(home: Path) -> list[dict[str, Any]]:
    """Read the reports of all nights, oldest first; one that cannot be read is passed over."""
    found = []
    for folder in _folders(home):
        try:
            report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(report, dict):
            found.append(report)
    return found


def last_finished(reports: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The newest night that came to a decision of its own, or None. A dry run changes nothing, so it is none."""
    done = [report for report in reports if report.get("decision") in FINISHED and not report.get("dry_run")]
    return done[-1] if done else None


def night_of(reports: Sequence[Mapping[str, Any]], bundle_id: str) -> str | None:
    """The night that made a bundle; None when none did."""
    made = [report for report in reports if report.get("challenger") == bundle_id]
    return str(made[-1]["night"]) if made else None


def clear_interrupted(home: Path) -> list[str]:
    """Remove what nights left that were killed: folders without a report. Tells their names."""
    broken = [folder for folder in _folders(home) if not (folder / REPORT).is_file()]
    for folder in broken:
        shutil.rmtree(folder)
    return [folder.name for folder in broken]


def retire_nights(home: Path, *, keep_days: int, now: datetime, kept: frozenset[str]) -> list[str]:
    """Remove nights older than so many days, those in `kept` aside. Tells their names."""
    oldest = f"{(now - timedelta(days=keep_days)).astimezone(UTC):%Y%m%dT%H%M%SZ}"
    old = [folder for folder in _folders(home) if folder.name < oldest and folder.name not in kept]
    for folder in old:
        shutil.rmtree(folder)
    return [folder.name for folder in old]


def _folders(home: Path) -> list[Path]:
    root = nights_dir(home)
    return sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
