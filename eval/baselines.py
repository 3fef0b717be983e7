"""What a classifier has to beat: TF-IDF with logistic regression, trained on the same texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline


@dataclass(frozen=True, slots=True)
class Baseline:
    """A fitted baseline."""

    name: str
    _pipeline: Any

    @classmethod
    def fit(cls, texts: Sequence[str], intents: Sequence[str]) -> "Baseline":
        """Fit words and word pairs, weighted by TF-IDF, with a logistic regression on top."""
        pipeline = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            LogisticRegression(C=20.0, max_iter=1000),
        )
        pipeline.fit(list(texts), list(intents))
        return cls("tfidf+logistic_regression", pipeline)

    def predict(self, texts: Sequence[str]) -> tuple[list[str], npt.NDArray[np.float64]]:
        """Top intent and its probability for each text; 1 minus the latter is the out-of-scope score."""
        probabilities = self._pipeline.predict_proba(list(texts))
        names = self._pipeline.classes_
        return [str(names[place]) for place in probabilities.argmax(axis=1)], probabilities.max(axis=1)
