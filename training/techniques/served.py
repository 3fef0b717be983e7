"""What `switchboard train` makes, as techniques of the study: trained, calibrated, exported, and asked as served.

A linear head, contrastive and full fine-tuning are bundles of the backend `intent`, in 8 bits; `soft_prompt` and
`prefix` are prompts of the backend `soft_prompt`, whose encoder lies in the home folder, once for all cells.
"""

import json
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import get_args

from backends.bundle import DRAFT, is_leftover
from backends.intent.classifier import Classifier
from backends.soft_prompt.classifier import PromptClassifier
from bot.redact import redact
from training.dataset import OOS, Dataset, Example
from training.fitting import parts_of, settled
from training.pipeline import train_bundle
from training.pretrained import Pretrained, load_pretrained
from training.settings import PROMPTS, Recipe, Technique
from training.split import normalise
from training.techniques.table import Place
from training.techniques.technique import Guess, Meter, Step

CLASSIFIERS = "classifiers"
"""In the study's cache: classifiers that several cells share."""
COST = "cost.json"
KINDS: dict[str, Technique] = {name: name for name in get_args(Technique)}


class Served:
    """A bundle, and the classifier that serving opens from it."""

    def __init__(self, kind: Technique | None, place: Place, *, is_shared: bool = False) -> None:
        """Choose what is trained.

        Args:
            kind: as `train --technique`; None: by the number of rows, as `train` does.
            place: its options are figures of the recipe.
            is_shared: keep the bundle in the study's cache, if there is one, for cells that come to the same. What it
                took to train is told each time.

        Raises:
            ValueError: the options are none of a recipe.
        """
        self.name: str = kind or "train"
        self.meter = Meter()
        self._place = place
        self._recipe = Recipe.model_validate({**place.options, "technique": kind, "threads": place.threads})
        self._shelf = place.cache / CLASSIFIERS if is_shared and place.cache else None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._classifier: Classifier | PromptClassifier | None = None
        self._has_oos = False

    def fit(self, examples: Sequence[Example], *, seed: int, progress: Step) -> None:
        """Train, calibrate, export and verify, then open what came out as serving does.

        Raises:
            DataError: these rows cannot train a classifier.
            ExportError: what would be served does not agree with torch.
        """
        self.close()
        dataset = Dataset.of(without_contradictions(examples))
        self._has_oos = bool(dataset.oos)
        recipe = self._recipe.model_copy(update={"seed": seed})
        recipe = settled(recipe, dataset, parts_of(dataset, recipe))  # so that it is kept under what it comes to
        kept = None if self._shelf is None else self._shelf / self._key(dataset, recipe)
        if kept is None or not (kept / COST).is_file():
            kept = self._train(dataset, recipe, progress, kept)
        else:
            self.meter = replace(self.meter, **json.loads((kept / COST).read_text(encoding="utf-8")))
            progress(1, 1)
        self._classifier = self._open(kept / "bundle")
        self.meter.held_bytes = self.meter.disk_bytes
        if isinstance(self._classifier, PromptClassifier):
            self.meter.held_bytes += self._classifier.frozen.size_bytes

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        """Guess; `oos` only where the examples had rows out of scope.

        Raises:
            RuntimeError: it was not fitted.
            BackendError: the model failed.
        """
        if self._classifier is None:
            raise RuntimeError(f"{self.name}: fit it first")
        with self.meter.predicting():
            parses = self._classifier.classify([redact(text) for text in texts])
        return [
            Guess(OOS, parse.oos_score, oos_score=parse.oos_score)
            if parse.intent is None and self._has_oos
            else Guess(*parse.ranking[0], oos_score=parse.oos_score)
            for parse in parses
        ]

    def close(self) -> None:
        """Free the model, and remove a bundle that is not kept."""
        self._classifier = None
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def _train(self, dataset: Dataset, recipe: Recipe, progress: Step, kept: Path | None) -> Path:
        """Train into a folder of its own, which then takes its place among those that are kept."""
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            _remove_leftovers(kept.parent)
        self._scratch = tempfile.TemporaryDirectory(dir=kept and kept.parent, prefix=DRAFT)
        draft = Path(self._scratch.name) / "cell"
        draft.mkdir()
        with self.meter.training():
            trained = train_bundle(
                dataset,
                home=self._place.home,
                out=draft / "bundle",
                encoder=_pretrained(self._place.encoder),
                recipe=recipe,
                progress=partial(_tell, progress),
            )
        self.meter.disk_bytes = sum(path.stat().st_size for path in trained.path.iterdir())
        (draft / COST).write_text(json.dumps(asdict(self.meter)), encoding="utf-8")
        if kept is None:
            return draft
        try:
            draft.rename(kept)
        except OSError:  # another cell was faster
            return kept if (kept / COST).is_file() else draft
        return kept

    def _open(self, bundle: Path) -> Classifier | PromptClassifier:
        threads = self._place.threads
        if self._recipe.technique in PROMPTS:
            return PromptClassifier.load(bundle, self._place.home, threads=threads)
        return Classifier.load(bundle, threads=threads)

    def _key(self, dataset: Dataset, recipe: Recipe) -> str:
        named = f"{dataset.digest()} {self._place.encoder} {recipe.model_dump_json()}"
        return sha256(named.encode()).hexdigest()[:24]


def _remove_leftovers(shelf: Path) -> None:
    """Take away what killed cells had begun."""
    for path in shelf.iterdir():
        if is_leftover(path, datetime.now(UTC)):
            shutil.rmtree(path, ignore_errors=True)  # another cell may do so too


def without_contradictions(examples: Iterable[Example]) -> list[Example]:
    """Keep the first label of equal texts, as a study with wrong labels on purpose has texts with two."""
    first: dict[str, Example] = {}
    for row in examples:
        first.setdefault(normalise(redact(row.text)), row)
    return list(first.values())


def head(place: Place) -> Served:
    """A logistic head on the frozen encoder; `[techniques.head]` takes figures of a recipe."""
    return Served("head", place)


def contrastive(place: Place) -> Served:
    """Texts of one intent drawn together, then a logistic head; hybrids use it too."""
    return Served("contrastive", place, is_shared=True)


def finetune(place: Place) -> Served:
    """Encoder and head trained together; hybrids use it too."""
    return Served("finetune", place, is_shared=True)


def soft_prompt(place: Place) -> Served:
    """Soft tokens before the text."""
    return Served("soft_prompt", place)


def prefix(place: Place) -> Served:
    """Key and value rows in every layer."""
    return Served("prefix", place)


def _tell(progress: Step, stage: str, done: int, total: int) -> None:
    """Pass on the steps of the training itself: the other stages take seconds."""
    if stage != "export":
        progress(done, total)


@lru_cache(maxsize=1)
def _pretrained(name: str | None) -> Pretrained:
    return load_pretrained(name)
