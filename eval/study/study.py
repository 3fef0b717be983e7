"""Runs a whole study: what is not in the file of points yet, several lines at once, here or on a cluster."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import Protocol as Shape

from bot import flocks
from eval.study.cell import Batch, Cell, batches_of, cells_of
from eval.study.pace import seconds_left
from eval.study.point import CUT, FAILED, Point
from eval.study.points import add_point, is_settled, open_points, read_points, wanted_points
from eval.study.runner import Setup, run_batch
from training.dataset import DataError

Step = Callable[[Cell, str, int, int], None]


class RunBatch(Shape):
    """Carries out the cells of one line, wherever it is."""

    def __call__(self, setup: Setup, batch: Batch, tell: Step) -> Iterator[Point]:
        """Give the points as they are finished."""
        ...


class Watcher(Shape):
    """Is told how a study goes on; several threads may tell."""

    def begin(self, done: int, total: int) -> None:
        """Cells that were done before, and cells in all."""
        ...

    def step(self, cell: Cell, stage: str, done: int, total: int) -> None:
        """How far a running cell is."""
        ...

    def finish(self, point: Point, done: int, left_s: float | None) -> None:
        """A cell is finished; seconds that the rest is expected to take."""
        ...


def run_study(
    setup: Setup, path: Path, watcher: Watcher, *, jobs: int | None = None, run: RunBatch = run_batch
) -> list[Point]:
    """Run what is not done yet and give all points of the study.

    Args:
        setup: what to run, on which texts.
        path: the file of points; each cell is in it as soon as it is finished.
        watcher: shows how it goes on.
        jobs: lines at once; as the protocol says when None.
        run: how a line is carried out.

    Raises:
        DataError: the file belongs to other data, or another study is writing it.
        OSError: it cannot be written.
    """
    alone = flocks.take(path.with_suffix(".lock"))
    if alone is None:
        raise DataError(f"{path}: another study is writing it; wait for its end, or give another --out")
    with alone:
        return _run(setup, path, watcher, jobs, run)


def _run(setup: Setup, path: Path, watcher: Watcher, jobs: int | None, run: RunBatch) -> list[Point]:
    at_once = jobs or setup.protocol.study.jobs
    limit_s = setup.protocol.study.cell_minutes * 60
    batches = batches_of(setup.protocol, setup.material)
    cells, done = list(cells_of(batches)), open_points(path, setup.material)
    left = {cell.key: cell for cell in cells if not is_settled(done.get(cell.key), limit_s)}
    watcher.begin(len(cells) - len(left), len(cells))
    lock, stop = threading.Lock(), threading.Event()

    def keep(point: Point) -> None:
        with lock:
            point = replace(point, threads=setup.protocol.study.threads, jobs=at_once)
            if point.status == CUT:
                point = replace(point, extra={"limit_s": limit_s})
            add_point(path, point)
            done[point.key] = point
            left.pop(point.key, None)
            watcher.finish(point, len(cells) - len(left), seconds_left(done.values(), list(left.values()), at_once))

    def run_line(batch: Batch) -> None:
        if stop.is_set():
            return
        for point in run(setup, batch, watcher.step):
            if stop.is_set() and point.status == FAILED:
                return  # its process was ended, not the technique
            keep(point)
            if stop.is_set():
                return

    undone = [tuple(cell for cell in batch if cell.key in left) for batch in batches]
    pool = ThreadPoolExecutor(at_once)
    try:
        for future in as_completed([pool.submit(run_line, batch) for batch in undone if batch]):
            future.result()
    finally:
        stop.set()
        pool.shutdown(wait=False, cancel_futures=True)
    return wanted_points(done, cells)


def points_so_far(setup: Setup, path: Path) -> list[Point]:
    """Give the points there are, and run nothing.

    Raises:
        DataError: there is no such file, or it belongs to other data.
    """
    cells = cells_of(batches_of(setup.protocol, setup.material))
    return wanted_points(read_points(path, setup.material), cells)
