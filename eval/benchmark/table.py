"""Sums up finished pieces: mean and deviation over seeds, beside what was published. Pure."""

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any

from eval.benchmark.task import Task

FIGURES = ("accuracy", "ece", "oos_auroc", "oos_recall_at_5pct_rejection", "seconds")


def rows(tasks: Sequence[Task], points: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row a task.

    Returns:
        `task`, `seeds`, `n` (test rows in scope), `technique`, `published`, `target`, and for each figure its mean with
        its standard deviation over the seeds as `<figure>_sd`; None where there are too few.
    """
    return [_row(task, [point for point in points if point["task"] == task.name]) for task in tasks]


def _row(task: Task, points: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "task": task.name,
        "seeds": len(points),
        "n": points[0]["n"] if points else None,
        "technique": points[0]["technique"] if points else None,
        "published": task.published,
        "target": task.target,
    }
    for figure in FIGURES:
        values = [float(point[figure]) for point in points if point.get(figure) is not None]
        row[figure] = mean(values) if values else None
        row[f"{figure}_sd"] = stdev(values) if len(values) > 1 else None
    return row


def markdown(table: Sequence[Mapping[str, Any]]) -> str:
    """Write the table for a README."""
    lines = [
        "| task | seeds | n | accuracy % | target | published | ECE % | AUROC, recall at 5 % |",
        "|" + " --- |" * 8,
    ]
    for row in table:
        strange = (
            "-"
            if row["oos_auroc"] is None
            else f"{row['oos_auroc']:.3f}, {_percent(row, 'oos_recall_at_5pct_rejection')}"
        )
        target = "-" if row["target"] is None else f"{100 * row['target']:.1f}"
        cells = [row["task"], row["seeds"], row["n"] or "-", _percent(row, "accuracy"), target]
        lines.append("| " + " | ".join(map(str, [*cells, row["published"], _percent(row, "ece"), strange])) + " |")
    return "\n".join(lines)


def _percent(row: Mapping[str, Any], figure: str) -> str:
    if row[figure] is None:
        return "-"
    spread = row[f"{figure}_sd"]
    return f"{100 * row[figure]:.2f}" + ("" if spread is None else f" ± {100 * spread:.2f}")
