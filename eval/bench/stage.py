"""What the measurements share: a scratch folder with a bundle, a bot and the model of the other side.

Everything is made when it is first asked for, so that one measurement alone makes only what it needs.
"""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from backends.bundle import CURRENT, bundles_dir, current, replace_text, seal
from backends.classified.calibration import Calibration, Thresholds
from backends.contract import BackendError
from backends.intent.classifier import Classifier

INTENTS = 44
"""Labels of the model that is made when there is no bundle: as many as the demo bot has."""
ANSWER_ALL = Thresholds(min_confidence=0.0, max_oos=1.0, min_margin=0.0)
"""The bench measures answered turns: the model does the same work, and no text is turned away."""

BOT_TOML = """\
[bot]
name = "bench"
[routing]
arms = [{{ arm = "main", weight = 1.0, chain = [{chain}] }}]
[limits]
session_messages_per_minute = 1000000
session_frames_per_second = 1000000
"""
COMMON = (
    "flow_cancelled",
    "action_failed",
    "did_you_mean",
    "fallback",
    "fallback_again",
    "handoff_queued",
    "handoff_nobody",
    "unsupported_language",
)


class Meter(Protocol):
    """Hears how far a measurement is."""

    def begin(self, what: str, steps: int) -> None:
        """A stretch of work begins."""
        ...

    def tick(self, steps: int = 1) -> None:
        """Some of it is done."""
        ...


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a run takes place."""

    folder: Path
    """Scratch; removed afterwards."""
    home: Path
    """The home folder whose current bundle is measured, if there is one."""
    meter: Meter
    is_quick: bool = False
    sockets: int = 2000
    articles: Path | None = None
    """Help articles to serve where retrieval is loaded; None leaves it out."""

    def count(self, full: int, quick: int) -> int:
        """How many times to do something."""
        return quick if self.is_quick else full

    def bundle(self) -> Path:
        """The bundle to measure: a copy of the current one, else an untrained one of the same form.

        Raises:
            BackendError: the current one is damaged.
        """
        folder = bundles_dir(self.folder / "home") / "bench-0001"
        if not folder.is_dir():
            trained = current(self.home)
            if trained is not None:
                _copy_files(trained, folder)
            else:
                from eval.bench.model import write_bundle

                self.meter.begin("making a model", 1)
                write_bundle(folder, intents(), bundle_id="bench-0001")
                self.meter.tick()
            calibration = Calibration.load(folder)
            replace(calibration, thresholds=ANSWER_ALL, confidence_by_budget=(), certificates=()).write(folder)
            seal(folder)
            replace_text(bundles_dir(self.folder / "home") / CURRENT, folder.name + "\n")
        return folder

    def is_trained(self) -> bool:
        """Whether it is a bundle of the home folder that is measured."""
        return current(self.home) is not None

    def server_home(self, name: str) -> Path:
        """A fresh home folder for one server, with the bundle in it as the current one."""
        home = self.folder / name
        bundle = self.bundle()
        _copy_files(bundle, bundles_dir(home) / bundle.name)
        replace_text(bundles_dir(home) / CURRENT, bundle.name + "\n")
        return home

    def bot(self, *chain: str) -> Path:
        """A bot folder with a plain reply to every intent and the given chain."""
        folder = self.folder / ("bot-" + "-".join(chain))
        if not folder.is_dir():
            folder.mkdir(parents=True)
            names = [f"utter_{name}" for name in (*Classifier.load(self.bundle()).intents, *COMMON)]
            replies = "".join(f"  {name}:\n  - text: 'A reply of about this length, {name}.'\n" for name in names)
            (folder / "responses.yml").write_text(f'version: "3.1"\nresponses:\n{replies}', encoding="utf-8")
            (folder / "flows.yml").write_text("handoff: never_said\n", encoding="utf-8")
            chained = ", ".join(f'"{name}"' for name in chain)
            (folder / "bot.toml").write_text(BOT_TOML.format(chain=chained), encoding="utf-8")
            if self.articles is not None and "rag" in chain:
                shutil.copytree(self.articles, folder / "articles")
        return folder

    def pipeline_model(self) -> Path:
        """A folder that `transformers.pipeline` opens: the same architecture, as many labels."""
        folder = self.folder / "pipeline"
        if not folder.is_dir():
            from eval.bench.model import write_pipeline_model

            self.meter.begin("making the other side's model", 1)
            write_pipeline_model(folder, Classifier.load(self.bundle()).intents)
            self.meter.tick()
        return folder


def intents() -> tuple[str, ...]:
    """Names of the labels of an untrained model."""
    return tuple(f"intent_{number:02}" for number in range(INTENTS))


def _copy_files(source: Path, to: Path) -> None:
    try:
        shutil.copytree(source, to)
    except OSError as exc:
        raise BackendError(f"cannot copy the bundle {source} to {to}: {exc}") from exc
