"""A study runs what is not done, keeps every cell at once, and goes on after any end."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eval.lines import read_lines
from eval.study.cell import Batch, Cell, batches_of, cells_of, lesson_of
from eval.study.material import Material, fixed_order
from eval.study.pace import seconds_left
from eval.study.point import Point
from eval.study.points import add_point, header, open_points, read_points
from eval.study.protocol import Data, Plan, Protocol
from eval.study.runner import Setup
from eval.study.study import Step, points_so_far, run_study
from eval.study.trial import point_of
from training.dataset import DataError, Example

ROWS = tuple(Example(f"{intent} {n}", intent) for intent in "abc" for n in range(9))
MATERIAL = Material(ROWS, fixed_order(ROWS))
PLAN = Plan(techniques=("tfidf", "neighbours"), sizes=("1", "3"), seeds=2)
SETUP = Setup(Protocol(data=Data(bot=Path()), study=PLAN), MATERIAL)


class Bench:
    """Carries out cells in no time, and remembers them."""

    def __init__(self, **found: object) -> None:
        self.ran: list[Cell] = []
        self._found: dict[str, Any] = {"status": "done", "accuracy": 1.0, "right": "1" * 27} | found

    def __call__(self, setup: Setup, batch: Batch, tell: Step) -> Iterator[Point]:
        for cell in batch:
            tell(cell, "fit", 1, 2)
            self.ran.append(cell)
            yield point_of(cell, lesson_of(cell, setup.material, setup.protocol), **self._found)


class Quiet:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.begun: tuple[int, int] = (-1, -1)
        self.finished: list[int] = []

    def begin(self, done: int, total: int) -> None:
        self.begun = (done, total)

    def step(self, cell: Cell, stage: str, done: int, total: int) -> None: ...

    def finish(self, point: Point, done: int, left_s: float | None) -> None:
        self.finished.append(done)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "points.jsonl"


def test_all_is_run_once_and_never_again(path: Path) -> None:
    bench, watcher = Bench(), Quiet()
    points = run_study(SETUP, path, watcher, jobs=2, run=bench)
    assert len(points) == len(bench.ran) == 8
    assert (watcher.begun, sorted(watcher.finished)) == ((0, 8), list(range(1, 9)))
    again = Bench()
    assert run_study(SETUP, path, watcher, run=again) == points
    assert again.ran == []
    assert watcher.begun == (8, 8)
    assert points_so_far(SETUP, path) == points


def test_a_wider_study_runs_only_what_is_new(path: Path) -> None:
    run_study(SETUP, path, Quiet(), run=Bench())
    wider = replace(SETUP, protocol=SETUP.protocol.model_copy(update={"study": PLAN.model_copy(update={"seeds": 3})}))
    bench = Bench()
    assert len(run_study(wider, path, Quiet(), run=bench)) == 12
    assert {cell.seed for cell in bench.ran} == {2}


def test_what_failed_is_tried_again_and_the_later_line_counts(path: Path) -> None:
    run_study(SETUP, path, Quiet(), run=Bench(status="failed", accuracy=None, reason="no key"))
    bench = Bench()
    points = run_study(SETUP, path, Quiet(), run=bench)
    assert len(bench.ran) == 8
    assert {point.status for point in points} == {"done"}


def test_what_was_cut_is_tried_again_under_a_longer_limit_only(path: Path) -> None:
    run_study(SETUP, path, Quiet(), run=Bench(status="cut", accuracy=None, reason="took over 15 min"))
    same, longer = Bench(), Bench()
    run_study(SETUP, path, Quiet(), run=same)
    plan = PLAN.model_copy(update={"cell_minutes": 30})
    run_study(replace(SETUP, protocol=SETUP.protocol.model_copy(update={"study": plan})), path, Quiet(), run=longer)
    assert (len(same.ran), len(longer.ran)) == (0, 8)


def test_a_line_that_was_cut_off_goes(path: Path) -> None:
    run_study(SETUP, path, Quiet(), run=Bench())
    whole = path.read_text()
    path.write_text(whole[:-40])
    bench = Bench()
    assert len(run_study(SETUP, path, Quiet(), run=bench)) == 8
    assert len(bench.ran) == 1


def test_a_score_is_not_lost_to_a_later_cut(path: Path) -> None:
    points = run_study(SETUP, path, Quiet(), run=Bench())
    add_point(path, replace(points[0], status="cut", accuracy=None, right=""))
    assert points_so_far(SETUP, path)[0] == points[0]


def test_a_line_that_is_broken_is_named(path: Path) -> None:
    run_study(SETUP, path, Quiet(), run=Bench())
    lines = path.read_text().splitlines(keepends=True)
    for broken, why in (("{...}\n", "is not JSON"), ('{"key": 3}\n', "is no finished cell")):
        path.write_text("".join([*lines[:3], broken, *lines[3:]]))
        with pytest.raises(DataError, match=f"line 4 {why}.*take that line out"):
            points_so_far(SETUP, path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="not a file of finished cells"):
        run_study(SETUP, path, Quiet(), run=Bench())


def test_two_at_once_do_not_write_one_file(path: Path) -> None:
    class Second(Bench):
        def __call__(self, setup: Setup, batch: Batch, tell: Step) -> Iterator[Point]:
            with pytest.raises(DataError, match="another study is writing it"):
                run_study(SETUP, path, Quiet(), run=Bench())
            yield from super().__call__(setup, batch, tell)

    assert len(run_study(SETUP, path, Quiet(), run=Second())) == 8
    assert len(run_study(SETUP, path, Quiet(), run=Bench())) == 8


def test_a_new_setting_goes_on_in_the_same_file(path: Path) -> None:
    run_study(SETUP, path, Quiet(), run=Bench())
    styled = replace(MATERIAL, plain=ROWS, plain_test=ROWS[:9], styled_test=ROWS[9:18], outside=ROWS[:3])
    plan = PLAN.model_copy(update={"settings": ("main", "shift")})
    points = run_study(
        replace(SETUP, protocol=SETUP.protocol.model_copy(update={"study": plan}), material=styled),
        path,
        Quiet(),
        run=Bench(),
    )
    assert {point.setting for point in points} == {"main", "shift"}


def test_the_cores_of_a_cell_are_noted(path: Path) -> None:
    points = run_study(SETUP, path, Quiet(), jobs=2, run=Bench())
    assert {(point.threads, point.jobs) for point in points} == {(1, 2)}


def test_a_file_of_other_data_is_refused(path: Path) -> None:
    run_study(SETUP, path, Quiet(), run=Bench())
    with pytest.raises(DataError, match="of other data"):
        run_study(replace(SETUP, material=Material(ROWS[:20], MATERIAL.test)), path, Quiet(), run=Bench())


@pytest.mark.parametrize("text", ["", "no json\n", '{"definition": 1}\n{"key": 3}\n'])
def test_another_file_is_refused(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(DataError, match=r"points\.jsonl"):
        open_points(path, MATERIAL)


def test_a_point_is_read_as_it_was_written(path: Path) -> None:
    cell = next(cells_of(batches_of(SETUP.protocol, MATERIAL)))
    found: dict[str, Any] = {"status": "done", "extra": {"a": 0.5}, "failures": {"prose": 2}}
    point = point_of(cell, lesson_of(cell, MATERIAL, SETUP.protocol), **found)
    open_points(path, MATERIAL)
    add_point(path, point)
    assert read_points(path, MATERIAL) == {cell.key: point}


def test_time_left_is_that_of_like_cells() -> None:
    cells = list(cells_of(batches_of(SETUP.protocol, MATERIAL)))
    lesson = lesson_of(cells[0], MATERIAL, SETUP.protocol)
    done = [point_of(cells[0], lesson, status="done", train_wall_s=3.0, predict_wall_s=1.0)]
    assert seconds_left([], cells, 1) is None
    assert seconds_left(done, cells[1:4], 1) == 12.0
    assert seconds_left(done, cells[1:4], 2) == 6.0


def test_the_published_points_are_read_by_this_version() -> None:
    head, *lines = read_lines(Path(__file__).parents[3] / "docs" / "study" / "points.jsonl")
    assert head.keys() == header(MATERIAL).keys()
    assert head["hashes"].keys() == {"train", "test"}
    assert all(Point.read(line).to_document() == line for line in lines)
