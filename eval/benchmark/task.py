"""What is trained on and tested with: full data sets, and nested draws of a few examples an intent. Pure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.dataset import OOS, DataError, Dataset, Example, read_csv


@dataclass(frozen=True, slots=True)
class Task:
    """One row of the table."""

    name: str
    folder: str
    """Of the data set, beside the others."""
    shots: int | None = None
    """Examples an intent; None takes all."""
    held_out_intents: float = 0.0
    """Part of the intents that are not trained on and stand for near out of scope, 0..1."""
    published: str = ""
    """What others reached, and with what."""
    target: float | None = None
    """Accuracy that is aimed at."""


GENERATED = "RoBERTa-large with generated data"
TASKS: tuple[Task, ...] = (
    Task("banking77-5", "banking77", 5, published=f"74.0 RoBERTa-base; 80.9 CPFT; 84.0 {GENERATED}", target=0.809),
    Task("banking77-10", "banking77", 10, published=f"84.3 RoBERTa-base; 87.2 CPFT; 89.8 {GENERATED}", target=0.872),
    Task("clinc150-5", "clinc150", 5, published=f"88.0 RoBERTa-base; 92.3 CPFT; 92.6 {GENERATED}", target=0.923),
    Task("clinc150-10", "clinc150", 10, published=f"91.6 RoBERTa-base; 94.2 CPFT; 94.8 {GENERATED}", target=0.942),
    Task("banking77-near", "banking77", 50, held_out_intents=0.5, published="none with this draw"),
    Task("banking77", "banking77", published="93.7 BERT-large; 94.1 MPNet", target=0.943),
    Task("clinc150", "clinc150", published="AUROC .973 by ten models", target=0.97),
)
"""In the order in which they are run: the quick ones first."""


@dataclass(frozen=True, slots=True)
class Material:
    """Rows to train on and to test with."""

    train: Dataset
    test: Dataset


def load_material(task: Task, root: Path, seed: int) -> Material:
    """Read and draw the rows of a task. Draws are nested: ten examples include the five of the same seed.

    Args:
        task: what is wanted.
        root: the folder that holds the data sets.
        seed: of the draw.

    Raises:
        DataError: the files are not there.
    """
    folder = root / task.folder
    train, test = read_csv(folder / "train.csv"), read_csv(folder / "test.csv")
    train = draw(train, task.shots, seed)
    if task.held_out_intents:
        return without_some(train, test, task.held_out_intents, seed)
    if task.shots is None and (folder / "oos_train.csv").is_file():
        outside = read_csv(folder / "oos_train.csv")
        return Material(Dataset(train, _as_oos(outside)), Dataset(test, _as_oos(read_csv(folder / "oos_test.csv"))))
    return Material(Dataset(train), Dataset(test))


def draw(rows: Sequence[Example], shots: int | None, seed: int) -> tuple[Example, ...]:
    """Take so many rows of each intent."""
    if shots is None:
        return tuple(rows)
    by_intent: dict[str, list[Example]] = {}
    for row in rows:
        by_intent.setdefault(row.intent, []).append(row)
    chosen: list[Example] = []
    for intent in sorted(by_intent):
        own = by_intent[intent]
        random.Random(f"{seed}:{intent}").shuffle(own)
        chosen.extend(own[:shots])
    if not chosen:
        raise DataError("expected rows to draw from, got none")
    return tuple(chosen)


def without_some(train: Sequence[Example], test: Sequence[Example], share: float, seed: int) -> Material:
    """Leave some intents out of the training: their test rows are out of scope, and near."""
    intents = sorted({row.intent for row in train})
    strange = set(random.Random(f"near:{seed}").sample(intents, round(share * len(intents))))
    inside = tuple(row for row in test if row.intent not in strange)
    outside = [row for row in test if row.intent in strange]
    return Material(
        Dataset(tuple(row for row in train if row.intent not in strange)), Dataset(inside, _as_oos(outside))
    )


def _as_oos(rows: Sequence[Example]) -> tuple[Example, ...]:
    return tuple(Example(row.text, OOS, row.source) for row in rows)
