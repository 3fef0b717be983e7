"""How customers ask for what the articles say: the bot's own training utterances, linked to articles by intent.

An intent is linked to the articles that most of its utterances find; an utterance near to a question then speaks for
them. Nothing is learnt from tests: only `nlu/` of the bot folder is read. It does not know replies or flows.
"""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import yaml

from backends.rag.index import Encoder, Index
from backends.rag.relevance import relevance
from backends.rag.retriever import Asked, Retriever

Floats = npt.NDArray[np.float32]

NLU = "nlu"
LINKS = 2
"""Version of this file's result."""
MIN_SHARE = 0.15
"""Share of an intent's utterances that must find an article for the two to be linked."""
MIN_RELEVANCE = 0.3
MAX_UTTERANCES = 5000
_ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


class Utterance(NamedTuple):
    """A training example."""

    intent: str
    text: str


def read_utterances(bot: Path) -> list[Utterance]:
    """Read the examples of `nlu/*.yml`; files that cannot be read are left to `switchboard check`."""
    found: list[Utterance] = []
    for path in sorted((bot / NLU).glob("*.y*ml")):
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError):
            continue
        for entry in document.get("nlu") or () if isinstance(document, Mapping) else ():
            if isinstance(entry, Mapping) and isinstance(entry.get("examples"), str):
                lines = (line.strip() for line in entry["examples"].splitlines())
                texts = (_ENTITY.sub(r"\1", line[1:]).strip() for line in lines if line.startswith("-"))
                found += [Utterance(str(entry.get("intent")), text) for text in texts if text]
    return found[:MAX_UTTERANCES]


def load_asked(bot: Path, folder: Path, index: Index, encoder: Encoder) -> Asked | None:
    """Link the bot's utterances to its articles, or read the links made before.

    Args:
        bot: the bot folder.
        folder: of the index; the links are kept there.
        index: the articles.
        encoder: embeds the utterances; the one the index was made with.

    Raises:
        OSError: the links cannot be written.
        BackendError: the encoder failed.
    """
    utterances = read_utterances(bot)
    if not utterances or not index.chunks:
        return None
    name = hashlib.sha256(json.dumps([LINKS, MIN_SHARE, utterances]).encode()).hexdigest()[:12]
    path = folder / f"asked-{name}.npz"
    try:
        with np.load(path, allow_pickle=False) as kept:
            texts = tuple(utterances[row].text for row in kept["rows"])
            return Asked(kept["vectors"], kept["articles"], texts)
    except (OSError, ValueError, KeyError, IndexError):
        rows, asked = link(utterances, index, encoder)
    scratch = path.with_name(f".{path.name}.{id(asked)}")
    with scratch.open("wb") as file:
        np.savez(file, vectors=asked.vectors, articles=asked.articles, rows=np.array(rows, dtype=np.int32))
    scratch.replace(path)
    return asked


def link(utterances: Sequence[Utterance], index: Index, encoder: Encoder) -> tuple[list[int], Asked]:
    """Let each utterance search, and link it to the article it finds if enough of its intent find that one too.

    One that finds another article is linked to all that its intent finds often.

    Returns:
        Number of the utterance of each link, and the links.
    """
    vectors = encoder.encode([utterance.text for utterance in utterances], kind="query")
    found = _search(utterances, vectors, index, encoder)
    n = Counter(utterance.intent for utterance in utterances)
    votes = Counter((utterance.intent, article) for utterance, article in zip(utterances, found, strict=True))
    often = defaultdict(list)
    for (intent, article), count in votes.items():
        if article is not None and count >= MIN_SHARE * n[intent]:
            often[intent].append(article)
    rows, articles = [], []
    for number, (utterance, own) in enumerate(zip(utterances, found, strict=True)):
        linked = often[utterance.intent]
        for article in [own] if own in linked else linked:
            rows.append(number)
            articles.append(article)
    texts = tuple(utterances[row].text for row in rows)
    return rows, Asked(vectors[rows], np.array(articles, dtype=np.int32), texts)


def _search(utterances: Sequence[Utterance], vectors: Floats, index: Index, encoder: Encoder) -> list[int | None]:
    """Number of the article each utterance finds first; None where it is not relevant."""
    retriever = Retriever(index, encoder)
    found: list[int | None] = []
    for utterance, vector in zip(utterances, vectors, strict=True):
        query = retriever.with_vector(utterance.text, vector)
        hits = retriever.search(query, k=1)
        is_relevant = relevance(index, query, hits) >= MIN_RELEVANCE
        found.append(int(index.owners[hits[0].number]) if is_relevant else None)
    return found
