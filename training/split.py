"""Splits labelled texts for measuring, without leaks. Pure functions of values and a seed."""

import hashlib
import random
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from training.dataset import Example


class Split(NamedTuple):
    """Places of the rows to train on and of those kept back; together they are all rows."""

    train: list[int]
    held_out: list[int]


def hold_out(examples: Sequence[Example], share: float, *, seed: int, least: int = 1) -> Split:
    """Keep back a share of each intent.

    Equal texts (but for case and outer space) stay on one side. An intent always keeps one training row at
    least, so intents with a single distinct text keep nothing back.

    Args:
        examples: the rows.
        share: part of each intent to keep back, 0..1.
        seed: of the draw.
        least: rows to keep back of each intent that has at least twice as many.
    """
    groups: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, example in enumerate(examples):
        groups[example.intent][normalise(example.text)].append(place)
    held: list[int] = []
    for intent in sorted(groups):
        texts = sorted(groups[intent])
        random.Random(f"{seed}:{intent}").shuffle(texts)
        wanted = min(max(round(share * len(texts)), least if len(texts) >= 2 * least else 0), len(texts) - 1)
        held.extend(place for text in texts[:wanted] for place in groups[intent][text])
    kept = set(held)
    return Split([place for place in range(len(examples)) if place not in kept], sorted(held))


def reserve(examples: Sequence[Example], share: float, *, least: int = 8) -> Split:
    """Keep back a share of the rows by a hash of their text: every training on growing data keeps back the same.

    Args:
        examples: the rows.
        share: part to keep back, 0..1; a smaller share keeps back a part of what a larger one does.
        least: distinct texts an intent must have to give any away.
    """
    texts: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        texts[example.intent].add(normalise(example.text))
    held = [
        place
        for place, example in enumerate(examples)
        if len(texts[example.intent]) >= least and int(text_hash(example.text), 16) < share * 2**64
    ]
    kept = set(held)
    return Split([place for place in range(len(examples)) if place not in kept], held)


def folds(examples: Sequence[Example], count: int, *, seed: int) -> list[Split]:
    """Cut into `count` folds, each intent spread evenly; equal texts share a fold.

    Raises:
        ValueError: fewer than two folds.
    """
    if count < 2:
        raise ValueError(f"expected at least 2 folds, got {count}")
    fold_of: dict[tuple[str, str], int] = {}
    by_intent: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        by_intent[example.intent].add(normalise(example.text))
    start = 0
    for intent in sorted(by_intent):
        texts = sorted(by_intent[intent])
        random.Random(f"{seed}:{intent}").shuffle(texts)
        fold_of.update({(intent, text): (start + place) % count for place, text in enumerate(texts)})
        start += len(texts)
    placed = [fold_of[example.intent, normalise(example.text)] for example in examples]
    return [
        Split(
            [i for i, fold in enumerate(placed) if fold != number],
            [i for i, fold in enumerate(placed) if fold == number],
        )
        for number in range(count)
    ]


def normalise(text: str) -> str:
    """What makes two texts the same example: case, outer space and runs of space do not count."""
    return " ".join(text.casefold().split())


def text_hash(text: str) -> str:
    """Name a text without quoting it: 16 hexadecimal digits, the same for texts that count as the same."""
    return hashlib.sha256(normalise(text).encode()).hexdigest()[:16]
