"""A classifier answers what it is sure of, a language model the rest; what both cost is told together."""

from collections.abc import Sequence

import pytest

from training.dataset import Example
from training.techniques.hybrid import Hybrid
from training.techniques.technique import Guess, Meter, Step


class Fixed:
    """Gives the guesses it was told, and notes what it was asked."""

    def __init__(self, guesses: Sequence[Guess], meter: Meter) -> None:
        self.name = "fixed"
        self.meter = meter
        self.asked: list[str] = []
        self.is_closed = False
        self._guesses = guesses

    def fit(self, examples: Sequence[Example], *, seed: int, progress: Step) -> None:
        self.fitted = (len(examples), seed)
        progress(1, 1)

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        self.asked += texts
        return list(self._guesses)

    def close(self) -> None:
        self.is_closed = True


SURE, UNSURE = Guess("refund", 0.8, oos_score=0.1), Guess("greet", 0.4, oos_score=0.7)


def hybrid(answers: Sequence[Guess], below: float = 0.7) -> tuple[Hybrid, Fixed, Fixed]:
    classifier = Fixed([SURE, UNSURE], Meter(train_cpu_s=2.0, peak_bytes=5))
    model = Fixed(answers, Meter(prompt_tokens=30, peak_bytes=9, cost_usd=0.1))
    return Hybrid("hybrid_70", classifier, model, below=below), classifier, model


def test_only_what_the_classifier_is_unsure_of_goes_to_the_language_model() -> None:
    both, _, model = hybrid([Guess("goodbye", 1.0)])
    assert [guess.intent for guess in both.predict(["money back", "well then"])] == ["refund", "goodbye"]
    assert model.asked == ["well then"]
    assert both.asked == 1


def test_a_sure_classifier_asks_nobody() -> None:
    both, _, model = hybrid([], below=0.3)
    assert both.predict(["money back", "well then"]) == [SURE, UNSURE]
    assert model.asked == []


def test_the_classifiers_guess_stands_where_the_language_model_has_none() -> None:
    both, _, _ = hybrid([Guess(None, 0.0, "prose")])
    assert both.predict(["money back", "well then"])[1] == UNSURE


def test_a_dead_endpoint_is_told() -> None:
    both, _, _ = hybrid([Guess(None, 0.0, "unreachable")])
    broken = both.predict(["money back", "well then"])[1]
    assert broken.is_broken
    assert broken.intent is None


def test_the_score_out_of_scope_stays_that_of_the_classifier() -> None:
    both, _, _ = hybrid([Guess("goodbye", 1.0)])
    assert both.predict(["money back", "well then"])[1].strangeness == pytest.approx(0.7)


def test_costs_of_both_are_added_and_both_are_fitted_and_closed() -> None:
    both, classifier, model = hybrid([])
    both.fit([Example("hello", "greet")], seed=3, progress=lambda _done, _all: None)
    both.close()
    assert classifier.fitted == model.fitted == (1, 3)
    assert classifier.is_closed
    assert model.is_closed
    assert (both.meter.train_cpu_s, both.meter.prompt_tokens, both.meter.peak_bytes) == (2.0, 30, 9)
    assert both.meter.cost_usd == pytest.approx(0.1)
