"""The queue before the shared encoder: texts of all prompts of a process wait in it, and run together."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from backends.classified.batcher import Batcher
from backends.contract import Parse
from backends.soft_prompt.classifier import Asked, PromptClassifier, classify
from backends.soft_prompt.frozen import Frozen

_batchers: "WeakKeyDictionary[Frozen, Batcher[Asked, Parse]]" = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Lane:
    """One prompt's way into the queue."""

    classifier: PromptClassifier
    _batcher: Batcher[Asked, Parse]

    async def submit(self, text: str, /) -> Parse:
        """Rank the intents of one masked text, together with whatever else waits."""
        return await self._batcher.submit(Asked(text, self.classifier))

    async def aclose(self) -> None:
        """Leave: the queue goes with the last prompt of its encoder."""


def lane_of(classifier: PromptClassifier, *, max_batch: int) -> Lane:
    """Give a prompt its way into the queue of its encoder; the first one says how large batches are."""
    frozen = classifier.frozen
    if frozen not in _batchers:
        _batchers[frozen] = Batcher(classify, max_batch)
    return Lane(classifier, _batchers[frozen])
