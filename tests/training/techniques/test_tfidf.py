"""The trivial arm: words that tell intents apart are enough for it, and it counts what it costs."""

from pathlib import Path

import pytest

from training.dataset import Example
from training.techniques.table import Place, build

ROWS = [
    Example(f"{start} {thing}", intent)
    for intent, start in (("order_status", "where is my"), ("cancel_order", "please cancel the"))
    for thing in ("tent", "rope", "stove")
]


def test_words_tell_intents_apart(tmp_path: Path) -> None:
    technique = build("tfidf", Place(tmp_path, options={"strength": 5.0}))
    steps: list[tuple[int, int]] = []
    technique.fit(ROWS, seed=0, progress=lambda done, total: steps.append((done, total)))
    first, second = technique.predict(["where is my lamp", "cancel the lamp"])
    assert (first.intent, second.intent) == ("order_status", "cancel_order")
    assert 0.5 < first.confidence < 1
    assert first.strangeness == pytest.approx(1 - first.confidence)
    assert steps == [(1, 1)]
    assert min(technique.meter.train_cpu_s, technique.meter.disk_bytes, technique.meter.peak_bytes) > 0


def test_it_must_be_fitted_first(tmp_path: Path) -> None:
    technique = build("tfidf", Place(tmp_path))
    technique.close()
    with pytest.raises(RuntimeError, match="fit it first"):
        technique.predict(["where is my lamp"])


def test_a_misspelt_option_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="strenght"):
        build("tfidf", Place(tmp_path, options={"strenght": 1.0}))
