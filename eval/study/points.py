"""The file of finished cells, `points.jsonl`: a line that says which data it is of, then a line for each cell."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from eval.lines import make_ready, read_lines
from eval.study.cell import DEFINITION, Cell
from eval.study.material import Material
from eval.study.point import CUT, DONE, Point
from training.dataset import DataError


def open_points(path: Path, material: Material) -> dict[str, Point]:
    """Read what is done, by key, and make the file ready to be added to: a line that was cut off while it was written
    goes. Of two lines with one key the later counts.

    Raises:
        DataError: the file belongs to other data, or cannot be read.
    """
    make_ready(path, header(material))
    return read_points(path, material)


def read_points(path: Path, material: Material) -> dict[str, Point]:
    """Read what is done, by key.

    Raises:
        DataError: the file belongs to other data, or cannot be read.
    """
    try:
        head, *lines = read_lines(path)
        found = {point.key: point for point in map(Point.read, lines)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise DataError(f"{path}: not a file of finished cells ({exc}); remove it or give another --out") from exc
    if head != header(material):
        raise DataError(
            f"{path}: of other data or of another version, {head}; asked for is {header(material)}. "
            "Remove it or give another --out"
        )
    return found


def header(material: Material) -> dict[str, Any]:
    """The first line: what all cells of a file have in common."""
    rows = {"n_train": len(material.train), "n_test": len(material.test), "n_intents": len(material.intents)}
    return {"definition": DEFINITION, "hashes": material.hashes(), **rows}


def add_point(path: Path, point: Point) -> None:
    """Append a cell; several processes may do so at once."""
    with path.open("ab") as file:
        file.write(point.line().encode())
        file.flush()
        os.fsync(file.fileno())


def is_settled(point: Point | None, limit_s: float) -> bool:
    """Whether a cell need not be run: it has its score, or was cut at this limit or a longer one.

    A failed cell is tried again by every run.
    """
    if point is None:
        return False
    return point.status == DONE or (point.status == CUT and point.extra.get("limit_s", 0.0) >= limit_s)


def wanted_points(done: dict[str, Point], cells: Iterable[Cell]) -> list[Point]:
    """The points of a study, in the order of its cells; the file may have others."""
    return [done[cell.key] for cell in cells if cell.key in done]
