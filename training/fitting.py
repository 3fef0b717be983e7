"""Which rows are learned, which tell when to stop and what confidence means, and which are kept for the proof."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from backends.classified.calibration import Calibration, Floats
from training.calibrate import FEWEST_OUTSIDE, calibrate
from training.certify import grid_of
from training.dataset import Dataset, Example
from training.finetune import Watch, absorb, finetune, frozen, refit
from training.lesson import Lesson, lesson_of
from training.model import IntentModel, Tokens, predict
from training.pretrained import Pretrained
from training.settings import FEW, Recipe
from training.split import Split, hold_out, reserve
from training.trainer import Step

CERTIFIED_SHARE, MOST_CERTIFIED, LEAST_CERTIFIED = 0.1, 600, 150
"""Part of the rows kept for the proof, at most and at least so many: with fewer, 2 % cannot be proven."""
TUNED_SHARE, MOST_TUNED = 0.1, 400
"""The same for the rows that temperature, score and early stop rest on."""
TUNED_OF_FEW = 0.25
"""That part where rows are few: a tenth of them would tell nothing, and the head learns them all in the end."""
LONG = 20_000
"""Texts passed over from which a training keeps checkpoints."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Places of rows in a lesson: three parts that are apart."""

    learned: list[int]
    tuned: list[int]
    certified: list[int]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained model and what was learned about it."""

    model: IntentModel
    calibration: Calibration
    grid: Floats
    """Confidences to try for a certificate, falling."""
    tuned: tuple[Floats, list[int]]
    """Logits (n, outputs) of the rows in scope that were kept for tuning, and their targets."""
    outside: Floats
    """Logits of those out of scope."""
    is_held_out: bool
    """Whether the model had not learned them; with one example an intent there is none to keep."""


def parts_of(dataset: Dataset, recipe: Recipe) -> Parts:
    """Divide the rows of a data set; places count the examples first, then the rows out of scope."""
    share = certified_share(dataset)
    inside = reserve(dataset.examples, share)
    outside = reserve(dataset.oos, share)
    first = len(dataset.examples)
    learnable = [dataset.examples[place] for place in inside.train]
    tuned_share = min(TUNED_SHARE, MOST_TUNED / max(len(learnable), 1))
    if len(learnable) < FEW * len(dataset.intents):
        tuned_share = TUNED_OF_FEW
    tuned = hold_out(learnable, tuned_share, seed=recipe.seed)
    strange = _split_outside([dataset.oos[place] for place in outside.train], recipe)
    return Parts(
        learned=[*(inside.train[i] for i in tuned.train), *(first + outside.train[i] for i in strange.train)],
        tuned=[*(inside.train[i] for i in tuned.held_out), *(first + outside.train[i] for i in strange.held_out)],
        certified=[*inside.held_out, *(first + place for place in outside.held_out)],
    )


def settled(recipe: Recipe, dataset: Dataset, parts: Parts) -> Recipe:
    """Fill in what depends on the amount of data."""
    return recipe.resolved(len(parts.learned) + len(parts.tuned), len(dataset.intents) + bool(dataset.oos))


def certified_share(dataset: Dataset) -> float:
    """Part of the rows to keep for the proof: none of a small data set, more where an intent can have its own."""
    rows = len(dataset.examples)
    if rows * CERTIFIED_SHARE < LEAST_CERTIFIED:
        return 0.0
    large = sum(count * CERTIFIED_SHARE >= LEAST_CERTIFIED for count in dataset.counts().values())
    return min(CERTIFIED_SHARE, max(MOST_CERTIFIED, LEAST_CERTIFIED * len(dataset.intents) * (large > 0)) / rows)


@dataclass(frozen=True, slots=True)
class Fitting:
    """One training, from divided rows to a calibrated model."""

    dataset: Dataset
    """Masked, without equal rows."""
    parts: Parts
    pretrained: Pretrained
    recipe: Recipe
    """With all figures filled in."""
    on_step: Step = lambda _done, _all: None
    checkpoints: Path | None = None
    """Where a long training keeps what is done; None for nowhere."""

    def run(self) -> Fitted:
        """Train, calibrate, and let the model learn the rows it was measured on; never those for the proof."""
        lesson, parts = lesson_of(self.dataset), self.parts
        tuned, strange = self._sides(parts.tuned)
        learned, _ = self._sides(parts.learned)
        seen = self._named(lesson.only(parts.learned))
        measure = partial(self._likelihood, lesson, tuned) if tuned else None
        checkpoints = self.checkpoints if self._passes(seen) >= LONG else None
        model = finetune(self.pretrained, seen, self.recipe, Watch(self.on_step, measure, checkpoints))
        measured = tuned or learned
        held, right = self._logits(model, lesson, measured), [lesson.targets[place] for place in measured]
        outside = self._logits(model, lesson, strange)
        has_outlier = len(learned) < len(parts.learned)
        calibration = calibrate(held, np.array(right), outside, has_outlier=has_outlier)
        if parts.tuned:
            model = self._learn_the_rest(model, lesson)
        grid = grid_of(calibration.probabilities(held).max(axis=1))
        return Fitted(model, calibration, grid, (held, right), outside, bool(tuned))

    def _learn_the_rest(self, model: IntentModel, lesson: Lesson) -> IntentModel:
        """Go on with the rows it has not seen; where the head is fitted apart, that is enough."""
        known = sorted([*self.parts.learned, *self.parts.tuned])
        rest = lesson.only(known)
        if self.recipe.technique != "finetune":
            return refit(model, self.pretrained, self._named(rest), self.recipe)
        place = {old: new for new, old in enumerate(known)}
        return absorb(model, self.pretrained, rest, [place[old] for old in self.parts.tuned], self.recipe)

    def _passes(self, lesson: Lesson) -> int:
        """Texts passed over in a training."""
        return 0 if self.recipe.technique == "head" else len(lesson.texts) * (self.recipe.epochs or 1)

    def _named(self, lesson: Lesson) -> Lesson:
        return lesson.and_names(self.dataset.intents) if self.recipe.names else lesson

    def _sides(self, places: Sequence[int]) -> tuple[list[int], list[int]]:
        """Those of the examples, and those of the rows out of scope."""
        first = len(self.dataset.examples)
        return [place for place in places if place < first], [place for place in places if place >= first]

    def _logits(self, model: IntentModel, lesson: Lesson, places: Sequence[int]) -> Floats:
        texts = [lesson.texts[place] for place in places]
        if self.recipe.technique == "head":
            embeddings = torch.from_numpy(frozen(model, self.pretrained, texts, self.recipe))
            with torch.inference_mode():
                return np.asarray((model.scale * model.head(embeddings.to(model.head.weight.device))).cpu().numpy())
        tokens = Tokens(self.pretrained, texts, max_tokens=self.recipe.max_tokens)
        return np.asarray(predict(model, tokens)[0].numpy())

    def _likelihood(self, lesson: Lesson, places: Sequence[int], model: IntentModel) -> float:
        """Mean log-likelihood of the right intents: it still tells models apart that make no mistake."""
        right = torch.tensor([lesson.targets[place] for place in places])
        scores = torch.from_numpy(self._logits(model, lesson, places)[:, : len(self.dataset.intents)])
        return -float(torch.nn.functional.cross_entropy(scores, right))


def _split_outside(rows: Sequence[Example], recipe: Recipe) -> Split:
    """Keep back more of the rows out of scope: they are few, and the score is fitted on them."""
    if len(rows) < FEWEST_OUTSIDE:
        return Split(list(range(len(rows))), [])
    return hold_out(rows, 0.25, seed=recipe.seed)
