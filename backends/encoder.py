"""Texts to vectors without torch: a tokeniser, an ONNX session and the retrieval encoder made of them.

It does not know where texts come from nor what the vectors are for. Errors of both libraries leave as
`BackendError`.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors
from tokenizers import Tokenizer

from backends.bundle import CURRENT, DamagedBundle, read_pointer, verify
from backends.contract import BackendError

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

FOREIGN: tuple[type[Exception], ...] = (
    OSError,
    ValueError,
    *(error for error in vars(ort_errors).values() if isinstance(error, type) and issubclass(error, Exception)),
)
"""What tokenizers and ONNX Runtime raise: the latter's errors have no common base."""


@contextmanager
def foreign_errors(what: str) -> Iterator[None]:
    """Turn what tokenizers and ONNX Runtime raise into `BackendError`; anything else is a bug and passes."""
    try:
        yield
    except FOREIGN as exc:
        raise BackendError(f"{what}: {exc}") from exc


class TextTokenizer:
    """A `tokenizer.json` that gives padded token ids; thread-safe once built."""

    def __init__(self, tokenizer: Tokenizer, *, max_tokens: int) -> None:
        """Cut texts at `max_tokens`, special tokens included; the padding id is the file's own."""
        self._tokenizer = tokenizer
        self._pad_id = int((tokenizer.padding or {}).get("pad_id", 0))
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_tokens)

    @classmethod
    def load(cls, path: Path, *, max_tokens: int) -> Self:
        """Read a `tokenizer.json`.

        Raises:
            BackendError: the file is missing or not a tokeniser.
        """
        with foreign_errors(str(path)):
            buffer = path.read_bytes()
            json.loads(buffer)
            return cls(Tokenizer.from_buffer(buffer), max_tokens=max_tokens)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, unpadded, special tokens included."""
        if len(texts) == 1:
            return [self._tokenizer.encode(texts[0]).ids]
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]

    def pad(self, rows: Sequence[Sequence[int]]) -> dict[str, Ints]:
        """Pad rows to the longest: `input_ids` and `attention_mask`, both int64 (n, longest)."""
        if len(rows) == 1:
            row = np.array([rows[0]], dtype=np.int64)
            return {"input_ids": row, "attention_mask": np.ones_like(row)}
        longest = max(map(len, rows))
        lengths = np.array([len(row) for row in rows])
        mask = np.arange(longest)[None, :] < lengths[:, None]
        ids = np.full((len(rows), longest), self._pad_id, dtype=np.int64)
        ids[mask] = [token for row in rows for token in row]
        return {"input_ids": ids, "attention_mask": mask.astype(np.int64)}


def open_session(path: Path, *, threads: int = 1) -> ort.InferenceSession:
    """Open an ONNX model on the CPU.

    Args:
        path: the `.onnx` file.
        threads: cores one call may use; with 1 the caller's own thread does the work.

    Raises:
        BackendError: the file is missing or no model.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    with foreign_errors(str(path)):
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


@dataclass(frozen=True, slots=True)
class Encoder:
    """A retrieval encoder: texts in, unit vectors out. Thread-safe."""

    hash: str
    """Names the weights and the way they are used; vectors of different hashes must not be compared."""
    dim: int
    prefixes: dict[str, str]
    """What the model wants before a `query` or a `passage`; empty for most."""
    _tokenizer: TextTokenizer
    _session: Any
    size_bytes: int = 0
    """Of the weights."""

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
            tokenizer = TextTokenizer.load(folder / "tokenizer.json", max_tokens=settings["max_tokens"])
            weights, prefixes = folder / "model.onnx", dict(settings["prefixes"])
            session, size = open_session(weights, threads=threads), weights.stat().st_size
            return cls(settings["hash"], settings["dim"], prefixes, tokenizer, session, size)
        except KeyError as exc:
            raise BackendError(f"{path}: no key {exc}; run `switchboard train` to write the encoder again") from exc

    def encode(self, texts: Sequence[str], *, kind: Literal["query", "passage"] = "passage", batch: int = 16) -> Floats:
        """Embed texts.

        Args:
            texts: any number, none included; long ones are cut at the model's limit.
            kind: which prefix to put before each text, for models that want one.
            batch: texts a call of the model; they are sorted by length first, so padding is small.

        Returns:
            float32 (n, dim), rows of length 1, in the order of `texts`.

        Raises:
            BackendError: the model failed.
        """
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        if not texts:
            return vectors
        prefix = self.prefixes.get(kind, "")
        with foreign_errors(f"encoder {self.hash}"):
            rows = self._tokenizer.ids([prefix + text for text in texts] if prefix else texts)
            order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
            for start in range(0, len(order), batch):
                chosen = order[start : start + batch]
                feed = self._tokenizer.pad([rows[i] for i in chosen])
                vectors[chosen] = self._session.run(["embedding"], feed)[0]
        return vectors

    def feed(self, texts: Sequence[str]) -> dict[str, Ints]:
        """What the model gets for these texts as one batch: `input_ids`, `attention_mask` (n, longest)."""
        return self._tokenizer.pad(self._tokenizer.ids(texts))


def encoders_dir(home: Path) -> Path:
    """Tell where the retrieval encoders of a home folder are."""
    return home / "encoders"


def load_current(home: Path, *, threads: int = 1) -> Encoder:
    """Open the retrieval encoder that `train` exported last.

    Raises:
        BackendError: there is none, or it is damaged.
    """
    root = encoders_dir(home)
    name = read_pointer(root / CURRENT)
    if name is None:
        raise BackendError(f"{root}: no retrieval encoder yet; run `switchboard train` once to export it")
    try:
        return Encoder.load(root / name, threads=threads)
    except DamagedBundle as exc:
        raise BackendError(f"{exc}; run `switchboard train` to export the encoder again") from exc
