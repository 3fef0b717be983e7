"""A search tries recipes by cross-validation, keeps each trial, and goes on where it stopped."""

from pathlib import Path

import pytest

pytest.importorskip("torch")

from training.dataset import Dataset, Example
from training.pretrained import Pretrained
from training.search import search
from training.settings import Recipe

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::Warning")]

THINGS = ("tent", "rope", "stove", "boots", "map", "lamp")
ROWS = Dataset(
    tuple(
        Example(shape.format(thing), intent)
        for intent, shape in {"status": "where is my {}", "cancel": "cancel the {}", "money": "money for {}"}.items()
        for thing in THINGS
    )
)


def test_a_search_goes_on_where_it_stopped_and_keeps_every_trial(tiny: Pretrained, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    recipe = Recipe(epochs=1, threads=1)
    search(ROWS, tiny, recipe, 2, tmp_path)
    found = search(ROWS, tiny, recipe, 4, tmp_path, lambda done, size: told.append((done, size)))
    assert told == [(2, 4), (3, 4), (4, 4)]
    assert (found.trials, [row["number"] for row in found.table]) == (4, [0, 1, 2, 3])
    finished = [row for row in found.table if row["state"] == "complete"]
    assert found.accuracy == max(row["accuracy"] for row in finished)
    assert found.recipe.technique in {"head", "contrastive", "finetune"}


def test_other_data_begin_a_search_of_their_own(tiny: Pretrained, tmp_path: Path) -> None:
    recipe = Recipe(technique="head", epochs=1, threads=1)
    first = search(ROWS, tiny, recipe, 1, tmp_path)
    other = Dataset(tuple(Example(f"{row.text} please", row.intent) for row in ROWS.examples))
    assert search(other, tiny, recipe, 1, tmp_path).file != first.file


def test_a_technique_that_was_given_is_kept(tiny: Pretrained, tmp_path: Path) -> None:
    found = search(ROWS, tiny, Recipe(technique="finetune", epochs=1, threads=1), 3, tmp_path)
    assert {row["technique"] for row in found.table} == {"finetune"}
    assert (found.recipe.technique, found.recipe.epochs) == ("finetune", 1)
