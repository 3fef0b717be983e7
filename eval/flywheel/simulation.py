"""Runs the loops side by side, night by night, and writes a line for each; goes on where it stopped."""

import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from threadpoolctl import threadpool_limits

from eval.flywheel.corpus import read_corpus
from eval.flywheel.gated import Gated
from eval.flywheel.others import Gold, Naive
from eval.flywheel.plan import Plan
from eval.flywheel.points import ALL, GATED, GOLD, LABELLED, NAIVE, Point, add_point, open_points, read_points
from eval.flywheel.school import open_school
from eval.flywheel.stream import build_stream

LOOPS = (GATED, NAIVE, GOLD)


@dataclass(frozen=True, slots=True)
class Job:
    """What one process does: all loops of one seed."""

    seed: int
    data: Path
    """Folder of CLINC150."""
    points: Path
    plan: Plan
    loops: Sequence[str] = LOOPS
    keep: bool = False
    """Leave the home folder when all is done."""

    @property
    def folder(self) -> Path:
        """Where the seed's home folder lies until its last night."""
        return self.points.with_name(f"{self.points.stem}.work") / f"seed-{self.seed}"


def pieces_of(job: Job) -> list[tuple[str, int]]:
    """Everything one seed has to do: loop and night, in order."""
    nights = [(loop, night) for night in range(job.plan.nights + 1) for loop in job.loops]
    last = [(LABELLED, job.plan.nights), (ALL, job.plan.nights)] if GOLD in job.loops else []
    return [*nights, *last]


def run_jobs(jobs: Sequence[Job], *, at_once: int = 1, on_done: Callable[[int], None] = lambda _count: None) -> None:
    """Run seeds, several at once if wanted.

    Args:
        jobs: at least one; all with the same file of points.
        at_once: processes.
        on_done: told now and then how many pieces of all are done.

    Raises:
        DataError: the data is not CLINC150, or the file of points belongs to another set-up.
        UnknownEncoder: the encoder is not installed.
    """
    path, plan = jobs[0].points, jobs[0].plan
    open_points(path, plan)

    def tell() -> None:
        on_done(max(path.read_bytes().count(b"\n") - 1, 0))

    tell()
    if at_once == 1:
        for job in jobs:
            run_seed(job, tell)
        return
    with ProcessPoolExecutor(at_once, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(run_seed, job) for job in jobs}
        while running:
            done, running = wait(running, timeout=1)
            tell()
            for future in done:
                future.result()


def run_seed(job: Job, on_night: Callable[[], None] = lambda: None) -> None:
    """Go through all nights of one seed that are not done yet."""
    done = {(point.loop, point.night) for point in read_points(job.points, job.plan) if point.seed == job.seed}
    left = [piece for piece in pieces_of(job) if piece not in done]
    if left:
        _run_pieces(job, left, on_night)
    if not job.keep:
        shutil.rmtree(job.folder, ignore_errors=True)


def _run_pieces(job: Job, pieces: Sequence[tuple[str, int]], on_night: Callable[[], None]) -> None:
    stream = build_stream(read_corpus(job.data), job.plan, job.seed)
    with threadpool_limits(limits=1):
        school = open_school(stream.texts(), job.folder / "encoder")
        gated = Gated(stream, school, job.folder)
        gold = Gold(stream, school, gated)
        loops: dict[str, Callable[[int], Point]] = {
            GATED: gated.run,
            NAIVE: Naive(stream, school, job.folder / "naive").run,
            GOLD: gold.run,
            LABELLED: gold.run_labelled,
            ALL: gold.run_all,
        }
        for loop, night in pieces:
            began, cpu = time.monotonic(), time.process_time()
            point = loops[loop](night)
            took, used = round(time.monotonic() - began, 2), round(time.process_time() - cpu, 2)
            add_point(job.points, replace(point, seconds=took, cpu_seconds=used))
            on_night()
