"""What one training learns from: texts, the output each should give, and how much it counts. Pure."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from training.dataset import Dataset
from training.split import normalise

WORD = re.compile(r"[^\W\d_]{3}")


@dataclass(frozen=True, slots=True)
class Lesson:
    """Rows to learn."""

    texts: Sequence[str]
    targets: Sequence[int]
    """0..k-1; a text out of scope has k, one output more than there are intents."""
    weights: Sequence[float]
    has_outlier: bool = False
    """Whether the last output stands for "none of these"."""

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return max(self.targets) + 1

    def only(self, places: Collection[int]) -> "Lesson":
        """Take the rows at some places, in their order."""
        kept = sorted(places)
        return Lesson(
            [self.texts[place] for place in kept],
            [self.targets[place] for place in kept],
            [self.weights[place] for place in kept],
            self.has_outlier and max(self.targets) in {self.targets[place] for place in kept},
        )

    def and_names(self, intents: Sequence[str]) -> "Lesson":
        """Learn the names of the intents too, where they are words: `card_arrival` says what it means."""
        known = set(map(normalise, self.texts))
        named = [(place, spoken(name)) for place, name in enumerate(intents)]
        fresh = [(place, name) for place, name in named if WORD.search(name) and name not in known]
        return Lesson(
            [*self.texts, *(name for _, name in fresh)],
            [*self.targets, *(place for place, _ in fresh)],
            [*self.weights, *(1.0 for _ in fresh)],
            self.has_outlier,
        )


def lesson_of(dataset: Dataset) -> Lesson:
    """Every row of a data set, those out of scope last."""
    outside = len(dataset.intents)
    rows = (*dataset.examples, *dataset.oos)
    return Lesson(
        [row.text for row in rows],
        [*dataset.labels(), *([outside] * len(dataset.oos))],
        [row.weight for row in rows],
        bool(dataset.oos),
    )


def spoken(intent: str) -> str:
    """Read the name of an intent as words."""
    return " ".join(re.sub(r"[^\w]+|_", " ", intent).split()).casefold()
