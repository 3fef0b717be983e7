"""The real thing: a home folder whose store fills by day, and `run_night` with its guards and its gate by night."""

import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from backends.bundle import bundles_dir, current, current_id
from backends.intent.classifier import Classifier
from bot.house import STORE
from bot.settings import NightlySection
from bot.store.writer import migrate
from eval.flywheel.day import Crowd, live
from eval.flywheel.exam import Exam
from eval.flywheel.logbook import ROUTING, write_day
from eval.flywheel.points import GATED, Point
from eval.flywheel.school import RECIPE, School
from eval.flywheel.score import mark
from eval.flywheel.stream import Stream, night_after
from training.formats import write_file
from training.harvest.labels import LabelledTurn, harvest
from training.harvest.logged import read_logged
from training.nightly.inputs import Inputs
from training.nightly.ledger import read_reports
from training.nightly.night import run_night
from training.nightly.report import Decision

SETTINGS = NightlySection()


class NightFailed(RuntimeError):
    """A night broke, on a full disk perhaps; the run can go on where it stopped."""


@dataclass(slots=True)
class Gated:
    """One shop that runs `switchboard nightly`."""

    stream: Stream
    school: School
    folder: Path
    _marked: dict[str, str] = field(default_factory=dict)
    """What bundles have right, by their id."""
    _exam: Exam = field(init=False)

    def __post_init__(self) -> None:
        """Lay out the test."""
        self._exam = Exam([row.text for row in self.stream.test])

    @property
    def home(self) -> Path:
        """Its `var/` folder."""
        return self.folder / "var"

    def run(self, night: int) -> Point:
        """Let the day before a night pass and go through the night; what is done of it already is not done again.

        Raises:
            NightFailed: the night broke; the message says why.
        """
        if night == 0:
            self._open_shop()
        else:
            self._pass_day(night)
        report = self._report(night) or run_night(self._inputs(night_after(night))).document()
        if report["decision"] == Decision.FAILED:
            raise NightFailed(f"night {night} of seed {self.stream.seed}: {report['reasons'][0]}")
        told = _told(self, night, report) if night else {}
        rows = report.get("training", {}).get("rows", 0)
        return Point(
            self.stream.seed, GATED, night, self._right(night), report["decision"], report["reasons"], rows, more=told
        )

    def labelled(self, night: int) -> tuple[LabelledTurn, ...]:
        """The turns that somebody has labelled by then, whatever became of them."""
        until = night_after(night).isoformat(timespec="microseconds").replace("+00:00", "Z")
        return harvest(read_logged(self.home / STORE, until=until), cap=SETTINGS.customer_cap).labelled

    def _inputs(self, at: datetime) -> Inputs:
        bot = self.folder / "bot"
        school = self.school
        return Inputs(
            self.home, bot, SETTINGS, now=at, recipe=RECIPE, embed=school.embed, train=school.train, page=False
        )

    def _open_shop(self) -> None:
        shutil.rmtree(self.folder / "bot", ignore_errors=True)
        write_file(self.folder / "bot" / "nlu" / "intents.yml", self.stream.own)
        (self.folder / "bot" / "bot.toml").touch()
        migrate(self.home / STORE)

    def _pass_day(self, day: int) -> None:
        asked = self.stream.day(day)
        classifier = self._served()
        limits = classifier.thresholds_for(ROUTING.error_budget)
        crowd = Crowd(self.stream.intents, (self.stream.seed, day))
        parses = classifier.classify([row.text for row in asked])
        write_day(self.home, live(asked, parses, limits, crowd), classifier.bundle_id)

    def _served(self) -> Classifier:
        folder = current(self.home)
        if folder is None:
            raise RuntimeError(f"{self.home}: no bundle serves; the night 0 must have failed: see nights/ in it")
        return Classifier.load(folder)

    def _report(self, night: int) -> dict[str, Any] | None:
        """The report of a night that came to its end, in an interrupted run perhaps."""
        at = night_after(night).isoformat(timespec="seconds")
        found = [report for report in read_reports(self.home) if report["decision"] != Decision.FAILED]
        return next((report for report in found if report["at"] == at), None)

    def aside(self, night: int) -> frozenset[str]:
        """Turns that were set aside after a night."""
        report = self._report(night) or {}
        return frozenset(report.get("guards", {}).get("set_aside", ()))

    def _right(self, night: int) -> str:
        served = current_id(self.home) or ""
        if served not in self._marked:
            pairs = zip(self._exam.answers(bundles_dir(self.home) / served), self.stream.test, strict=True)
            self._marked[served] = "".join("01"[said == row.intent] for said, row in pairs)
        return mark(self.stream, night, self._marked[served])


def _told(shop: Gated, night: int, report: Mapping[str, Any]) -> dict[str, Any]:
    """What there was to find tonight, and what was found.

    Rows are tonight's labels, wrong where the label is not what the text means. Rows of earlier days do not count.
    """
    asked = {row.turn_id: row for row in shop.stream.day(night)}
    rows = [row for row in shop.labelled(night) if row.turn_id in asked]
    guards = report.get("guards", {})
    aside = shop.aside(night)
    wrong = {row.turn_id for row in rows if row.intent != asked[row.turn_id].intent}
    planted = {row.turn_id for row in rows if asked[row.turn_id].planted is not None}
    tonight = aside & {row.turn_id for row in rows}
    return {
        "labelled": len(rows),
        "by_provenance": dict(Counter(row.provenance.value for row in rows)),
        "wrong": len(wrong),
        "wrong_confirmed": sum(row.turn_id in wrong and row.provenance == "confirmed" for row in rows),
        "set_aside": len(tonight),
        "set_aside_wrong": len(tonight & wrong),
        "set_aside_earlier": len(aside - tonight - shop.aside(night - 1)),
        "planted": sum(row.planted is not None for row in asked.values()),
        "planted_labelled": len(planted),
        "planted_aside": len(tonight & planted),
        "guards_refuse": bool(guards.get("refuse")),
        "kinds": sorted({finding["kind"] for finding in guards.get("findings", ())}),
        "failed_checks": [check["name"] for check in report.get("checks", ()) if not check["passed"]],
        "gold": report.get("gold", {}).get("judging", report.get("gold", {}).get("rows", 0)),
        "power": next((row["power"] for row in report.get("overall", ())), None),
        "seconds": report.get("seconds"),
    }
