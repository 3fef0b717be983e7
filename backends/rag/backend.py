"""The `rag` backend: finds passages, lets a language model answer from them, shows only what they support."""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backends.contract import (
    Abstain,
    Backend,
    BackendError,
    Citation,
    Emit,
    Place,
    Provenance,
    Reason,
    Reply,
    Status,
    Turn,
    Usage,
)
from backends.rag.adapter import Adapter, find_adapter
from backends.rag.answer import Request, Shown, write_answer
from backends.rag.breaker import State
from backends.rag.extract import Extract, extract, sentence_scores
from backends.rag.follow_up import is_follow_up
from backends.rag.grounding import Source
from backends.rag.injection import without_instructions
from backends.rag.library import Library, Shelf
from backends.rag.llm import Endpoint, FixedEndpoint, Llm
from backends.rag.local_llm import EmbeddedEndpoint, Model, missing, weights
from backends.rag.prompt import Prompt, build_prompt, hash_prompt, load_template
from backends.rag.relevance import confidence
from backends.rag.retriever import Hit, Query
from backends.rag.settings import RagSettings
from backends.rag.tuned import resolve

SEARCHED = 10
"""Passages a search returns; the first few are used."""
NO_ADAPTER = Adapter()
_AFTER_SENTENCE = re.compile(r"[.!?]\s+(?=\w)")
"""Chat has no capitals to tell a full stop by."""
MAX_ENDINGS = 3
"""Endings of a message of several sentences that are searched for beside the whole."""
NEAR_SHARE = 0.85
"""A generated sentence must rest on one that scores this share of the passages' best, or it is beside the question."""


@dataclass(slots=True)
class _Work:
    """One turn under way."""

    shelf: Shelf
    query: Query
    hits: list[Hit]
    quote: Extract | None
    """What would be quoted; None when no sentence may be."""
    confidence: float
    """Probability that its article is the right one."""
    stages_ms: dict[str, float] = field(default_factory=dict)


class _Nearness:
    """Tells whether a quote is about the question, by the scores a quoted answer is chosen by."""

    def __init__(self, work: _Work, shown: int) -> None:
        index = work.shelf.index
        self._scores: dict[tuple[int, str], float] = {}
        for number, hit in enumerate(work.hits[:shown]):
            own = slice(index.sentences.starts[hit.number], index.sentences.starts[hit.number + 1])
            scores = sentence_scores(index, work.query, hit)
            self._scores.update(
                {(number, text): float(s) for text, s in zip(index.sentences.texts[own], scores, strict=True)}
            )
        self._least = NEAR_SHARE * max(self._scores.values(), default=0.0)

    def is_relevant(self, source: int, quote: str) -> bool:
        """Look for the quote's sentences among those of its passage."""
        near = [score for (number, text), score in self._scores.items() if number == source and text in quote]
        return max(near, default=0.0) >= self._least


