"""The label of the nearest example, by the retrieval encoder; embedding is paid for each time."""

from pathlib import Path

import pytest

from training.dataset import Example
from training.techniques.table import Place, build

ROWS = [Example("hello", "greet"), Example("track my parcel", "order_status"), Example("bye", "goodbye")]


def test_a_text_gets_the_label_of_the_nearest_example(home: Path) -> None:
    technique = build("neighbours", Place(home))
    technique.fit(ROWS, seed=0, progress=lambda _done, _all: None)
    same, near = technique.predict(["bye", "track the parcel"])
    assert same.intent == "goodbye"
    assert same.confidence == pytest.approx(1.0, abs=1e-3)
    assert near.intent == "order_status"
    assert near.confidence <= same.confidence
    assert technique.meter.disk_bytes == 3 * 10 * 2
    (weights,) = (home / "encoders").glob("*/model.onnx")
    assert technique.meter.held_bytes == 3 * 10 * 4 + weights.stat().st_size
    technique.close()
    with pytest.raises(RuntimeError, match="fit it first"):
        technique.predict(["bye"])


def test_several_neighbours_vote(home: Path) -> None:
    rows = [*ROWS, Example("hello hello", "other"), Example("hello hello hello", "other")]
    technique = build("neighbours", Place(home, options={"k": 3}))
    technique.fit(rows, seed=0, progress=lambda _done, _all: None)
    guess = technique.predict(["hello"])[0]
    assert guess.intent == "other"
    assert guess.confidence == pytest.approx(2 / 3, abs=0.01)


def test_nothing_is_kept_so_that_embedding_costs_the_same_each_time(home: Path) -> None:
    technique = build("neighbours", Place(home))
    technique.fit(ROWS, seed=0, progress=lambda _done, _all: None)
    assert not (home / "embeddings").exists()
