"""`switchboard study`: which technique is better at which amount of data, and what it costs."""

import os
import shlex
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from bot.cli.output import WRONG_USAGE, Bot, Json, fail, note, print_json, stages, stderr
from bot.errors import SettingsError
from bot.settings import bot_dir, home_dir
from eval.study.answer import answer
from eval.study.answers.compare import PROBLEMS, Trial, compare_answers
from eval.study.answers.kept import FOLDER, keep, kept
from eval.study.cell import Cell, batches_of, cells_of
from eval.study.material import Material, read_material
from eval.study.notes import of_data, of_plan
from eval.study.point import DONE, Point
from eval.study.protocol import Protocol, read_protocol
from eval.study.quick import quick_protocol, smaller
from eval.study.rays import NoRay, on_ray
from eval.study.report import write_report
from eval.study.runner import Setup, end_all, run_batch
from eval.study.study import points_so_far, run_study
from training.dataset import DataError

study = typer.Typer(add_completion=False)
POINTS = "points.jsonl"
SAY_EVERY_S = 60.0
"""Where there is no terminal, a line so often."""
Cluster = Annotated[
    str | None, typer.Option("--ray", help="Address of a Ray cluster to run on, or `local` to start one here.")
]
Customers = Annotated[
    int | None, typer.Option("--answers", min=1, help="Simulated customers for whole answers of the bot folder.")
]


@study.command()
def run(
    file: Annotated[
        Path | None, typer.Argument(help="The protocol, study.toml; that of the bot folder when left out.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Every technique at small sizes, in at most ten minutes on two idle cores.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of points.jsonl and the report; by default in var/study/.")
    ] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", min=1, help="Lines at once; else as the file says.")] = None,
    ray: Cluster = None,
    report_only: Annotated[
        bool, typer.Option("--report-only", help="Run nothing; write the report on the cells that are done.")
    ] = False,
    answers: Customers = None,
    bot: Bot = None,
    as_json: Json = False,
) -> None:
    """Compare techniques over the number of labelled examples, with their full cost.

    Every finished cell is a line of points.jsonl, from which the next run goes on; what failed is tried again.
    """
    if report_only and ray:
        fail("--report-only runs nothing, so --ray has no use", WRONG_USAGE)
    try:
        protocol, name = _choose(file, quick, bot)
        material = read_material(protocol)
        for text in (oddities := of_data(material)):
            note(text)
        setup = Setup(protocol, material, home_dir())
        folder = (out or home_dir() / "study" / name).resolve()
        path = folder / POINTS
        points = points_so_far(setup, path) if report_only else _run(setup, path, jobs, ray)
        trouble = _play(protocol.data.bot or bot, folder, answers)
        document = answer(points, protocol) | {"data": _of(material), "command": _command(file, quick, out, bot)}
        gaps = of_plan(list(cells_of(batches_of(protocol, material))), points)
        document = _with_gaps(document, gaps, oddities) | kept(folder)
        page = write_report(document, folder)
    except (*PROBLEMS, DataError, SettingsError, NoRay, OSError) as exc:
        fail(str(exc))
    except KeyboardInterrupt:
        note("Stopped. The same command goes on from the cells that are done.")
        end_all()
        os._exit(130)  # without waiting for the threads of the cells
    _tell(document | {"report": str(page), "points_file": str(path)}, as_json)
    if trouble:
        fail(f"the whole answers could not be compared: {trouble}")
    if points and not any(point.status == DONE for point in points):
        fail(f"no cell has a score; the first says: {points[0].reason}")


def _with_gaps(document: dict[str, Any], gaps: list[str], oddities: list[str]) -> dict[str, Any]:
    """The answer, which says what is not in it too."""
    sentences = [*document["sentences"], *gaps]
    limits = [*oddities, *document["limits"]]
    return document | {"sentences": sentences, "verdict": " ".join(sentences), "limits": limits}


