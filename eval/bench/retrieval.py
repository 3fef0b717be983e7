"""A search among 10,000 passages, every one of them scored."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import Literal

import numpy as np
import numpy.typing as npt

from backends.contract import BackendError
from backends.encoder import Encoder, encoders_dir, load_current
from backends.rag.chunks import Chunk
from backends.rag.index import assemble
from backends.rag.retriever import Retriever
from eval.bench.row import Row, latency
from eval.bench.stage import Stage
from eval.bench.texts import TEXTS

PASSAGES, PER_ARTICLE, SENTENCES, WORDS = 10_000, 8, 5, 14
VOCABULARY = 20_000
DIM, SEED = 384, 11
TARGET_MS = 3.0


@dataclass(frozen=True, slots=True)
class RandomEncoder:
    """Gives random unit vectors: a search takes as long among them as among real ones."""

    hash: str = "random"
    dim: int = DIM

    def encode(
        self,
        texts: Sequence[str],
        *,
        kind: Literal["query", "passage"] = "passage",  # noqa: ARG002 - the protocol's
        batch: int = 16,  # noqa: ARG002
    ) -> npt.NDArray[np.float32]:
        """Make vectors: float32 (n, dim)."""
        vectors = np.random.default_rng(SEED).standard_normal((len(texts), self.dim), dtype=np.float32)
        unit: npt.NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def measure(stage: Stage) -> list[Row]:
    """Search made-up passages (words by Zipf's law) with the bench's texts.

    Raises:
        BackendError: the index cannot be built, or the encoder is damaged.
    """
    number = stage.count(PASSAGES, PASSAGES // 10)
    stage.meter.begin("retrieval", 2)
    index = assemble(_passages(number), RandomEncoder(), stage.folder / "index")
    stage.meter.tick()
    retriever = Retriever(index, RandomEncoder())
    encoder = _encoder(stage)
    search_ms: list[float] = []
    embed_ms: list[float] = []
    for text in islice(cycle(TEXTS), stage.count(640, 64)):
        query = retriever.query(text)
        begun = time.perf_counter()
        retriever.search(query)
        search_ms.append((time.perf_counter() - begun) * 1000)
        if encoder is not None:
            begun = time.perf_counter()
            encoder.encode([text], kind="query")
            embed_ms.append((time.perf_counter() - begun) * 1000)
    stage.meter.tick()
    sentences = len(index.sentences.texts)
    rows = [
        replace(
            latency("retrieval", search_ms, target=TARGET_MS),
            note=f"a search among {number} passages of {sentences} sentences, exact, one thread",
        )
    ]
    if embed_ms:
        rows.append(replace(latency("question_embedding", embed_ms), note="the retrieval encoder, one thread"))
    return rows


def _encoder(stage: Stage) -> Encoder | None:
    """The retrieval encoder of the home folder; None before the first training."""
    if not (encoders_dir(stage.home) / "current").is_file():
        return None
    try:
        return load_current(stage.home)
    except BackendError as exc:
        raise BackendError(f"{exc}; without it, run the bench with another SWITCHBOARD_HOME") from exc


def _passages(number: int) -> tuple[Chunk, ...]:
    """Passages of sentences of words whose frequency falls with their rank; the questions' words are among them."""
    random = np.random.default_rng(SEED)
    said = sorted({word.strip(".,:?") for text in TEXTS for word in text.lower().split()})
    words = np.array([*said, *(f"w{rank}" for rank in range(VOCABULARY - len(said)))])
    weights = 1.0 / np.arange(10, VOCABULARY + 10)
    drawn = random.choice(words, size=(number, SENTENCES, WORDS), p=weights / weights.sum())
    return tuple(
        Chunk(
            f"p{place}",
            f"a{place // PER_ARTICLE}",
            f"Article {place // PER_ARTICLE}",
            "",
            f"Section {place}",
            " ".join(" ".join(sentence).capitalize() + "." for sentence in passage),
            0,
            0,
        )
        for place, passage in enumerate(drawn)
    )
