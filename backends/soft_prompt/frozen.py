"""The frozen encoder: texts with a prompt each in, unit vectors out. One ONNX session, whatever the prompts.

The prompts are inputs of the model, one for each row of a batch, so rows of several bots run together. It knows no
intents.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, Self
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from backends.bundle import verify
from backends.contract import BackendError
from backends.encoder import TextTokenizer, encoders_dir, foreign_errors, open_session

Floats = npt.NDArray[np.float32]

BATCH = 32


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a bot adds to every text: soft tokens in front of it, and rows for the attention of every layer."""

    soft: Floats
    """(p, dim), put in front of the token embeddings; p may be 0."""
    prefix: Floats
    """(layers, 2, q, dim), keys and values put in front of those of each layer; q may be 0."""
    max_tokens: int
    """Longer texts are cut, as in training."""


class Row(NamedTuple):
    """One text of a batch."""

    text: str
    prompt: Prompt


@dataclass(eq=False)
class Frozen:
    """An encoder without a head, with prompts as inputs. Thread-safe."""

    hash: str
    """Names the weights and the form they are stored in; a prompt fits one encoder only."""
    dim: int
    layers: int
    _tokenizer_file: Path
    _session: Any
    _tokenizers: dict[int, TextTokenizer] = field(default_factory=dict)
    size_bytes: int = 0
    """Of the weights, which all prompts share."""

    @classmethod
    def load(cls, folder: Path, *, threads: int = 1) -> Self:
        """Open a folder with `model.onnx`, `tokenizer.json` and `encoder.json`.

        Raises:
            BackendError: something is missing, changed or unreadable.
        """
        verify(folder)
        path = folder / "encoder.json"
        with foreign_errors(str(path)):
            settings = json.loads(path.read_text(encoding="utf-8"))
        try:
            name, dim, layers = str(settings["hash"]), int(settings["dim"]), int(settings["layers"])
        except (KeyError, TypeError, ValueError) as exc:
            raise BackendError(f"{path}: not an encoder that takes prompts ({exc}); train the prompt again") from exc
        weights = folder / "model.onnx"
        session, size = open_session(weights, threads=threads), weights.stat().st_size
        return cls(name, dim, layers, folder / "tokenizer.json", session, size_bytes=size)

    def embed(self, rows: Sequence[Row]) -> Floats:
        """Embed texts, each with its own prompt.

        Rows whose prompts have the same shape share calls of the model, of texts of like length.

        Returns:
            float32 (n, dim), rows of length 1, in the order given.

        Raises:
            BackendError: the model failed, or a prompt does not fit it.
        """
        vectors = np.empty((len(rows), self.dim), dtype=np.float32)
        with foreign_errors(f"encoder {self.hash}"):
            ids = [self._tokens(row.prompt.max_tokens).ids([row.text])[0] for row in rows]
            for places in _alike(rows):
                places.sort(key=lambda place: len(ids[place]))
                for start in range(0, len(places), BATCH):
                    chosen = places[start : start + BATCH]
                    feed = self._tokens(rows[chosen[0]].prompt.max_tokens).pad([ids[place] for place in chosen])
                    prompts = [rows[place].prompt for place in chosen]
                    soft = np.stack([prompt.soft for prompt in prompts])
                    prefix = np.stack([prompt.prefix for prompt in prompts])
                    fed = {**feed, "soft": soft, "prefix": prefix}
                    vectors[chosen] = self._session.run(["embedding"], fed)[0]
        return vectors

    def _tokens(self, limit: int) -> TextTokenizer:
        """The tokeniser that cuts at this many tokens; prompts trained alike share it."""
        if limit not in self._tokenizers:
            self._tokenizers[limit] = TextTokenizer.load(self._tokenizer_file, max_tokens=limit)
        return self._tokenizers[limit]


def _alike(rows: Sequence[Row]) -> list[list[int]]:
    """Places of the rows whose prompts have the same shape."""
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        groups[row.prompt.soft.shape[0], row.prompt.prefix.shape[2]].append(place)
    return list(groups.values())


_opened: "WeakValueDictionary[tuple[Path, int], Frozen]" = WeakValueDictionary()
_opening = Lock()


def shared(home: Path, name: str, *, threads: int = 1) -> Frozen:
    """Give the encoder of that name, which is in memory once, however many prompts use it.

    Raises:
        BackendError: it is missing, changed or unreadable.
    """
    folder = encoders_dir(home) / name
    with _opening:
        frozen = _opened.get((folder, threads))
        if frozen is None:
            frozen = _opened[folder, threads] = Frozen.load(folder, threads=threads)
        return frozen
