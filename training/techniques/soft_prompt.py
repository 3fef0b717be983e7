"""Prompts for the frozen encoder as techniques of the study: `soft_prompt` and `prefix`, trained and served as live."""

import tempfile
import time
from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal

import psutil

from backends.soft_prompt.classifier import PromptClassifier
from bot.settings import home_dir
from training.dataset import OOS, Dataset, Example
from training.pipeline import train_bundle
from training.pretrained import Pretrained, load_pretrained
from training.settings import Recipe
from training.techniques.technique import Guess, Meter, Step

Kind = Literal["soft_prompt", "prefix"]


class PromptTuned:
    """A prompt bundle in a folder of its own; the encoder lies in the home folder, once for all cells."""

    def __init__(
        self, kind: Kind, *, home: Path | None = None, encoder: str | None = None, recipe: Recipe | None = None
    ) -> None:
        """Choose what is trained.

        Args:
            kind: `soft_prompt`, tokens before the text, or `prefix`, rows in every layer.
            home: the `var/` folder; that of the settings when None.
            encoder: as `train --encoder`.
            recipe: how to train; technique and seed are set here.
        """
        self.name: str = kind
        self.meter = Meter()
        self._kind, self._home, self._encoder = kind, home or home_dir(), encoder
        self._recipe = recipe or Recipe(threads=1)
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._classifier: PromptClassifier | None = None
        self._has_oos = False

    def fit(self, examples: Sequence[Example], *, seed: int, progress: Step) -> None:
        """Train a prompt, calibrate it, and open it as serving does.

        Raises:
            DataError: these rows cannot train a classifier.
            ExportError: what would be served does not agree with torch.
        """
        self.close()
        self._scratch = tempfile.TemporaryDirectory(prefix="prompt-")
        began, dataset = time.process_time(), Dataset.of(examples)
        recipe = self._recipe.model_copy(update={"technique": self._kind, "seed": seed})
        trained = train_bundle(
            dataset,
            home=self._home,
            out=Path(self._scratch.name) / "prompt",
            encoder=_pretrained(self._encoder),
            recipe=recipe,
            progress=partial(_tell, self._kind, progress),
        )
        self._classifier = PromptClassifier.load(trained.path, self._home)
        self._has_oos = bool(dataset.oos)
        self.meter.train_cpu_s += time.process_time() - began
        self.meter.disk_bytes = sum(path.stat().st_size for path in trained.path.iterdir())
        self._look_at_memory()

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        """Guess; `oos` only where the examples had rows out of scope.

        Raises:
            RuntimeError: it was not fitted.
            BackendError: the model failed.
        """
        if self._classifier is None:
            raise RuntimeError(f"{self.name}: fit it first")
        began = time.process_time()
        parses = self._classifier.classify(texts)
        self.meter.predict_cpu_s += time.process_time() - began
        self._look_at_memory()
        return [
            Guess(OOS, parse.oos_score) if parse.intent is None and self._has_oos else Guess(*parse.ranking[0])
            for parse in parses
        ]

    def close(self) -> None:
        """Remove the bundle and free the model."""
        self._classifier = None
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def _look_at_memory(self) -> None:
        self.meter.peak_bytes = max(self.meter.peak_bytes, psutil.Process().memory_info().rss)


def soft_prompt() -> PromptTuned:
    """Soft tokens before the text."""
    return PromptTuned("soft_prompt")


def prefix() -> PromptTuned:
    """Key and value rows in every layer."""
    return PromptTuned("prefix")


def _tell(kind: str, progress: Step, stage: str, done: int, total: int) -> None:
    """Pass on the steps of the training itself: the other stages take seconds."""
    if stage == kind:
        progress(done, total)


@lru_cache(maxsize=1)
def _pretrained(name: str | None) -> Pretrained:
    return load_pretrained(name)
