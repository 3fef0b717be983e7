"""`neighbours`: the label of the nearest examples, by the encoder that retrieval uses. Nothing is trained."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from backends.settings import Section
from bot.redact import redact
from training.dataset import Example
from training.embedding import Floats, embed_anew, encoder_bytes
from training.neighbours import nearest
from training.techniques.table import Place
from training.techniques.technique import Guess, Meter, Step


class NearestNeighbours:
    """Examples as vectors; the nearest ones vote with their cosine."""

    def __init__(self, home: Path, *, k: int = 1, threads: int = 1) -> None:
        """Choose who votes.

        Args:
            home: the `var/` folder, which holds the encoder, or gets it.
            k: how many examples vote, at least 1.
            threads: cores to embed on.
        """
        self.name = "neighbours"
        self.meter = Meter()
        self._home, self._k, self._threads = home, k, threads
        self._vectors: Floats | None = None
        self._intents: list[str] = []

    def fit(self, examples: Sequence[Example], *, seed: int, progress: Step) -> None:
        """Embed the examples.

        Raises:
            BackendError: there is no encoder, and none can be made.
        """
        del seed  # nothing is random
        self._embed([])  # makes the encoder where there is none: that is no cost of this cell
        with self.meter.training():
            self._vectors = self._embed([row.text for row in examples])
        self._intents = [row.intent for row in examples]
        self.meter.disk_bytes = self._vectors.nbytes // 2
        self.meter.held_bytes = self._vectors.nbytes + encoder_bytes(self._home)
        progress(1, 1)

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        """Guess the label of each text; the confidence is its share of the votes times the nearest cosine.

        Raises:
            RuntimeError: it was not fitted.
            BackendError: the encoder failed.
        """
        if self._vectors is None:
            raise RuntimeError(f"{self.name}: fit it first")
        with self.meter.predicting():
            found = nearest(self._embed(texts), self._vectors, most=self._k)
            return [self._vote(places, near) for places, near in zip(found.places, found.cosines.tolist(), strict=True)]

    def close(self) -> None:
        """Forget the examples."""
        self._vectors, self._intents = None, []

    def _vote(self, places: Sequence[int], cosines: Sequence[float]) -> Guess:
        votes: dict[str, float] = defaultdict(float)
        for place, cosine in zip(places, cosines, strict=True):
            votes[self._intents[place]] += max(cosine, 1e-6)
        intent = max(votes, key=lambda name: votes[name])
        return Guess(intent, min(max(cosines[0], 0.0), 1.0) * votes[intent] / sum(votes.values()))

    def _embed(self, texts: Sequence[str]) -> Floats:
        return embed_anew([redact(text) for text in texts], self._home, threads=self._threads)


class Options(Section):
    """The table `[techniques.neighbours]`."""

    k: int = Field(1, ge=1)
    """Examples that vote."""


def neighbours(place: Place) -> NearestNeighbours:
    """Build from `[techniques.neighbours]`."""
    return NearestNeighbours(place.home, threads=place.threads, k=Options.model_validate(place.options).k)
