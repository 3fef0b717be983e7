"""How long a study still takes, from the cells that are done."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import fmean

from eval.study.cell import Cell
from eval.study.point import DONE, Point
from training.techniques.table import TABLE


def seconds_left(done: Iterable[Point], left: Sequence[Cell], at_once: int) -> float | None:
    """Estimate the wall time of what is left; None before the first cell is done.

    A cell is taken to last as long as the mean of its technique at its size, else of its technique, else of all that
    ask an endpoint or all that do not, else of all.

    Args:
        done: points with a score; others say nothing.
        left: cells to run.
        at_once: how many run side by side.
    """
    seen: dict[object, list[float]] = defaultdict(list)
    for point in done:
        if point.status == DONE:
            for name in _names(point):
                seen[name].append(point.train_wall_s + point.predict_wall_s)
    if not seen:
        return None
    expected = (next(fmean(seen[name]) for name in _names(cell) if name in seen) for cell in left)
    return sum(expected) / max(min(at_once, len(left)), 1)


def _names(of: Point | Cell) -> tuple[object, ...]:
    """From the most like to the least."""
    return ((of.technique, of.size), (of.technique,), TABLE[of.technique].is_llm, "any")
