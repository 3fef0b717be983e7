"""The file of finished cells, `points.jsonl`: a line that says which data it is of, then a line for each cell."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from eval.lines import LineError, make_ready, read_lines
from eval.study.cell import DEFINITION, Cell
from eval.study.material import Material
from eval.study.point import CUT, DONE, Point
from training.dataset import DataError


def open_points(path: Path, material: Material) -> dict[str, Point]:
    """Read what is done, by key, and make the file ready to be added to: a line that was cut off while it was written
    goes.

    Raises:
        DataError: the file belongs to other data, or cannot be read.
    """
    try:
        make_ready(path, header(material))
    except UnicodeDecodeError as exc:
        raise DataError(f"{path}: not a file of finished cells (it is not text); give another --out") from exc
    return read_points(path, material)


def read_points(path: Path, material: Material) -> dict[str, Point]:
    """Read what is done, by key. Of two lines with one key the later counts, but a score is not lost to a later cut.

    Raises:
        DataError: the file belongs to other data, or cannot be read.
    """
    found: dict[str, Point] = {}
    try:
        head, *lines = read_lines(path)
        for number, line in enumerate(lines, 2):
            point = _read(line, number)
            if point.status == DONE or point.key not in found or found[point.key].status != DONE:
                found[point.key] = point
    except LineError as exc:
        raise DataError(f"{path}: {exc}; take that line out, and its cell runs again") from exc
    except (OSError, ValueError) as exc:
        raise DataError(f"{path}: not a file of finished cells ({exc}); give another --out") from exc
    if head != header(material):
        raise DataError(
            f"{path}: of other data or of another version, {head}; asked for is {header(material)}. Give another --out"
        )
    return found


def _read(line: Any, number: int) -> Point:
    try:
        return Point.read(line)
    except (TypeError, AttributeError) as exc:
        raise LineError(f"line {number} is no finished cell ({exc})") from exc


def header(material: Material) -> dict[str, Any]:
    """The first line: what all cells of a file have in common. Of what single settings need, their keys tell."""
    rows = {"n_train": len(material.train), "n_test": len(material.test), "n_intents": len(material.intents)}
    hashes = {name: digest for name, digest in material.hashes().items() if name in {"train", "test"}}
    return {"definition": DEFINITION, "hashes": hashes, **rows}


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
