"""Embeds texts with the retrieval encoder, and keeps the vectors in the home folder for the next time.

Vectors are kept under the hash of their text, never with the text, in one file for each encoder.
"""

import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from backends.bundle import CURRENT, read_pointer
from backends.contract import BackendError
from backends.encoder import Encoder, encoders_dir, load_current
from training.split import text_hash

Floats = npt.NDArray[np.float32]
KEPT = 50_000
"""Vectors kept of each encoder, the newest: about 40 MB."""
CHUNK = 512


def embed(
    texts: Sequence[str],
    home: Path,
    *,
    on_texts: Callable[[int, int], None] = lambda _done, _all: None,
) -> Floats:
    """Embed texts; the encoder is exported into the home folder if it is not there.

    Args:
        texts: any number.
        home: the `var/` folder.
        on_texts: told how many of the texts that were not known are done, of how many.

    Returns:
        float32 (n, dim), rows of length 1, in the order of `texts`.

    Raises:
        BackendError: no encoder is there, and none can be exported; or it failed.
    """
    encoder = _encoder(home)
    path = home / "embeddings" / f"{encoder.hash}.npz"
    known = _read(path, encoder.dim)
    keys = [text_hash(text) for text in texts]
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    if missing:
        known |= _encode(encoder, missing, on_texts)
        _write(path, known)
    if not texts:
        return np.zeros((0, encoder.dim), dtype=np.float32)
    vectors = np.stack([known[key] for key in keys]).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12))


def embed_anew(texts: Sequence[str], home: Path, *, threads: int = 1) -> Floats:
    """Embed texts without what is kept, so that the time it takes is what embedding them costs.

    Args:
        texts: any number.
        home: the `var/` folder.
        threads: cores to use.

    Returns:
        As `embed`, to which they are equal but for the rounding of 8-bit weights.

    Raises:
        BackendError: as `embed`.
    """
    encoder = _encoder(home, threads)
    if not texts:
        return np.zeros((0, encoder.dim), dtype=np.float32)
    found = _encode(encoder, dict(zip(map(text_hash, texts), texts, strict=True)), lambda _done, _all: None)
    vectors = np.stack([found[text_hash(text)] for text in texts]).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12))


def encoder_bytes(home: Path) -> int:
    """Size of the weights that `embed` and `embed_anew` hold in memory.

    Raises:
        BackendError: as `embed`.
    """
    return _encoder(home).size_bytes


def unknown(texts: Sequence[str], home: Path) -> int:
    """Count the texts that would have to be embedded; all of them when there is no encoder yet."""
    try:
        encoder = _current(home)
    except BackendError:
        return len(texts)
    known = _read(home / "embeddings" / f"{encoder.hash}.npz", encoder.dim)
    return sum(text_hash(text) not in known for text in texts)


def _encoder(home: Path, threads: int | None = None) -> Encoder:
    try:
        return _current(home, threads)
    except BackendError:
        _export(home)
        return _current(home, threads)


def _export(home: Path) -> None:
    try:
        from training.export import export_encoder  # brings torch
        from training.onnx_export import ExportError
        from training.pretrained import UnknownEncoder
    except ImportError as exc:
        raise BackendError(f"the encoder cannot be exported without the extra `train` ({exc})") from exc
    try:
        export_encoder(None, home)
    except (ExportError, UnknownEncoder, OSError) as exc:
        raise BackendError(f"the encoder cannot be exported: {exc}") from exc


def _current(home: Path, threads: int | None = None) -> Encoder:
    name = read_pointer(encoders_dir(home) / CURRENT)
    return _opened(home, name, threads or min(os.cpu_count() or 1, 8))


@lru_cache(maxsize=2)
def _opened(home: Path, name: str | None, threads: int) -> Encoder:
    """Stays open: verifying and reading the weights takes longer than embedding a hundred texts."""
    del name  # another name is another encoder
    return load_current(home, threads=threads)


def _encode(
    encoder: Encoder, missing: dict[str, str], on_texts: Callable[[int, int], None]
) -> dict[str, npt.NDArray[np.float16]]:
    """Embed in order of length, so that texts of a batch are about as long."""
    keys = sorted(missing, key=lambda key: len(missing[key]))
    found: dict[str, npt.NDArray[np.float16]] = {}
    for start in range(0, len(keys), CHUNK):
        chosen = keys[start : start + CHUNK]
        vectors = encoder.encode([missing[key] for key in chosen], batch=32).astype(np.float16)
        found.update(zip(chosen, vectors, strict=True))
        on_texts(start + len(chosen), len(keys))
    return found


def _read(path: Path, dim: int) -> dict[str, npt.NDArray[np.float16]]:
    """Read what is known; a damaged file is as good as none."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            keys, vectors = kept["keys"], kept["vectors"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return {}
    return dict(zip(map(str, keys), vectors, strict=True)) if vectors.shape == (len(keys), dim) else {}


def _write(path: Path, known: dict[str, npt.NDArray[np.float16]]) -> None:
    """Replace the file whole; a full disk costs the speed of the next run only."""
    newest = list(known.items())[-KEPT:]
    keys, vectors = np.array([key for key, _ in newest]), np.stack([vector for _, vector in newest])
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".draft-") as draft:
            np.savez(Path(draft) / path.name, keys=keys, vectors=vectors)
            (Path(draft) / path.name).replace(path)
