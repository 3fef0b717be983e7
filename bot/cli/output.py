"""How every command speaks: one JSON document on standard output, everything else on standard error."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

FAILED, WRONG_USAGE, REFUSED = 1, 2, 3
"""Exit codes beside 0: failed, wrong usage, a gate or check said no."""

stderr = Console(stderr=True)
stdout = Console()

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Bot = Annotated[
    Path | None,
    typer.Option("--bot", help="Bot folder; by default `.` if it holds a bot.toml, else demo/."),
]


def print_json(document: Mapping[str, Any]) -> None:
    """Write the one JSON document of a `--json` run."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def note(message: str) -> None:
    """Tell a person something, on standard error."""
    stderr.print(message, markup=False, highlight=False, soft_wrap=True)


def fail(message: str, code: int = FAILED) -> NoReturn:
    """Say what is wrong and leave with an exit code."""
    stderr.print(f"Error: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code)


def print_rows(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; where the terminal is too narrow for it, a block of lines for each row, without what is empty."""
    table = Table(*names)
    for row in rows:
        table.add_row(*row)
    if Measurement.get(stdout, stdout.options.update(max_width=1000), table).maximum <= stdout.width:
        stdout.print(table)
        return
    for first, *others in rows:
        stdout.print(first, style="bold", markup=False, highlight=False, soft_wrap=True)
        for name, value in zip(names[1:], others, strict=True):
            if value:
                stdout.print(f"  {name}: {value}", markup=False, highlight=False, soft_wrap=True)


@contextmanager
def progress() -> Iterator[Progress]:
    """Show progress bars on standard error; on a pipe they are silent."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=stderr, disable=not stderr.is_terminal) as bars:
        yield bars


@contextmanager
def stages() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for each stage, on a pipe one line; the function given is told stage, steps done, steps in all."""
    with progress() as bars:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                if not stderr.is_terminal:
                    note(f"{stage} ...")
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield show
