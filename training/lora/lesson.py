"""What a language model is taught: prompts as serving writes them, and answers that the check of sentences passes.

Questions are the bot's own utterances, its articles' headings, and turns of the logs that somebody vouched for; the
answer is what was quoted, what a customer found helpful, or what a person wrote. It does not know models.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from backends.contract import Place
from backends.rag.asked import read_utterances
from backends.rag.extract import extract
from backends.rag.grounding import Grounding, Source, clean
from backends.rag.injection import without_instructions
from backends.rag.library import Library, Shelf
from backends.rag.prompt import NO_ANSWER, Template, build_prompt
from backends.rag.relevance import confidence
from backends.rag.retriever import Hit
from backends.rag.sentences import SentenceStream
from backends.rag.settings import RagSettings
from training.dataset import DataError
from training.harvest.logged import LoggedTurn

UTTERANCES_AN_INTENT = 12
MAX_CHARS = 420
"""Longest answer taught; a longer one would be cut at `max_tokens` when served."""
SEARCHED = 10
EVERY_UNANSWERABLE = 8
"""One in so many questions is also shown with passages that do not answer it."""


class Asked(NamedTuple):
    """A question, where it comes from, and the answer if somebody gave one."""

    text: str
    origin: str
    """`utterance`, `heading`, `helpful` (a customer found the reply so) or `operator` (a person wrote it)."""
    answer: str | None = None
    turn_id: str | None = None


class Lesson(NamedTuple):
    """One prompt and the answer to it."""

    system: str
    user: str
    answer: str
    article: str
    """Id of the article that answers."""
    origin: str
    """As of `Asked`, or `unanswerable`."""
    turn_id: str | None = None

    def messages(self) -> list[dict[str, str]]:
        """The conversation in OpenAI's form."""
        said = (("system", self.system), ("user", self.user), ("assistant", self.answer))
        return [{"role": role, "content": content} for role, content in said]


def read_lessons(
    bot: Path, home: Path, template: Template, settings: RagSettings, turns: Iterable[LoggedTurn] = ()
) -> list[Lesson]:
    """Make the lessons of a bot, the same for the same folder and logs.

    Args:
        bot: the bot folder.
        home: the `var/` folder with the article index.
        template: the fixed part of the prompts.
        settings: of the backend `rag`: how many passages are shown, how sure it must be.
        turns: of the logs.

    Raises:
        DataError: no lesson could be made.
        BackendError: the article index can be neither read nor written.
    """
    shelf = Library(Place(bot, home, serves=False), dense_weight=settings.dense_weight).shelf
    lessons: list[Lesson] = []
    answered = 0
    for asked in (*_vouched(turns), *_utterances(bot), *_headings(shelf)):
        taught = list(_teach(shelf, template, settings, asked, with_none=answered % EVERY_UNANSWERABLE == 0))
        answered += bool(taught)
        lessons += taught
    unique = list({(lesson.user, lesson.answer): lesson for lesson in lessons}.values())
    if not unique:
        raise DataError(
            f"nothing to learn from in {bot}: expected articles/ and questions about them in nlu/, or helpful answers"
            " in the logs"
        )
    return unique


def split_lessons(lessons: Sequence[Lesson], seed: int, *, share: float = 0.1) -> tuple[list[Lesson], list[Lesson]]:
    """Keep whole articles apart: (to learn from, to judge by); with a single article nothing is kept."""
    articles = sorted({lesson.article for lesson in lessons})
    random.Random(seed).shuffle(articles)
    kept = set(articles[: max(round(share * len(articles)), 1)]) if len(articles) > 1 else set()
    learned = [lesson for lesson in lessons if lesson.article not in kept]
    return learned, [lesson for lesson in lessons if lesson.article in kept]