class Rag:
    """Answers from the help articles, in generated or quoted sentences, or abstains."""

    name = "rag"

    def __init__(
        self,
        settings: RagSettings,
        library: Library,
        llm: Llm | None,
        *,
        no_llm: str = "",
        adapter: Adapter = NO_ADAPTER,
    ) -> None:
        """Put together; `no_llm` says why there is no language model when one was wanted."""
        self._settings = settings
        self._library = library
        self._llm = llm
        self._no_llm = no_llm
        self._adapter = adapter
        is_small = settings.base_url is None and not adapter.reads_question
        self._template = load_template(settings.shop_name, is_small=is_small)
        self._prompt_hash = hash_prompt(self._template, "+".join(filter(None, (settings.model, adapter.id))))

    async def reply(self, turn: Turn, emit: Emit) -> Reply | Abstain:
        """Answer from the articles; the question of an open flow stays open.

        Raises:
            BackendError: the encoder failed.
        """
        if turn.language.split("-")[0].lower() not in self._settings.languages:
            return Abstain(Reason.UNSUPPORTED_LANGUAGE, detail=turn.language)
        shelf = self._library.current()
        work = await asyncio.to_thread(self._search, shelf, turn)
        if work.confidence < self._settings.min_confidence:
            return self._abstain(work, Reason.NO_ARTICLES, f"confidence {work.confidence:.2f}")
        shown, usage = await self._generate(turn, work, emit)
        if shown:
            return self._generated(work, shown, usage)
        if work.quote is None:
            return self._abstain(work, Reason.UNGROUNDED, "no sentence may be quoted")
        return await self._extractive(work, work.quote, usage, emit)

    def status(self) -> Status:
        """Tell from memory how search and language model are doing."""
        problems = [str(problem) for problem in self._library.problems[:3]]
        if self._library.warning:
            problems.append(self._library.warning)
        if self._settings.generate:
            if self._llm is None:
                problems.append(f"answering extractively: {self._no_llm}")
            elif self._adapter.problem:
                problems.append(f"answering with the plain model: {self._adapter.problem}")
            if self._llm is not None and self._llm.last_error:
                state = "" if self._llm.state is State.CLOSED else f" (breaker {self._llm.state})"
                problems.append(f"answering extractively{state}: {self._llm.last_error}")
        if not self._library.shelf.index.chunks:
            return Status("down", "; ".join(problems))
        return Status("degraded" if problems else "ok", "; ".join(problems))

    async def aclose(self) -> None:
        """Close the connections and end the embedded model if it is ours."""
        await self._library.aclose()
        if self._llm is not None:
            await self._llm.aclose()

    def _search(self, shelf: Shelf, turn: Turn) -> _Work:
        """Search for the message, and without its first sentences: the surest counts."""
        works = [self._search_for(shelf, turn, text) for text in _endings(turn.text)]
        best = max(works, key=lambda work: work.confidence)
        for stage in ("encode", "retrieve"):
            best.stages_ms[stage] = sum(work.stages_ms[stage] for work in works)
        return best

    def _search_for(self, shelf: Shelf, turn: Turn, text: str) -> _Work:
        start = time.perf_counter()
        query = shelf.retriever.query(text, turn.history if is_follow_up(text) else ())
        encoded = time.perf_counter()
        hits = shelf.retriever.search(query, k=SEARCHED)
        quote = extract(shelf.index, query, hits)
        about = confidence(shelf.index, query, hits, quote.hit if quote else hits[0]) if hits else 0.0
        done = time.perf_counter()
        stages = {"encode": (encoded - start) * 1e3, "retrieve": (done - encoded) * 1e3}
        return _Work(shelf, query, hits, quote, about, stages)

    async def _generate(self, turn: Turn, work: _Work, emit: Emit) -> tuple[list[Shown], Usage]:
        """Let the model write; nothing shown when there is none, it fails, or it says what passages do not."""
        if self._llm is None or not self._settings.generate:
            return [], Usage()
        sources = [_source(hit) for hit in work.hits[: self._settings.top_k]]
        prompt = self._prompt(turn, sources)
        near = _Nearness(work, prompt.shown)
        request = Request(prompt, sources[: prompt.shown], turn.text, near.is_relevant)
        answer = await write_answer(self._llm, request, emit, self._settings.deadline_s)
        if answer.first_token_s is not None:
            work.stages_ms["first_token"] = answer.first_token_s * 1e3
        work.stages_ms["generate"] = answer.took_s * 1e3
        return answer.shown, answer.usage

    def _prompt(self, turn: Turn, sources: list[Source]) -> Prompt:
        earlier = next((m.text for m in reversed(turn.history) if m.role == "customer"), "")
        return build_prompt(self._template, sources, turn.text, earlier)

    def _generated(self, work: _Work, shown: list[Shown], usage: Usage) -> Reply:
        quotes: dict[int, list[str]] = {}
        for sentence in shown:
            quotes.setdefault(sentence.source, []).append(sentence.quote)
        citations = tuple(_cite(work.hits[number], " ".join(dict.fromkeys(parts))) for number, parts in quotes.items())
        text = " ".join(sentence.text for sentence in shown)
        return self._reply(work, text, citations, usage, "generated")

    async def _extractive(self, work: _Work, found: Extract, usage: Usage, emit: Emit) -> Reply:
        lead = self._settings.extractive_lead.replace("{title}", found.hit.chunk.title)
        text = f"{lead}\n{found.text}" if lead else found.text
        for line in text.splitlines(keepends=True):
            await emit(line)
        return self._reply(work, text, (_cite(found.hit, found.text),), usage, "extractive")

    def _reply(self, work: _Work, text: str, citations: tuple[Citation, ...], usage: Usage, mode: str) -> Reply:
        return Reply(
            text,
            confidence=round(work.confidence, 4),
            citations=citations,
            usage=usage,
            provenance=self._provenance(work, mode),
            stages_ms=work.stages_ms,
        )

    def _abstain(self, work: _Work, reason: Reason, detail: str) -> Abstain:
        return Abstain(
            reason,
            confidence=round(work.confidence, 4),
            detail=detail,
            provenance=self._provenance(work, None),
            stages_ms=work.stages_ms,
        )

    def _provenance(self, work: _Work, mode: str | None) -> Provenance:
        prompt_hash = self._prompt_hash if self._llm is not None else None
        return Provenance(prompt_hash=prompt_hash, index_hash=work.shelf.index.hash, mode=mode)


def load(settings: Mapping[str, Any], place: Place) -> Backend:
    """Build from `[backends.rag]`.

    Raises:
        ValueError: a setting is wrong.
        BackendError: the article index can be neither read nor written.
    """
    section, untuned = _tuned(RagSettings.model_validate(settings), place)
    library = Library(place, dense_weight=section.dense_weight)
    is_embedded = section.generate and section.base_url is None
    adapter = find_adapter(place.home, section.lora, weights()) if is_embedded else NO_ADAPTER
    endpoint, why = (None, untuned) if untuned else _endpoint(section, place, adapter)
    return Rag(section, library, Llm(section, endpoint) if endpoint else None, no_llm=why, adapter=adapter)


def _tuned(settings: RagSettings, place: Place) -> tuple[RagSettings, str]:
    """Put the endpoint's name of a fine-tuned model in, or say why there is none yet."""
    try:
        return settings.model_copy(update={"model": resolve(place.home, settings.model)}), ""
    except BackendError as exc:
        return settings, str(exc) if settings.generate else ""


def _endpoint(settings: RagSettings, place: Place, adapter: Adapter) -> tuple[Endpoint | None, str]:
    """Choose where the language model is, or say why there is none."""
    if not settings.generate:
        return None, ""
    if settings.base_url is not None:
        key = settings.api_key.get_secret_value() if settings.api_key else ""
        return FixedEndpoint(settings.base_url, key), ""
    why = missing()
    if why:
        return None, why
    endpoint = EmbeddedEndpoint(place.home, threads=settings.local_threads, model=Model(adapter.file))
    if place.serves:
        endpoint.start_soon()
    return endpoint, ""


def _endings(text: str) -> list[str]:
    """The message, and what is left of it without its first sentences: people talk before they ask."""
    starts = [match.end() for match in _AFTER_SENTENCE.finditer(text)]
    return [text, *(text[start:] for start in starts[-MAX_ENDINGS:])]


def _source(hit: Hit) -> Source:
    return Source(hit.chunk.title, hit.chunk.heading, without_instructions(hit.chunk.text))


def _cite(hit: Hit, quote: str) -> Citation:
    return Citation(hit.chunk.title, hit.chunk.url, hit.chunk.article_id, quote)
