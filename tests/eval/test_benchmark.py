"""The benchmark's draws are nested, its pieces are kept, and its table says how many seeds it rests on."""

import json
from pathlib import Path

import pytest

from eval.benchmark.table import markdown, rows
from eval.benchmark.task import TASKS, Task, draw, load_material
from training.dataset import DataError, Example

ROWS = [Example(f"{intent} {number}", intent) for intent in ("a", "b", "c", "d") for number in range(6)]


def write(path: Path, found: list[Example]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("text,intent\n" + "".join(f"{row.text},{row.intent}\n" for row in found))


def test_a_larger_draw_of_a_seed_holds_the_smaller_one() -> None:
    small, large = draw(ROWS, 2, 0), draw(ROWS, 4, 0)
    assert len(small) == 8
    assert set(small) < set(large)
    assert set(draw(ROWS, 2, 1)) != set(small)


def test_intents_that_are_left_out_are_the_near_strangers_of_the_test(tmp_path: Path) -> None:
    write(tmp_path / "x" / "train.csv", ROWS)
    write(tmp_path / "x" / "test.csv", ROWS)
    material = load_material(Task("x-near", "x", 3, held_out_intents=0.5), tmp_path, 0)
    assert len(material.train.intents) == 2
    assert material.train.intents == material.test.intents
    assert len(material.test.oos) == 12


def test_missing_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"banking77/train\.csv"):
        load_material(TASKS[0], tmp_path, 0)


def test_the_table_gives_means_and_deviations_and_says_what_is_missing() -> None:
    point = {"n": 10, "technique": "head", "ece": 0.01, "oos_auroc": None, "seconds": 5.0}
    points = [
        {**point, "task": "banking77-5", "seed": seed, "accuracy": value} for seed, value in enumerate((0.8, 0.9))
    ]
    table = rows(TASKS, points)
    assert (table[0]["seeds"], table[0]["accuracy"]) == (2, pytest.approx(0.85))
    assert table[0]["accuracy_sd"] == pytest.approx(0.0707, abs=1e-4)
    assert table[1]["accuracy"] is None
    assert "| banking77-5 | 2 | 10 | 85.00 ± 7.07 | 80.9 |" in markdown(table)


def test_a_line_that_was_cut_off_is_run_again(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from eval.benchmark.run import read_points, to_do

    file = tmp_path / "points.jsonl"
    whole = json.dumps({"definition": 1, "task": TASKS[0].name, "seed": 0})
    file.write_text(whole + "\n" + whole.replace('"seed": 0', '"seed": 1')[:-4])
    left = to_do(TASKS[:1], 3, read_points(file))
    assert [piece.seed for piece in left] == [1, 2]
