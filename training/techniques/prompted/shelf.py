"""Examples that a prompt can show: fixed ones that fit, or those most like a text.

Likeness is that of `training.embedding`, which the technique `neighbours` uses too.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.dataset import Example
from training.embedding import embed_anew

Floats = npt.NDArray[np.float32]


def fixed(
    examples: Sequence[Example], *, seed: int, most: int | None, tokens: int, cost: Callable[[Example], int]
) -> list[Example]:
    """Choose examples that do not depend on the text: one of each intent in turn, as many as fit.

    Args:
        examples: to choose from.
        seed: of the order of intents and examples; a larger `tokens` only adds.
        most: examples at most; None for as many as fit.
        tokens: room for them.
        cost: tokens of one.

    Source: one demonstration is one-shot, as many as fit are few-shot (Brown et al. 2020, arXiv 2005.14165).
    """
    chosen: list[Example] = []
    for row in _in_turn(examples, seed):
        tokens -= cost(row)
        if tokens < 0 or (most is not None and len(chosen) == most):
            break
        chosen.append(row)
    return chosen


def _in_turn(examples: Sequence[Example], seed: int) -> Iterator[Example]:
    draw = random.Random(seed)
    own: dict[str, list[Example]] = {}
    for row in examples:
        own.setdefault(row.intent, []).append(row)
    intents = sorted(own)
    draw.shuffle(intents)
    for rows in own.values():
        draw.shuffle(rows)
    for place in range(max(map(len, own.values()), default=0)):
        yield from (own[intent][place] for intent in intents if place < len(own[intent]))


class Shelf:
    """Examples with their vectors."""

    def __init__(self, examples: Sequence[Example], home: Path) -> None:
        """Embed them.

        Raises:
            BackendError: there is no encoder.
        """
        self._examples, self._home = list(examples), home
        self._vectors: Floats = embed_anew([row.text for row in self._examples], home)

    @property
    def size_bytes(self) -> int:
        """Of the texts and their vectors."""
        return int(self._vectors.nbytes) + sum(len(row.text.encode()) for row in self._examples)

    def nearest(self, texts: Sequence[str], count: int) -> list[list[Example]]:
        """For each text the examples most like it, the likest first; ties in the order given."""
        likeness = embed_anew(texts, self._home) @ self._vectors.T
        places = np.argsort(-likeness, axis=1, kind="stable")[:, :count]
        return [[self._examples[place] for place in row] for row in places.tolist()]
