"""The article index: built on disk under its own hash, loaded whole into one immutable object.

`var/index/<hash>/` holds the passages, the full-text file and the vectors; the manifest is written last, so its
presence means the index is whole. It does not know how scores are combined.
"""

import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from backends.contract import BackendError
from backends.rag.articles import Article, hash_articles
from backends.rag.chunks import CHUNKER, Chunk, chunk_articles
from backends.rag.lexical import TOKENIZE, WEIGHTS, Lexical, Stemmer, write_lexical
from backends.rag.sentences import split_sentences, without_marker
from backends.rag.vocabulary import Vocabulary, vocabulary_of

FORMAT = 6
KEPT = 3
"""Finished indexes left on disk beside each other; older ones are removed after a build."""
MANIFEST = "manifest.json"
PARTS = ("passages", "sentences", "titles", "words")
"""What is embedded, each in a file of its own."""

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


class Encoder(Protocol):
    """What embeds: `backends.encoder.Encoder`, or a fake in tests."""

    @property
    def hash(self) -> str:
        """Names the weights; vectors of different hashes must not be compared."""
        ...

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, texts: Sequence[str], *, kind: Literal["query", "passage"] = ..., batch: int = ...) -> Floats:
        """Embed texts: float32 (n, dim), rows of length 1."""
        ...


class Sentences(NamedTuple):
    """The sentences of all passages, in order."""

    texts: tuple[str, ...]
    starts: Ints
    """int32 (passages + 1,): where each passage's sentences begin; every passage has one at least."""


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """Embeddings of an index, rows of length 1."""

    encoder: str
    """Hash of the encoder that made them."""
    passages: Floats
    """float32 (passages, dim)."""
    sentences: Floats
    """float32 (sentences, dim): each sentence behind its heading."""
    articles: Floats
    """float32 (articles, dim): the mean of an article's passages."""
    titles: Floats
    """float32 (articles, dim)."""


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """Everything a search reads. Immutable: a changed article means a new one."""

    hash: str
    chunks: tuple[Chunk, ...]
    lexical: Lexical
    sentences: Sentences
    owners: Ints
    """int32 (passages,): number of each passage's article."""
    vectors: Vectors | None
    """None without an encoder: BM25 alone then."""
    vocabulary: Vocabulary | None = None
    """The articles' words with their vectors; None without an encoder."""


def hash_index(articles: Sequence[Article], encoder: Encoder | None) -> str:
    """Name the index these articles and this encoder give."""
    recipe = json.dumps([FORMAT, CHUNKER, TOKENIZE, WEIGHTS, encoder.hash if encoder else None])
    return hashlib.sha256((recipe + hash_articles(articles)).encode()).hexdigest()[:16]


def build_index(
    articles: Sequence[Article], encoder: Encoder | None, root: Path, *, before: Index | None = None
) -> Index:
    """Load the index of these articles, writing it first if it is not there yet.

    Args:
        articles: at least none; an empty index finds nothing.
        encoder: embeds what is new; None builds for BM25 alone.
        root: `var/index`.
        before: an index whose vectors are taken over for texts that have not changed.

    Raises:
        BackendError: it cannot be written or read, or the encoder failed.
    """
    name = hash_index(articles, encoder)
    folder = root / name
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _locked(root):
            if not (folder / MANIFEST).is_file():
                _write(chunk_articles(articles), encoder, folder, before)
                _remove_old(root, keep=name)
        return load_index(folder, encoder)
    except (OSError, sqlite3.Error) as exc:
        raise BackendError(f"article index {folder}: {exc}") from exc


