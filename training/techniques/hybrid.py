"""Hybrids: a classifier answers, and a language model those texts that the classifier is not sure of.

It is the cascade that a chain of `intent` and `rag` runs live, at a confidence that the operating point sets.
"""

from collections.abc import Sequence
from dataclasses import replace

from pydantic import Field

from backends.settings import Section
from training.dataset import Example
from training.techniques.table import Place, build
from training.techniques.technique import Guess, Meter, Step, Technique

LLM = "retrieved"


class Options(Section):
    """Of `[techniques.hybrid_…]` what is the hybrid's own; the rest is the language model's."""

    classifier: str = "train"
    """A technique, or what `train` makes of so many rows."""
    below: float | None = Field(None, ge=0, le=1)
    """Confidence under which the language model is asked; None as the name says."""


class Hybrid:
    """Two techniques, of which the second is asked below a calibrated confidence of the first."""

    def __init__(self, name: str, classifier: Technique, model: Technique, *, below: float) -> None:
        """Put two techniques together.

        Args:
            name: as in the table.
            classifier: whose confidence is calibrated.
            model: asked where the classifier is unsure.
            below: 0..1, the confidence under which it is.
        """
        self.name = name
        self.asked = 0
        """Texts that went to the language model."""
        self._classifier, self._model, self._below = classifier, model, below

    @property
    def meter(self) -> Meter:
        """What both have cost."""
        return self._classifier.meter.plus(self._model.meter)

    def fit(self, examples: Sequence[Example], *, seed: int, progress: Step) -> None:
        """Fit both on the same examples."""
        self._classifier.fit(examples, seed=seed, progress=progress)
        self._model.fit(examples, seed=seed, progress=lambda _done, _all: None)

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        """Guess; where the language model gives no valid answer, the classifier's stands.

        A broken endpoint is told as the failure it is.
        """
        guesses = self._classifier.predict(texts)
        unsure = [place for place, guess in enumerate(guesses) if guess.confidence < self._below]
        self.asked += len(unsure)
        answers = self._model.predict([texts[place] for place in unsure]) if unsure else []
        for place, answer in zip(unsure, answers, strict=True):
            if answer.intent is not None or answer.is_broken:
                guesses[place] = answer._replace(oos_score=guesses[place].oos_score)
        return guesses

    def close(self) -> None:
        """Close both."""
        self._classifier.close()
        self._model.close()


def hybrid_50(place: Place) -> Hybrid:
    """Ask the language model below 0.5."""
    return _hybrid("hybrid_50", 0.5, place)


def hybrid_70(place: Place) -> Hybrid:
    """Ask the language model below 0.7."""
    return _hybrid("hybrid_70", 0.7, place)


def hybrid_90(place: Place) -> Hybrid:
    """Ask the language model below 0.9."""
    return _hybrid("hybrid_90", 0.9, place)


def _hybrid(name: str, below: float, place: Place) -> Hybrid:
    """Build from `[techniques.NAME]`: `classifier` (a technique, or `train`), `below`, and those of `retrieved`."""
    others = {key: value for key, value in place.options.items() if key not in Options.model_fields}
    own = Options.model_validate({key: value for key, value in place.options.items() if key not in others})
    model = build(LLM, replace(place, options=others))
    below = below if own.below is None else own.below
    return Hybrid(name, _classifier(own.classifier, replace(place, options={})), model, below=below)


def _classifier(name: str, place: Place) -> Technique:
    """What `train` makes of so many rows, or one technique; the points of one draw share it."""
    from training.techniques.served import KINDS, Served  # brings torch

    if name == "train":
        return Served(None, place, is_shared=True)
    return Served(KINDS[name], place, is_shared=True) if name in KINDS else build(name, place)
