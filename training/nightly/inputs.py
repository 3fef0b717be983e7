"""What a night depends on, and what it has read when it begins."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from backends.contract import BackendError
from backends.encoder import load_current
from backends.intent.classifier import Classifier
from bot.settings import NightlySection
from training.dataset import Example
from training.harvest.guards import guard
from training.harvest.teacher import Ask
from training.nightly.child import Progress, Train, train_in_child
from training.nightly.intake import Embed, Guard, Intake
from training.nightly.ledger import Ledger, night_of, nights_dir
from training.nightly.paired import Floats
from training.nightly.sides import Lesson
from training.nightly.snapshot import Snapshot, read_labelled
from training.nightly.witness import embed_with
from training.settings import Recipe
from training.split import normalise

BATCH = 32


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything a night depends on."""

    home: Path
    bot: Path
    settings: NightlySection
    now: datetime | None = None
    """When the night begins, aware; the present when None."""
    recipe: Recipe | None = None
    embed: Embed | None = None
    """Turns texts into unit vectors for guards and discovery. When None: the home's retrieval encoder, which no label
    has ever touched, else the champion's."""
    teacher: Callable[[], AbstractAsyncContextManager[Ask]] | None = None
    """Opens the language model that labels what nobody labelled; None for none."""
    train: Train = train_in_child
    guard: Guard = guard
    progress: Progress = lambda _stage, _done, _all: None
    dry_run: bool = False
    """Go through the night and promote nothing."""
    page: bool = True
    """Whether to write the HTML page beside the JSON report."""


class Begun(NamedTuple):
    """A night that has read what it works with."""

    inputs: Inputs
    now: datetime
    """UTC."""
    champion: Path | None
    ledger: Ledger
    reports: list[dict[str, Any]]
    """Of earlier nights, oldest first."""
    intake: Intake
    snapshot: Snapshot
    embed: Embed | None
    notes: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """The night's own."""
        return nights_dir(self.inputs.home) / self.snapshot.id

    def added(self, taught: Lesson) -> list[Example]:
        """Rows from the logs that the champion did not learn, by the snapshot of its night."""
        night = night_of(self.reports, self.champion.name) if self.champion else None
        before = read_labelled(nights_dir(self.inputs.home) / night) if night else ()
        known = {(normalise(row.text), row.intent) for row in before}
        rows = [row for row in (*taught.dataset.examples, *taught.dataset.oos) if row.source.startswith("turn:")]
        return [row for row in rows if (normalise(row.text), row.intent) not in known]


def embed_for(inputs: Inputs, champion: Path | None) -> Embed | None:
    """Choose what turns texts into vectors; None when there is no model at all. Nothing is opened before it is used."""
    if inputs.embed is not None:
        return inputs.embed
    try:
        encoder = load_current(inputs.home)
    except BackendError:
        return None if champion is None else lambda texts: embed_with(Classifier.load(champion), texts)

    def embed(texts: Sequence[str]) -> Floats:
        return encoder.encode(texts, kind="query", batch=BATCH)

    return embed
