"""Runs a task: trains as `switchboard train` does, tests what would be served. Finished pieces are lines of a file."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from backends.classified.calibration import Calibration
from backends.intent.classifier import Classifier
from eval.benchmark.task import Task, load_material
from eval.intents import coverage, predict_bundle, score
from training.dataset import DataError
from training.pipeline import Progress, train_bundle
from training.settings import Recipe

VERSION = 1


class Piece(NamedTuple):
    """One training and its test."""

    task: Task
    seed: int


def run(piece: Piece, root: Path, progress: Progress, *, threads: int) -> dict[str, Any]:
    """Train and test once.

    Args:
        piece: what to do.
        root: the folder that holds the data sets.
        progress: told how far the training is.
        threads: cores to train on.

    Raises:
        DataError: the data sets are not there.
    """
    material = load_material(piece.task, root, piece.seed)
    recipe = Recipe(seed=piece.seed, threads=threads)
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        trained = train_bundle(material.train, home=home, recipe=recipe, progress=progress)
        classifier = Classifier.load(trained.path, threads=os.cpu_count() or 1)
        prediction = predict_bundle(classifier, material.test)
        card = json.loads((trained.path / "card.json").read_text(encoding="utf-8"))
        proven = [item for item in Calibration.load(trained.path).certificates if item.intent is None]
    return {
        "definition": VERSION,
        "task": piece.task.name,
        "seed": piece.seed,
        "technique": card["recipe"]["technique"],
        "examples": trained.examples,
        "seconds": trained.seconds,
        "quantisation": trained.parity.quantisation,
        **score(prediction, material.test),
        "at_thresholds": coverage(classifier, prediction, material.test),
        "certified": {str(item.budget): item.share_answered for item in proven},
    }


def read_points(path: Path) -> list[dict[str, Any]]:
    """Read the finished pieces; a line that was cut off by an interruption is left out."""
    if not path.is_file():
        return []
    return list(_lines(path.read_text(encoding="utf-8")))


def _lines(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict) and value.get("definition") == VERSION:
            yield value


def to_do(tasks: Sequence[Task], seeds: int, done: Sequence[Mapping[str, Any]]) -> list[Piece]:
    """The pieces that are not there yet."""
    finished = {(point["task"], point["seed"]) for point in done}
    pieces = [Piece(task, seed) for task in tasks for seed in range(seeds)]
    return [piece for piece in pieces if (piece.task.name, piece.seed) not in finished]


def run_all(pieces: Sequence[Piece], root: Path, out: Path, each: Callable[[Piece], Progress], *, threads: int) -> None:
    """Run pieces and append each to the file as soon as it is finished.

    Raises:
        DataError: the data sets are not there, or the file cannot be written.
    """
    for piece in pieces:
        point = run(piece, root, each(piece), threads=threads)
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            with out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(point) + "\n")
        except OSError as exc:
            raise DataError(f"cannot write {out}: {exc.strerror}; the piece {piece.task.name} is lost") from exc
