"""Cells run in processes: what hangs is cut, what dies has failed, and the study goes on."""

import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from eval.study.cell import Cell, batches_of
from eval.study.material import Material, fixed_order
from eval.study.point import Point
from eval.study.protocol import Data, Plan, Protocol
from eval.study.runner import Died, Overtime, Setup, Worker, end_all, run_batch
from training.dataset import Example

pytestmark = pytest.mark.slow

ROWS = tuple(Example(f"{word} number {n}", word) for word in ("refund", "parcel", "greet") for n in range(60))
PLAN = Plan(techniques=("tfidf",), sizes=("1", "5"), seeds=1)
SETUP = Setup(Protocol(data=Data(bot=Path()), study=PLAN), Material(ROWS, fixed_order(ROWS)))
BATCH = batches_of(SETUP.protocol, SETUP.material)[0]


def run(setup: Setup, batch: tuple[Cell, ...] = BATCH) -> list[Point]:
    return list(run_batch(setup, batch))


@pytest.fixture(autouse=True)
def _leaves_no_process() -> Iterator[None]:
    before = set(psutil.Process().children())
    yield
    assert set(psutil.Process().children()) <= before


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return replace(SETUP, home=tmp_path)


def test_a_line_is_carried_out_in_one_process_of_its_own(setup: Setup) -> None:
    steps: list[tuple[Cell, str, int, int]] = []
    points = list(run_batch(setup, BATCH, lambda *step: steps.append(step)))
    assert [point.right for point in run(setup, BATCH[:1])] == [points[0].right], "the same cell, the same answers"
    assert [(point.status, point.size) for point in points] == [("done", "1"), ("done", "5")]
    assert points[1].accuracy == 1.0
    assert len(points[0].right) == len(ROWS)
    assert steps[0][0] == BATCH[0]


def test_a_cell_over_its_limit_is_cut_and_larger_ones_are_not_tried(setup: Setup) -> None:
    plan = PLAN.model_copy(update={"cell_minutes": 1e-7})
    points = run(replace(setup, protocol=setup.protocol.model_copy(update={"study": plan})))
    assert [point.status for point in points] == ["cut", "cut"]
    assert points[0].reason == "took longer, limit 1e-07 min"
    assert points[1].reason == "not tried: size 1 took longer, limit 1e-07 min"


def test_a_technique_that_raises_has_failed_and_the_next_size_is_tried(setup: Setup) -> None:
    unknown = replace(BATCH[0], technique="tea_leaves")
    points = run(setup, (unknown, BATCH[1]))
    assert [point.status for point in points] == ["failed", "done"]
    assert points[0].reason.startswith("UnknownTechnique: no technique 'tea_leaves'; known: ")


def test_a_process_that_is_killed_is_a_failure_that_says_so(setup: Setup) -> None:
    with Worker(setup) as worker:
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(Died, match="the process ended by signal 9"):
            worker.run(BATCH[0], 60, lambda *_: None)


def test_a_process_that_cannot_start_says_its_last_words(setup: Setup) -> None:
    plan = PLAN.model_copy(update={"seeds": 0})
    broken = replace(setup, protocol=setup.protocol.model_copy(update={"study": plan}))
    with Worker(broken) as worker, pytest.raises(Died, match="the process ended with status 1: "):
        worker.run(BATCH[0], 60, lambda *_: None)


def test_a_killed_worker_leaves_no_process(setup: Setup) -> None:
    with Worker(setup) as worker:
        assert psutil.pid_exists(worker.pid)
        with pytest.raises(Overtime):
            worker.run(BATCH[0], -1e9, lambda *_: None)
    assert not psutil.pid_exists(worker.pid)


class Slow(Worker):
    """Says that it has made a step of a thousand every tenth of a second; there is no process behind it."""

    def __init__(self) -> None:
        self._is_ready, self._made, self.at = True, 0, 1000.0

    def _send(self, document: Mapping[str, Any]) -> None: ...

    def _next(self, until: float) -> Mapping[str, Any]:
        assert self.at < until, "it was to be given up by its pace"
        self.at += 0.1
        self._made += 1
        return {"step": ["fit", self._made, 1000]}


def test_a_cell_that_heads_for_far_more_than_its_limit_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, told = Slow(), list[int]()
    monkeypatch.setattr("eval.study.runner.time.monotonic", lambda: slow.at)
    with pytest.raises(Overtime, match="would take about 2 min"):
        slow.run(BATCH[0], 20.0, lambda _stage, done, _total: told.append(done))
    assert 20 <= len(told) < 60


def test_a_process_that_is_never_ready_has_failed(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eval.study.runner.START_S", 0.0)
    points = run(setup)
    assert [point.status for point in points] == ["failed", "failed"]
    assert points[0].reason == "the process was not ready within 0 s"


def test_all_processes_are_ended_at_once_and_leave_nothing(setup: Setup) -> None:
    with Worker(setup) as worker, Worker(setup) as other:
        scratches = [Path(one._scratch.name) for one in (worker, other)]
        assert all(folder.is_dir() for folder in scratches)
        end_all()
        assert not any(
            psutil.pid_exists(one.pid) or folder.exists()
            for one, folder in zip((worker, other), scratches, strict=True)
        )
