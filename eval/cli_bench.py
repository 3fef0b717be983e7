"""`switchboard bench`: every measurement in one run, as a table or as JSON."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, TaskID
from rich.table import Table

from backends.contract import BackendError
from bot.cli.output import WRONG_USAGE, Bot, Json, fail, print_json, progress, stdout
from bot.errors import SettingsError
from bot.settings import bot_dir, home_dir
from eval.bench.children import ChildError
from eval.bench.row import Row
from eval.bench.stage import Stage

MEASUREMENTS = {
    "text_to_intent": "the classifier beside a transformers pipeline",
    "throughput": "texts a second, and what batching adds",
    "turns": "whole turns beside a FastAPI route around a pipeline",
    "consoles": "twenty operators who watch five hundred open conversations",
    "idle_sockets": "memory of open chats",
    "startup": "seconds to the first session, memory",
    "retrieval": "a search among 10,000 passages",
    "training": "a fine-tuning beside the plain Trainer, to the same accuracy (minutes)",
}
"""Names, each a module of `eval.bench`."""

bench = typer.Typer(add_completion=False)


class Bars:
    """Shows how far a measurement is."""

    def __init__(self, bars: Progress) -> None:
        """Draw on these bars."""
        self._bars = bars
        self._task: TaskID | None = None

    def begin(self, what: str, steps: int) -> None:
        """See `eval.bench.stage.Meter`."""
        self._task = self._bars.add_task(what, total=steps)

    def tick(self, steps: int = 1) -> None:
        """See `eval.bench.stage.Meter`."""
        if self._task is not None:
            self._bars.advance(self._task, steps)


@bench.command()
def run(
    bot: Bot = None,
    only: Annotated[
        list[str] | None, typer.Option(help=f"Measure only this; may be repeated: {', '.join(MEASUREMENTS)}.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer repetitions: half a minute, rough figures.")] = False,
    sockets: Annotated[int, typer.Option(min=1, help="Idle sockets to open; 10000 for the full measurement.")] = 2000,
    as_json: Json = False,
) -> None:
    """Measure speed side by side with what a user would run instead, all in one run.

    The figures are medians; machines are shared, so compare ratios. Without a trained bundle an untrained
    model of the same form is measured: it takes as long.
    """
    unknown = sorted(set(only or ()) - set(MEASUREMENTS))
    if unknown:
        fail(f"no measurement {unknown[0]!r}; known: {', '.join(MEASUREMENTS)}", WRONG_USAGE)
    try:
        with _stage(bot, quick=quick, sockets=sockets) as stage:
            rows = [row for name in MEASUREMENTS if not only or name in only for row in _measure(name, stage)]
    except ImportError as exc:
        fail(f"{exc}; the bench needs torch and transformers: install the extra `train`")
    except (BackendError, ChildError, SettingsError, ConnectionError) as exc:
        fail(str(exc))
    if as_json:
        print_json({"rows": [row.to_json() for row in rows]})
    else:
        stdout.print(_table(rows))


def _measure(name: str, stage: Stage) -> list[Row]:
    rows: list[Row] = import_module(f"eval.bench.{name}").measure(stage)
    return rows


@contextmanager
def _stage(bot: Path | None, *, quick: bool, sockets: int) -> Iterator[Stage]:
    articles = _articles(bot)
    with tempfile.TemporaryDirectory(prefix="switchboard-bench-") as scratch, progress() as bars:
        yield Stage(Path(scratch), home_dir(), Bars(bars), quick, sockets, articles)


def _articles(bot: Path | None) -> Path | None:
    """The help articles of the bot folder; None where there is no such folder."""
    try:
        folder = bot_dir(bot) / "articles"
    except SettingsError:
        if bot is not None:
            raise
        return None
    return folder if folder.is_dir() else None


def _table(rows: list[Row]) -> Table:
    table = Table("measurement", title="medians; a ratio above 1 is in our favour", title_justify="left")
    for heading in ("n", "p50", "p99", "value", "unit", "baseline", "ratio", "target"):
        table.add_column(heading, justify="left" if heading == "unit" else "right")
    table.add_column("note", overflow="fold")
    for row in rows:
        figures = [_figure(value) for value in (row.p50, row.p99, row.value)]
        others = [_figure(row.baseline), _figure(row.ratio, "×"), _figure(row.target)]
        table.add_row(row.name, str(row.n), *figures, row.unit, *others, row.note)
    return table


def _figure(value: float | None, unit: str = "") -> str:
    if value is None:
        return ""
    return f"{value:,.0f}{unit}" if abs(value) >= 100 else f"{value:.3g}{unit}"
