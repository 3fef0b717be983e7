"""Keeps the articles' index up to date while a server runs: looks, rebuilds beside, swaps one object.

A search always sees one whole shelf. It does not know turns or models.
"""

import asyncio
import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from backends.bundle import CURRENT, read_pointer
from backends.contract import BackendError, Place
from backends.encoder import encoders_dir, load_current
from backends.rag.articles import Article, Problem, article_paths, read_articles
from backends.rag.asked import NLU, load_asked
from backends.rag.fit import Fit, fit_dense_weight
from backends.rag.index import Encoder, Index, build_index
from backends.rag.lexical import Stemmer
from backends.rag.retriever import Asked, Retriever

logger = logging.getLogger(__name__)

CHECK_EVERY_S = 1.0
ARTICLES, INDEX = "articles", "index"

Fingerprint = tuple[tuple[str, int, int], ...]
LoadEncoder = Callable[[Path], Encoder]


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """An index ready to be searched. Immutable."""

    index: Index
    retriever: Retriever
    fit: Fit


class Loaded(NamedTuple):
    """The result of looking at the bot folder once."""

    shelf: Shelf
    problems: tuple[Problem, ...]
    warning: str
    """What keeps the search from being at its best, or empty."""


class Library:
    """The current shelf of one bot folder."""

    def __init__(
        self,
        place: Place,
        *,
        dense_weight: float | None = None,
        load_encoder: LoadEncoder = load_current,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Build or load the index at once; blocks.

        Raises:
            BackendError: the index can be neither read nor written.
        """
        self._place = place
        self._dense_weight = dense_weight
        self._load_encoder = load_encoder
        self._clock = clock
        self._stemmer = Stemmer()
        self._encoder: Encoder | None = None
        self._encoder_name: str | None = None
        self._building = threading.Lock()
        self._task: asyncio.Task[None] | None = None
        self._seen = self._fingerprint()
        self._checked_at = clock()
        loaded = self._load(None)
        self.shelf = loaded.shelf
        self.problems = loaded.problems
        self.warning = loaded.warning

    def current(self) -> Shelf:
        """Give the shelf to search now; starts a rebuild in the background when an article has changed.

        The folder is looked at once a second at most. Call it on the event loop.
        """
        now = self._clock()
        if now - self._checked_at >= CHECK_EVERY_S and (self._task is None or self._task.done()):
            self._checked_at = now
            seen = self._fingerprint()
            if seen != self._seen:
                self._seen = seen
                self._task = asyncio.get_running_loop().create_task(asyncio.to_thread(self.refresh))
        return self.shelf

    def refresh(self) -> None:
        """Read the articles again and swap the shelf; with a broken article the old one stays. Blocks."""
        with self._building:
            try:
                loaded = self._load(self.shelf)
            except BackendError as exc:
                logger.warning("article index", extra={"event": "index_failed", "error": str(exc)})
                self.warning = str(exc)
                return
            self.shelf, self.problems, self.warning = loaded
            logger.info("article index", extra={"event": "index_ready", "index": self.shelf.index.hash})

    async def settled(self) -> Shelf:
        """Wait for a rebuild that is under way, then give the shelf."""
        if self._task is not None:
            await self._task
        return self.shelf

    async def aclose(self) -> None:
        """Let a rebuild finish."""
        await self.settled()

    def _load(self, before: Shelf | None) -> Loaded:
        reading = read_articles(self._place.bot / ARTICLES)
        if before is not None and reading.problems:
            return Loaded(before, reading.problems, "the articles as they were before are in use")
        warning = "" if reading.articles else f"no articles in {self._place.bot / ARTICLES}"
        try:
            encoder = self._encoder_now()
        except (BackendError, OSError) as exc:
            encoder, warning = None, f"search by words only: {exc}"
        return Loaded(self._shelve(reading.articles, encoder, before), reading.problems, warning)

    def _encoder_now(self) -> Encoder:
        """Open the current encoder, unless it is the one that is open."""
        name = read_pointer(encoders_dir(self._place.home) / CURRENT)
        if self._encoder is None or name != self._encoder_name:
            self._encoder, self._encoder_name = self._load_encoder(self._place.home), name
        return self._encoder

    def _shelve(self, articles: Sequence[Article], encoder: Encoder | None, before: Shelf | None) -> Shelf:
        root = self._place.home / INDEX
        index = build_index(articles, encoder, root, before=before.index if before else None)
        asked = self._asked(root / index.hash, index, encoder)
        links = hashlib.sha256("\n".join(asked.texts).encode()).hexdigest()[:12] if asked else "own"
        fit = _fitted(root / index.hash / f"fit-{links}.json", index, self._stemmer, asked)
        weight = fit.dense_weight if self._dense_weight is None else self._dense_weight
        retriever = Retriever(index, encoder, dense_weight=weight, stemmer=self._stemmer, asked=asked)
        return Shelf(index, retriever, fit)

    def _asked(self, folder: Path, index: Index, encoder: Encoder | None) -> Asked | None:
        try:
            return load_asked(self._place.bot, folder, index, encoder) if encoder else None
        except OSError as exc:
            raise BackendError(f"article index {folder}: {exc}") from exc

    def _fingerprint(self) -> Fingerprint:
        """What tells a change: names, times and sizes of articles, utterances and the encoder's pointer."""
        marks = []
        bot, pointer = self._place.bot, encoders_dir(self._place.home) / CURRENT
        for path in (*article_paths(bot / ARTICLES), *sorted((bot / NLU).glob("*.y*ml")), pointer):
            try:
                stat = path.stat()
            except OSError:
                continue
            marks.append((str(path), stat.st_mtime_ns, stat.st_size))
        return tuple(marks)


def _fitted(path: Path, index: Index, stemmer: Stemmer, asked: Asked | None) -> Fit:
    """Read the fit beside an index, or work it out and write it there."""
    try:
        return Fit(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        fit = fit_dense_weight(index, stemmer, asked)
    try:
        scratch = path.with_suffix(f".{threading.get_ident()}.tmp")
        scratch.write_text(json.dumps(fit._asdict()), encoding="utf-8")
        scratch.replace(path)
    except OSError as exc:
        raise BackendError(f"article index {path.parent}: {exc}") from exc
    return fit
