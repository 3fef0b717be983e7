"""Trainings as techniques: what is measured is what would be served, and cells of one draw share a classifier."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("peft")

from training.dataset import Example
from training.techniques.served import COST, Served, without_contradictions
from training.techniques.table import Place, build

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::Warning")]

THINGS = ("tent", "rope", "stove", "boots", "map", "lamp")
SHAPES = {"order_status": "where is my {}", "cancel_order": "cancel the {} please", "refund": "my money for the {}"}
ROWS = [Example(shape.format(thing), intent) for intent, shape in SHAPES.items() for thing in THINGS]
QUESTIONS = [shape.format("kettle") for shape in SHAPES.values()]


@pytest.fixture(scope="module")
def roberta(small_roberta: Callable[[Path, Sequence[str]], Path], tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(small_roberta(tmp_path_factory.mktemp("roberta"), [row.text for row in ROWS]))


def test_a_bundle_is_trained_and_asked_as_served(roberta: str, tmp_path: Path) -> None:
    technique = build("head", Place(tmp_path, encoder=roberta))
    steps: list[tuple[int, int]] = []
    technique.fit(ROWS, seed=1, progress=lambda done, total: steps.append((done, total)))
    guesses = technique.predict(QUESTIONS)
    assert [guess.intent for guess in guesses] == list(SHAPES)
    assert all(guess.oos_score is not None for guess in guesses)
    assert steps[-1][0] == steps[-1][1]
    assert technique.meter.disk_bytes > 10_000
    technique.close()


def test_a_shared_classifier_is_trained_once_and_its_cost_told_each_time(roberta: str, tmp_path: Path) -> None:
    place = Place(tmp_path, encoder=roberta, cache=tmp_path / "cache")
    first, second = (Served("head", place, is_shared=True) for _ in range(2))
    first.fit(ROWS, seed=1, progress=lambda _done, _all: None)
    kept = list((tmp_path / "cache" / "classifiers").glob(f"*/{COST}"))
    before = kept[0].stat().st_mtime_ns
    second.fit(ROWS, seed=1, progress=lambda _done, _all: None)
    assert len(kept) == 1
    assert kept[0].stat().st_mtime_ns == before
    assert second.meter.train_cpu_s == first.meter.train_cpu_s > 0
    assert second.predict(QUESTIONS) == first.predict(QUESTIONS)
    first.close()
    second.close()
    assert kept[0].is_file()


def test_a_hybrid_uses_what_the_technique_it_comes_to_has_trained(roberta: str, tmp_path: Path) -> None:
    place = Place(tmp_path, encoder=roberta, cache=tmp_path / "cache", options={"epochs": 1})
    alone = build("contrastive", place)
    alone.fit(ROWS, seed=1, progress=lambda _done, _all: None)
    chosen = Served(None, place, is_shared=True)  # so few rows make it contrastive
    chosen.fit(ROWS, seed=1, progress=lambda _done, _all: None)
    assert len(list((tmp_path / "cache" / "classifiers").glob(f"*/{COST}"))) == 1
    assert chosen.predict(QUESTIONS) == alone.predict(QUESTIONS)
    alone.close()
    chosen.close()


def test_equal_texts_keep_their_first_label() -> None:
    rows = [Example("Where is it?", "order_status"), Example("where is it? ", "refund"), Example("cancel", "refund")]
    assert [row.intent for row in without_contradictions(rows)] == ["order_status", "refund"]


def test_an_option_that_is_none_of_a_recipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="epoch"):
        build("finetune", Place(tmp_path, options={"epoch": 3}))