def balanced(lessons: Sequence[Lesson], most: int, seed: int) -> list[Lesson]:
    """Draw so many at most, the articles in turn, those of the logs first."""
    draw = random.Random(seed)
    shelves: dict[str, list[Lesson]] = {}
    for lesson in draw.sample(lessons, len(lessons)):
        shelves.setdefault(lesson.article, []).append(lesson)
    for own in shelves.values():
        own.sort(key=lambda lesson: lesson.turn_id is None)
    chosen: list[Lesson] = []
    for place in range(max(map(len, shelves.values()), default=0)):
        chosen += [own[place] for own in shelves.values() if place < len(own)]
    return draw.sample(chosen[:most], min(most, len(chosen)))


def _utterances(bot: Path) -> Iterator[Asked]:
    seen: dict[str, int] = {}
    for intent, text in read_utterances(bot):
        seen[intent] = seen.get(intent, 0) + 1
        if seen[intent] <= UTTERANCES_AN_INTENT:
            yield Asked(text, "utterance")


def _headings(shelf: Shelf) -> Iterator[Asked]:
    names = dict.fromkeys((chunk.title, chunk.heading) for chunk in shelf.index.chunks)
    for title, heading in names:
        yield Asked(f"{title}: {heading}" if heading and heading != title else title, "heading")


def _vouched(turns: Iterable[LoggedTurn]) -> Iterator[Asked]:
    """Turns whose answer somebody liked or wrote."""
    for turn in turns:
        if turn.operator_reply is not None:
            yield Asked(turn.text, "operator", turn.operator_reply, turn.turn_id)
        elif turn.backend == "rag" and turn.reply and (turn.resolved or (turn.thumbs and turn.thumbs[-1] > 0)):
            quotes = "\n".join(citation.quote for citation in turn.citations)
            yield Asked(turn.text, "helpful", turn.reply if turn.mode == "generated" else quotes, turn.turn_id)


def _teach(
    shelf: Shelf, template: Template, settings: RagSettings, asked: Asked, *, with_none: bool
) -> Iterator[Lesson]:
    """A lesson where the passages that would be shown hold the answer; perhaps one in which they do not."""
    query = shelf.retriever.query(asked.text, ())
    hits = shelf.retriever.search(query, k=SEARCHED)
    quote = extract(shelf.index, query, hits)
    if quote is None or confidence(shelf.index, query, hits, quote.hit) < settings.min_confidence:
        return
    answer = (quote.text if asked.answer is None else asked.answer).strip()
    sources = [_source(hit) for hit in hits[: settings.top_k]]
    prompt = build_prompt(template, sources, asked.text)
    article = quote.hit.chunk.article_id
    if len(answer) > MAX_CHARS or not is_grounded(answer, sources[: prompt.shown], asked.text):
        return
    yield Lesson(prompt.system, prompt.user, answer, article, asked.origin, asked.turn_id)
    others = [_source(hit) for hit in hits[settings.top_k :] if hit.chunk.article_id != article]
    if with_none and others:
        prompt = build_prompt(template, others[-settings.top_k :], asked.text)
        yield Lesson(prompt.system, prompt.user, NO_ANSWER, article, "unanswerable", asked.turn_id)


def is_grounded(answer: str, sources: Sequence[Source], question: str) -> bool:
    """Tell whether every sentence would be shown to a customer."""
    check = Grounding(sources, question)
    stream = SentenceStream()
    sentences = [clean(raw) for raw in (*stream.feed(answer), stream.flush())]
    return any(sentences) and all(check.check(sentence).is_supported for sentence in sentences if sentence)


def _source(hit: Hit) -> Source:
    return Source(hit.chunk.title, hit.chunk.heading, without_instructions(hit.chunk.text))


def count_by_origin(lessons: Iterable[Lesson]) -> Mapping[str, int]:
    """How many lessons came from where."""
    counts: dict[str, int] = {}
    for lesson in lessons:
        counts[lesson.origin] = counts.get(lesson.origin, 0) + 1
    return dict(sorted(counts.items()))
