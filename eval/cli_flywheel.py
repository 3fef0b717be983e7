"""`switchboard eval flywheel`: proves the nightly loop by simulation, or shows that it fails."""

from pathlib import Path
from typing import Annotated

import typer

from backends.contract import BackendError
from bot.cli.output import REFUSED, Json, fail, note, print_json, progress
from eval.flywheel.gated import NightFailed
from eval.flywheel.outcome import outcome
from eval.flywheel.plan import Plan
from eval.flywheel.plot import draw
from eval.flywheel.points import read_points
from eval.flywheel.simulation import Job, pieces_of, run_jobs
from eval.flywheel.summary import markdown
from training.dataset import DataError
from training.pretrained import UnknownEncoder


def flywheel(
    data: Annotated[Path, typer.Option("--data", help="Folder of CLINC150: train.csv, val.csv, test.csv.")],
    nights: Annotated[int, typer.Option("--nights", min=3, help="Days with a night after each.")] = 30,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Shops, each with intents of its own.")] = 3,
    turns: Annotated[int, typer.Option("--turns", min=20, help="Messages a day.")] = 120,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Seeds at once, each on one core.")] = 1,
    out: Annotated[Path, typer.Option("--out", help="File of finished nights; a run goes on where it stopped.")] = Path(
        "flywheel.jsonl"
    ),
    report: Annotated[
        Path | None, typer.Option("--report", help="Write the report (Markdown), and its plot (SVG) beside it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Simulate customers, run real nights on what they say, and compare with a loop that believes everything.

    Exit status 3 when the nightly run ends more than a point below a model that is told the truth, or when the planted
    rows are neither refused nor set aside.
    """
    plan = Plan(nights=nights, turns=turns)
    wanted = [Job(seed, data, out, plan) for seed in range(seeds)]
    try:
        with progress() as bars:
            bar = bars.add_task("nights", total=sum(len(pieces_of(job)) for job in wanted))
            run_jobs(wanted, at_once=jobs, on_done=lambda done: bars.update(bar, completed=done))
        document = outcome([point for point in read_points(out, plan) if point.seed < seeds], plan)
        if report is not None:
            picture = report.with_suffix(".svg")
            picture.write_text(draw(document), encoding="utf-8")
            report.write_text(markdown(document, picture.name), encoding="utf-8")
    except (DataError, UnknownEncoder, NightFailed, BackendError, OSError) as exc:
        fail(str(exc))
    if as_json:
        print_json(document)
    else:
        print(markdown(document, "flywheel.svg"))
        note(f"Every night is in {out}.")
    if not document["met"]:
        raise typer.Exit(REFUSED)
