"""`tfidf`: what everything else has to beat, a logistic regression on words and word pairs of the same texts."""

import pickle
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from pydantic import Field
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from threadpoolctl import threadpool_limits

from backends.settings import Section
from training.dataset import Example
from training.techniques.table import Place
from training.techniques.technique import Guess, Meter, Step

STRENGTH = 20.0
"""Inverse of the L2 penalty."""


class Tfidf:
    """Words and word pairs, weighted by TF-IDF, with a logistic regression on top."""

    def __init__(self, *, strength: float = STRENGTH) -> None:
        """Choose the penalty.

        Args:
            strength: inverse of the L2 penalty, above 0.
        """
        self.name = "tfidf"
        self.meter = Meter()
        self._strength = strength
        self._pipeline: Pipeline | None = None

    def fit(self, examples: Sequence[Example], *, seed: int, progress: Step) -> None:
        """Fit; nothing is random, so the seed changes nothing."""
        del seed
        with self.meter.training():
            self.learn([row.text for row in examples], [row.intent for row in examples])
        self.meter.disk_bytes = self.meter.held_bytes = len(pickle.dumps(self._pipeline))
        progress(1, 1)

    def learn(self, texts: Sequence[str], intents: Sequence[str]) -> None:
        """Fit on texts and their labels, at least two of which differ."""
        pipeline = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            LogisticRegression(C=self._strength, max_iter=1000),
        )
        with threadpool_limits(limits=1):
            self._pipeline = pipeline.fit(list(texts), list(intents))

    def rank(self, texts: Sequence[str]) -> tuple[list[str], npt.NDArray[np.float64]]:
        """Top intent and its probability for each text; 1 minus the latter is the out-of-scope score.

        Raises:
            RuntimeError: it was not fitted.
        """
        if self._pipeline is None:
            raise RuntimeError(f"{self.name}: fit it first")
        probabilities = np.asarray(self._pipeline.predict_proba(list(texts)), dtype=np.float64)
        names = cast(Any, self._pipeline).classes_
        return [str(names[place]) for place in probabilities.argmax(axis=1)], probabilities.max(axis=1)

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        """Guess the label of each text.

        Raises:
            RuntimeError: it was not fitted.
        """
        with self.meter.predicting():
            intents, confidence = self.rank(texts)
        return [Guess(intent, value) for intent, value in zip(intents, confidence.tolist(), strict=True)]

    def close(self) -> None:
        """Forget what was learned."""
        self._pipeline = None


class Options(Section):
    """The table `[techniques.tfidf]`."""

    strength: float = Field(STRENGTH, gt=0)
    """Inverse of the L2 penalty."""


def tfidf(place: Place) -> Tfidf:
    """Build from `[techniques.tfidf]`."""
    return Tfidf(strength=Options.model_validate(place.options).strength)
