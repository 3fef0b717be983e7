"""`switchboard eval benchmark`: the table of intent benchmarks, a line a finished piece."""

from pathlib import Path
from typing import Annotated, Any

import typer

from backends.contract import BackendError
from bot.cli.output import WRONG_USAGE, Json, fail, note, print_json, progress
from eval.benchmark.run import Piece, read_points, run_all, to_do
from eval.benchmark.table import markdown, rows
from eval.benchmark.task import TASKS
from training.dataset import DataError
from training.onnx_export import ExportError
from training.pipeline import Progress
from training.pretrained import UnknownEncoder


def benchmark(
    data: Annotated[Path, typer.Option("--data", help="Folder with banking77/ and clinc150/.")],
    out: Annotated[Path, typer.Option("--out", help="File of finished pieces; a run goes on where it stopped.")],
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Seeds, and draws, of each task.")] = 5,
    only: Annotated[list[str] | None, typer.Option("--only", help="Name of a task; repeatable.")] = None,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Cores to train on.")] = 2,
    as_json: Json = False,
) -> None:
    """Train and test on BANKING77 and CLINC150, full and with a few examples an intent, over several seeds."""
    unknown = set(only or ()) - {task.name for task in TASKS}
    if unknown:
        fail(f"no task {', '.join(sorted(unknown))}; known: {', '.join(task.name for task in TASKS)}", WRONG_USAGE)
    tasks = [task for task in TASKS if not only or task.name in only]
    pieces = to_do(tasks, seeds, read_points(out))
    try:
        with progress() as bars:
            total = bars.add_task("pieces", total=len(pieces))
            step = bars.add_task("training", total=1)

            def each(piece: Piece) -> Progress:
                number = pieces.index(piece)
                bars.update(total, completed=number, description=f"{piece.task.name}, seed {piece.seed}")
                return lambda stage, done, size: bars.update(step, description=stage, completed=done, total=size)

            run_all(pieces, data, out, each, threads=threads)
    except (DataError, ExportError, UnknownEncoder, BackendError) as exc:
        fail(str(exc))
    document: dict[str, Any] = {"points": str(out), "rows": rows(tasks, read_points(out))}
    if as_json:
        print_json(document)
    else:
        print(markdown(document["rows"]))
        note(f"{len(pieces)} pieces were run now; all are in {out}")
