"""Turns a stream of tokens into checked sentences: each is shown only once the passages support it.

The first sentence they do not support ends the generation. It does not know retrieval, replies or the wire.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import NamedTuple

from backends.contract import Emit, Usage
from backends.rag.grounding import Grounding, Source, clean
from backends.rag.llm import Generation, Llm, LlmError
from backends.rag.prompt import NO_ANSWER, Prompt
from backends.rag.sentences import SentenceStream

logger = logging.getLogger(__name__)

MAX_SENTENCES = 4


class Shown(NamedTuple):
    """A sentence the customer saw, and what it rests on."""

    text: str
    source: int
    quote: str


@dataclass(slots=True)
class Answer:
    """What came of a generation."""

    shown: list[Shown] = field(default_factory=list)
    usage: Usage = Usage()
    first_token_s: float | None = None
    took_s: float = 0.0
    stopped: str = ""
    """Why it ended before its end: `llm:…`, `no_answer`, `enough`, or what was wrong with a sentence; else empty."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask, and what the answer is held against."""

    prompt: Prompt
    sources: Sequence[Source]
    """The passages of the prompt, in its order."""
    question: str
    """What the customer wrote; words of it need not be repeated."""
    is_relevant: Callable[[int, str], bool]
    """Tells whether a quote of a passage (its number, the quote) is about the question."""


async def write_answer(llm: Llm, request: Request, emit: Emit, deadline_s: float) -> Answer:
    """Generate, check sentence by sentence, and show what passes.

    Args:
        llm: where to ask.
        request: what to ask.
        emit: shows a sentence.
        deadline_s: seconds for all of it, waiting for a slot included.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()
    answer = Answer()
    generation = Generation(request.prompt)
    gate = _Gate(request, answer)
    stream = SentenceStream()
    try:
        async with aclosing(llm.stream(generation, deadline_at=start + deadline_s)) as pieces:
            async for piece in pieces:
                await gate.show(stream.feed(piece), emit)
                if answer.stopped:
                    break
            else:
                await gate.show([stream.flush()], emit)
    except LlmError as exc:
        answer.stopped = f"llm:{exc.code}"
        logger.info("no answer from the language model", extra={"event": "llm_failed", "outcome": exc.code})
    answer.usage = llm.cost_of(generation)
    answer.first_token_s = generation.first_token_s
    answer.took_s = loop.time() - start
    return answer


class _Gate:
    """Lets sentences through while they are supported."""

    def __init__(self, request: Request, answer: Answer) -> None:
        self._grounding = Grounding(request.sources, request.question)
        self._is_relevant = request.is_relevant
        self._answer = answer

    async def show(self, sentences: Sequence[str], emit: Emit) -> None:
        for raw in sentences:
            sentence = clean(raw)
            if self._answer.stopped or not sentence:
                continue
            self._judge(sentence)
            if not self._answer.stopped or self._answer.stopped == "enough":
                await emit(sentence if len(self._answer.shown) == 1 else f" {sentence}")

    def _judge(self, sentence: str) -> None:
        answer = self._answer
        if sentence.upper().startswith(NO_ANSWER):
            answer.stopped = "no_answer"
            return
        verdict = self._grounding.check(sentence)
        if not verdict.is_supported:
            answer.stopped = verdict.why
            return
        if any(sentence == before.text or verdict.quote in before.quote for before in answer.shown):
            answer.stopped = "repeats itself"
            return
        if not self._is_relevant(verdict.source, verdict.quote):
            answer.stopped = "beside the question"
            return
        answer.shown.append(Shown(sentence, verdict.source, verdict.quote))
        if len(answer.shown) == MAX_SENTENCES:
            answer.stopped = "enough"
