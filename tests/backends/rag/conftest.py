"""An encoder without a model, and articles to search."""

import json
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import numpy.typing as npt
import pytest

from backends.contract import Place
from backends.rag.articles import Article
from backends.rag.breaker import Breaker
from backends.rag.library import Library
from backends.rag.llm import FixedEndpoint, Llm
from backends.rag.settings import RagSettings
from backends.rag.tokens import stem
from backends.rag.vocabulary import words_of

EXPRESS = """
Express brings your parcel on the next working day.

## Price and deadline

Express delivery costs 12.90 EUR per order. Express is never free, not even for large orders. Choose Express before
13:00 and the parcel arrives on the next working day.

## Where it is available

Express delivery is available in Austria and Germany only. There is no express delivery on Saturdays.
"""
RETURNS = """
## How long

You can return goods within 60 days of delivery. Returned goods must be unused.

## Start a return

1. Open your account and choose the order.
2. Press the button for a return.
3. Print the label.

## What is excluded

These goods cannot be returned:

- Ropes, harnesses and helmets once opened.
- Opened food.
"""
WARRANTY = """
Every new product has a statutory warranty of 2 years. Wear and misuse are not covered.

## Claims

Send photos of the fault and the proof of purchase. We answer within 3 working days.
"""


class WordEncoder:
    """Embeds a text as the bag of its stems, hashed: near when words are shared."""

    hash = "words-1"
    dim = 256

    def __init__(self) -> None:
        self.seen: list[str] = []
        """Every text embedded, in order."""

    def encode(self, texts: Sequence[str], *, kind: str = "passage", batch: int = 16) -> npt.NDArray[np.float32]:
        """Embed texts: float32 (n, 256), rows of length 1."""
        self.seen += texts
        vectors = np.full((len(texts), self.dim), 1e-4, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in words_of(text):
                vectors[row, zlib.crc32(stem(word).encode()) % self.dim] += 1
        unit: npt.NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


@pytest.fixture
def encoder() -> WordEncoder:
    """An encoder that needs no model."""
    return WordEncoder()


@pytest.fixture
def articles() -> tuple[Article, ...]:
    """Three small help articles."""
    return (
        Article("express", "Express delivery", "/help/express", "2026-01-01", EXPRESS),
        Article("returns", "Return policy", "/help/returns", "2026-01-01", RETURNS),
        Article("warranty", "Warranty", "/help/warranty", "2026-01-01", WARRANTY),
    )


@pytest.fixture
def bot(tmp_path: Path, articles: Sequence[Article]) -> Path:
    """A bot folder with the three articles."""
    folder = tmp_path / "bot" / "articles"
    folder.mkdir(parents=True)
    for article in articles:
        head = f"---\ntitle: {article.title}\nurl: {article.url}\nupdated: {article.updated}\n---\n"
        (folder / f"{article.id}.md").write_text(head + article.body, encoding="utf-8")
    return folder.parent


@pytest.fixture
def place(bot: Path, tmp_path: Path) -> Place:
    """Where a backend of that bot finds its files."""
    return Place(bot, tmp_path / "var", serves=False)


class Clock:
    """Time that passes when told to."""

    now = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock to move by hand."""
    return Clock()


@pytest.fixture
def library(place: Place, encoder: WordEncoder, clock: Clock) -> Library:
    """The three articles, indexed."""
    return Library(place, load_encoder=lambda _home: encoder, clock=clock)


def as_stream(pieces: Sequence[str], usage: dict[str, int] | None = None) -> bytes:
    """Write chat-completion chunks as an endpoint streams them."""
    chunks: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]} for piece in pieces
    ]
    chunks.append({"choices": [], "usage": usage} if usage else {"choices": []})
    common = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    lines = [f"data: {json.dumps({**common, **chunk})}\n\n" for chunk in chunks]
    return "".join([*lines, "data: [DONE]\n\n"]).encode()


class Endpoint:
    """A chat endpoint in memory; answers what `say` was given, in order, the last one for ever."""

    def __init__(self) -> None:
        self.answers: list[httpx2.Response | Exception | Callable[[], httpx2.Response]] = []
        self.requests: list[dict[str, Any]] = []

    def say(self, *pieces: str, usage: dict[str, int] | None = None) -> None:
        """Answer with these pieces."""
        self.answers.append(lambda: httpx2.Response(200, content=as_stream(pieces, usage), headers=EVENTS))

    def fail(self, problem: Exception | int) -> None:
        """Answer with an HTTP status, or fail as the network does."""
        body = {"error": {"message": "no"}}
        self.answers.append(
            problem if isinstance(problem, Exception) else lambda: httpx2.Response(int(str(problem)), json=body)
        )

    async def handle(self, request: httpx2.Request) -> httpx2.Response:
        """Serve one request."""
        self.requests.append(json.loads(request.content))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer


EVENTS = {"content-type": "text/event-stream"}


@pytest.fixture
def endpoint() -> Endpoint:
    """An endpoint that says what it is told."""
    return Endpoint()


@pytest.fixture
def make_llm(endpoint: Endpoint, clock: Clock) -> Callable[..., Llm]:
    """Builds a client of that endpoint: `make_llm(retries=0, …)`; its waits take no time."""

    async def no_wait(_seconds: float) -> None:
        return None

    def build(**settings: Any) -> Llm:
        chosen = RagSettings(**{"deadline_s": 2.0, **settings})
        breaker = Breaker(chosen.breaker_failures, chosen.breaker_open_s, clock=clock)
        transport = httpx2.MockTransport(endpoint.handle)
        return Llm(
            chosen, FixedEndpoint("http://llm.test/v1", "k"), breaker=breaker, sleep=no_wait, transport=transport
        )

    return build


class Shown:
    """An `emit` that remembers."""

    def __init__(self) -> None:
        self.pieces: list[str] = []

    async def __call__(self, piece: str) -> None:
        """Show a piece."""
        self.pieces.append(piece)


@pytest.fixture
def shown() -> Shown:
    """What the customer saw."""
    return Shown()


@pytest.fixture
def stream_of() -> Callable[..., bytes]:
    """Writes what an endpoint streams: `stream_of("a", "b")`."""
    return lambda *pieces: as_stream(pieces)