def load_index(folder: Path, encoder: Encoder | None) -> Index:
    """Load a finished index.

    Raises:
        BackendError: it is not whole, or was made with another encoder.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        lines = (folder / "chunks.jsonl").read_text(encoding="utf-8").rstrip("\n").split("\n")
        chunks = tuple(Chunk(**json.loads(line)) for line in lines if line)
        lexical = Lexical.load(folder / "search.db")
        vectors = _load_vectors(folder, manifest["encoder"], chunks) if encoder else None
        vocabulary = _load_vocabulary(folder, chunks) if encoder else None
    except (OSError, ValueError, KeyError, TypeError, sqlite3.Error) as exc:
        raise BackendError(f"article index {folder} is damaged ({exc}): remove it, it is built again") from exc
    if encoder is not None and manifest["encoder"] != encoder.hash:
        raise BackendError(f"article index {folder} was made with another encoder: remove it, it is built again")
    return Index(folder.name, chunks, lexical, sentences_of(chunks), _owners(chunks), vectors, vocabulary)


def assemble(chunks: Sequence[Chunk], encoder: Encoder | None, folder: Path) -> Index:
    """Index passages that come from elsewhere than articles, such as a benchmark's.

    Args:
        chunks: the passages.
        encoder: embeds them all; None for BM25 alone.
        folder: an empty folder for the files.

    Raises:
        BackendError: the encoder failed.
    """
    _write(tuple(chunks), encoder, folder, None)
    return load_index(folder, encoder)


def sentences_of(chunks: Sequence[Chunk]) -> Sentences:
    """Cut passages into sentences; each has one at least."""
    texts: list[str] = []
    starts = [0]
    for chunk in chunks:
        texts += [span.text for span in split_sentences(chunk.text)] or [chunk.title]
        starts.append(len(texts))
    return Sentences(tuple(texts), np.array(starts, dtype=np.int32))


def passage_text(chunk: Chunk) -> str:
    """Give the text of a passage that is embedded: its heading, unless it opens with it, and its words."""
    return chunk.text if chunk.text.startswith(chunk.heading) else f"{chunk.heading}. {chunk.text}"


def sentence_texts(chunks: Sequence[Chunk], sentences: Sentences) -> list[str]:
    """Give the texts of the sentences that are embedded: each behind its heading."""
    texts = []
    for number, chunk in enumerate(chunks):
        head = f"{chunk.heading or chunk.title}: "
        own = sentences.texts[sentences.starts[number] : sentences.starts[number + 1]]
        texts += [head + without_marker(sentence) for sentence in own]
    return texts


def _owners(chunks: Sequence[Chunk]) -> Ints:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(chunk.article_id, len(numbers)) for chunk in chunks], dtype=np.int32)


def _write(chunks: tuple[Chunk, ...], encoder: Encoder | None, folder: Path, before: Index | None) -> None:
    """Write all files into a folder beside, then rename it: nobody ever sees half an index."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".building-", dir=folder.parent))
    try:
        lines = [json.dumps(asdict(chunk), ensure_ascii=False) for chunk in chunks]
        (scratch / "chunks.jsonl").write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        write_lexical(scratch / "search.db", chunks)
        if encoder is not None:
            for part, vectors in zip(PARTS, _embed(chunks, encoder, before), strict=True):
                np.save(scratch / f"{part}.npy", vectors)
        manifest = {"format": FORMAT, "passages": len(chunks), "encoder": encoder.hash if encoder else None}
        (scratch / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(scratch, folder)  # noqa: PTH105 - replaces an empty folder too
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _texts(chunks: Sequence[Chunk], sentences: Sentences) -> tuple[list[str], ...]:
    """What is embedded, in the order of PARTS."""
    passages = [passage_text(chunk) for chunk in chunks]
    titles = {chunk.article_id: chunk.title for chunk in chunks}
    return passages, sentence_texts(chunks, sentences), list(titles.values()), vocabulary_of(chunks)


def _embed(chunks: Sequence[Chunk], encoder: Encoder, before: Index | None) -> list[Floats]:
    """Embed what `before` has not embedded already; arrays in the order of PARTS."""
    known = _known_vectors(before, encoder)
    wanted = _texts(chunks, sentences_of(chunks))
    new = list(dict.fromkeys(text for texts in wanted for text in texts if text not in known))
    known.update(zip(new, encoder.encode(new, kind="passage"), strict=True))
    empty = np.zeros((0, encoder.dim), dtype=np.float32)
    return [np.stack([known[text] for text in texts]) if texts else empty for texts in wanted]


def _known_vectors(index: Index | None, encoder: Encoder) -> dict[str, Floats]:
    if index is None or index.vectors is None or index.vectors.encoder != encoder.hash:
        return {}
    words = index.vocabulary.vectors if index.vocabulary else index.vectors.titles[:0]
    made = (index.vectors.passages, index.vectors.sentences, index.vectors.titles, words)
    known: dict[str, Floats] = {}
    for texts, vectors in zip(_texts(index.chunks, index.sentences), made, strict=True):
        known.update(zip(texts, vectors, strict=True))
    return known


def _load_vectors(folder: Path, encoder: str, chunks: Sequence[Chunk]) -> Vectors:
    passages, sentences, titles = (np.load(folder / f"{part}.npy", allow_pickle=False) for part in PARTS[:3])
    owners = _owners(chunks)
    articles = np.zeros((int(owners.max(initial=-1)) + 1, passages.shape[1]), dtype=np.float32)
    np.add.at(articles, owners, passages)
    articles /= np.maximum(np.linalg.norm(articles, axis=1, keepdims=True), 1e-9)
    return Vectors(encoder, passages, sentences, articles, titles)


def _load_vocabulary(folder: Path, chunks: Sequence[Chunk]) -> Vocabulary:
    stemmer = Stemmer()
    terms = tuple(next(iter(stemmer.terms(word)), word) for word in vocabulary_of(chunks))
    stemmer.close()
    return Vocabulary(terms, np.load(folder / "words.npy", allow_pickle=False))


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Let one process build at a time."""
    with (root / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _remove_old(root: Path, *, keep: str) -> None:
    finished = [path.parent for path in root.glob(f"*/{MANIFEST}") if path.parent.name != keep]
    finished.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for folder in finished[KEPT - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)