def _tell(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    print(document["verdict"])
    note(f"The report is {document['report']}, every cell is in {document['points_file']}.")


def _choose(file: Path | None, quick: bool, bot: Path | None) -> tuple[Protocol, str]:
    """The protocol, and the name of its folder."""
    if file is not None:
        path, name = file, file.stem
    else:
        path = bot_dir(bot) / "study.toml"
        name = path.parent.resolve().name
    if file is None and quick and not path.is_file():
        return quick_protocol(path.parent.resolve()), f"{name}-quick"
    protocol = read_protocol(path)
    if quick:
        return smaller(protocol), f"{name}-quick"
    return protocol, name


def _command(file: Path | None, quick: bool, out: Path | None, bot: Path | None) -> str:
    """How it is run again, with paths as seen from here: a report that is passed on tells nothing of the machine."""
    words = ["switchboard", "study", *([_from_here(file)] if file else []), *(["--quick"] if quick else [])]
    words += [word for name, path in (("--out", out), ("--bot", bot)) if path for word in (name, _from_here(path))]
    return shlex.join(words)


def _from_here(path: Path) -> str:
    return os.path.relpath(path) if path.is_absolute() else str(path)


def _run(setup: Setup, path: Path, jobs: int | None, ray: str | None) -> list[Point]:
    with _ends_as_by_ctrl_c(), _watch() as watcher:
        if ray is None:
            return run_study(setup, path, watcher, jobs=jobs, run=run_batch)
        with on_ray(ray, setup) as (run_there, at_once):
            return run_study(setup, path, watcher, jobs=jobs or at_once, run=run_there)


def _play(bot: Path | None, folder: Path, customers: int | None) -> str:
    """Compare whole answers if asked; why that could not be done, as the cells have their report all the same."""
    if customers is None:
        return ""
    try:
        trial = Trial(bot_dir(bot), home_dir(), folder / FOLDER, customers)
        with stages() as show:
            keep(folder, compare_answers(trial, show))
    except (*PROBLEMS, OSError) as exc:
        return str(exc)
    return ""


def _of(material: Material) -> dict[str, Any]:
    return {
        "hashes": material.hashes(),
        "n_train": len(material.train),
        "n_test": len(material.test),
        "n_intents": len(material.intents),
    }


@dataclass(slots=True)
class Shown:
    """Shows a study as it goes on: a bar on a terminal, else a line a minute."""

    bars: Progress
    whole: TaskID
    total: int = 0
    said: float = float("-inf")

    def begin(self, done: int, total: int) -> None:
        """Show what was done before."""
        self.total = total
        self.bars.update(self.whole, total=total, completed=done)
        if done:
            note(f"{done} of {total} cells are done already.")

    def step(self, cell: Cell, stage: str, done: int, total: int) -> None:
        """Show what is running."""
        share = 100 * done // max(total, 1)
        name = f"{cell.technique} {cell.setting} n={cell.size} seed {cell.seed}"
        self.bars.update(self.whole, now=f"{name}: {stage} {share} %")

    def finish(self, point: Point, done: int, left_s: float | None) -> None:
        """Show what is finished, and the time left."""
        left = "" if left_s is None else f"{_duration(left_s)} left"
        self.bars.update(self.whole, completed=done, left=left)
        line = f"{point.technique} {point.setting} n={point.size} seed {point.seed}"
        if point.status != DONE:
            note(f"{line}: {point.status}: {point.reason}")
        if self.bars.disable and (time.monotonic() - self.said > SAY_EVERY_S or done == self.total):
            self.said = time.monotonic()
            note(f"{done} of {self.total} cells, {left or 'the time left is not known yet'}; last: {line}")


@contextmanager
def _ends_as_by_ctrl_c() -> Iterator[None]:
    """SIGTERM means the same: processes of cells are ended, and what they left is removed."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _watch() -> Iterator[Shown]:
    columns = (
        TextColumn("cells"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.fields[now]}"),
    )
    with Progress(*columns, console=stderr, disable=not stderr.is_terminal) as bars:
        yield Shown(bars, bars.add_task("cells", total=None, left="", now=""))


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{seconds:.0f} s" if seconds < 90 else f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"
