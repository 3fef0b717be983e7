"""A classifier trained like a bundle and never exported: for the loops that the nightly run is compared with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backends.classified.calibration import Calibration, Floats
from backends.classified.ranking import RANKED
from backends.contract import Parse
from eval.flywheel.school import RECIPE, School
from training.dataset import Dataset
from training.fitting import Fitting, parts_of
from training.head import Head
from training.pipeline import prepare


@dataclass(frozen=True, slots=True)
class Pupil:
    """Head and calibration on the school's embeddings."""

    school: School
    intents: tuple[str, ...]
    head: Head
    calibration: Calibration

    def classify(self, texts: Sequence[str]) -> list[Parse]:
        """Rank the intents of each text, as a bundle does."""
        if not texts:
            return []
        logits = self.school.embed(texts) @ self.head.weight.T + self.head.bias
        probabilities, odd = self.calibration.probabilities(logits), self.calibration.oos_scores(logits)
        order = np.argsort(-probabilities, axis=1)[:, :RANKED]
        return [
            self._parse(row, places, float(score)) for row, places, score in zip(probabilities, order, odd, strict=True)
        ]

    def _parse(self, row: Floats, places: Floats, score: float) -> Parse:
        ranking = tuple((self.intents[place], float(row[place])) for place in places)
        intent = None if score > self.calibration.thresholds.max_oos else ranking[0][0]
        return Parse(intent, ranking[0][1], ranking, score)


def teach(school: School, dataset: Dataset) -> Pupil:
    """Train on a data set, with the same steps and the same recipe as `train_bundle` up to the export.

    Raises:
        DataError: the data cannot train a classifier.
    """
    dataset = prepare(dataset)
    fitted = Fitting(dataset, parts_of(dataset, RECIPE), school.pretrained, RECIPE).run()
    scale, head = fitted.model.scale, fitted.model.head
    weights = Head((scale * head.weight).detach().numpy(), (scale * head.bias).detach().numpy())
    return Pupil(school, dataset.intents, weights, fitted.calibration)
