"""`/api/articles` and `/api/replies`: what the bot knows, its use, what is wrong with it, and what is missing."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from backends.content.content import NONE_OF_THESE, Content
from backends.rag.articles import Article, read_articles
from backends.rag.injection import suspicious
from backends.settings import Section
from bot.api.access import Operator, TheHouse
from bot.api.labelling import learned
from bot.house import House
from bot.ids import first_id
from bot.missing import EXAMPLES, missing
from bot.store.proposals import ProposalRow, list_proposals
from bot.store.usage import Used, cited_articles, given_replies, unanswered
from bot.wording import counted

router = APIRouter(prefix="/api", tags=["knowledge"])

Days = Annotated[int, Query(ge=1, le=366, description="how far back use is counted")]
Source = Literal["live", "simulated", "test", "cli"]
MOST_QUESTIONS = 5000
SHORT_WORDS = 20
"""An article of fewer words answers hardly anything."""
OLD_DAYS = 730
DISLIKED, LEAST_DISLIKED = 0.5, 3
"""Share and number of thumbs down that make something a problem."""


class Note(Section):
    """What an operator noted on an article, and an admin accepted."""

    proposal_id: str
    text: str
    by: str
    at: str


class ArticleOut(Section):
    """One article, with its use."""

    article_id: str
    title: str
    url: str | None
    updated: str | None
    words: int
    cited: int
    last_cited_at: str | None
    disliked: int
    """Answers citing it that got a thumb down."""
    problem: str | None
    """What should be mended; null when it is sound."""
    notes: tuple[Note, ...]


class MissingOut(Section):
    """A matter that customers ask about and nobody answers."""

    text: str
    """The wording that came most often."""
    n: int
    examples: tuple[str, ...]


class Articles(Section):
    """The articles, those without a file too if there are notes that ask for them, and what is missing."""

    since: str
    articles: tuple[ArticleOut, ...]
    missing: tuple[MissingOut, ...]
    wanted: tuple[Note, ...]
    """Accepted notes that ask for a new article."""


class ReplyOut(Section):
    """How one intent is answered, with its use."""

    intent: str
    title: str
    kind: Literal["reply", "flow", "deferred", "none"]
    variants: int
    accepted: int
    """Of the variants, those that were accepted from operators."""
    used: int
    last_used_at: str | None
    disliked: int
    problem: str | None


class Replies(Section):
    """How each intent is answered, by name."""

    since: str
    replies: tuple[ReplyOut, ...]


@router.get("/articles")
async def articles(house: TheHouse, _: Operator, days: Days = 90, source: Source = "live") -> Articles:
    """List the articles with their health and use, and what customers ask in vain."""
    return await asyncio.to_thread(_articles, house, _since(days), source)


@router.get("/replies")
async def replies(house: TheHouse, _: Operator, days: Days = 90, source: Source = "live") -> Replies:
    """List the intents with what answers them, its health and use."""
    return await asyncio.to_thread(_replies, house, _since(days), source)


def _since(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def _told(since: datetime) -> str:
    return since.isoformat(timespec="seconds").replace("+00:00", "Z")


def _articles(house: House, since: datetime, source: str) -> Articles:
    oldest, folder = first_id("t", since), house.bot / "articles"
    read = house.reader.read_now
    used = read(lambda db: cited_articles(db, since=oldest, source=source))
    asked = read(lambda db: unanswered(db, since=oldest, source=source, most=MOST_QUESTIONS))
    noted = read(lambda db: list_proposals(db, state="accepted", kind="article"))
    found = read_articles(folder)
    problems: dict[str, str] = {}
    for problem in (*found.problems, *suspicious(found.articles)):
        problems.setdefault(problem.file.removesuffix(".md"), problem.message)
    rows = [
        _article(article, used.get(article.id), problems.pop(article.id, None), noted) for article in found.articles
    ]
    rows += [_article(Article(name, name, "", "", ""), used.get(name), why, noted) for name, why in problems.items()]
    wishes = missing(asked)
    return Articles(
        since=_told(since),
        articles=tuple(sorted(rows, key=lambda row: row.article_id)),
        missing=tuple(
            MissingOut(text=texts[0], n=wish.n, examples=tuple(texts))
            for wish in wishes
            if (texts := [text for text, _ in wish.texts.most_common(EXAMPLES)])
        ),
        wanted=_notes(None, noted),
    )


def _article(article: Article, used: Used | None, problem: str | None, noted: Iterable[ProposalRow]) -> ArticleOut:
    words = len(article.body.split())
    return ArticleOut(
        article_id=article.id,
        title=article.title,
        url=article.url or None,
        updated=article.updated or None,
        words=words,
        cited=used.n if used else 0,
        last_cited_at=used.last_at if used else None,
        disliked=used.disliked if used else 0,
        problem=problem or _disliked(used) or _length(words) or _age(article.updated),
        notes=_notes(article.id, noted),
    )


def _notes(article_id: str | None, noted: Iterable[ProposalRow]) -> tuple[Note, ...]:
    return tuple(
        Note(proposal_id=row.id, text=row.text, by=row.by, at=row.at) for row in noted if row.article_id == article_id
    )


def _disliked(used: Used | None) -> str | None:
    if used is None or used.disliked < LEAST_DISLIKED or used.disliked < DISLIKED * used.n:
        return None
    return f"{used.disliked} of {used.n} answers got a thumb down"


def _length(words: int) -> str | None:
    return f"only {counted(words, 'word')}: too short to answer much" if words < SHORT_WORDS else None


def _age(updated: str) -> str | None:
    try:
        day = date.fromisoformat(updated)
    except ValueError:
        return None
    is_old = (datetime.now(UTC).date() - day).days > OLD_DAYS
    return f"last changed on {updated}: is it still right?" if is_old else None


def _replies(house: House, since: datetime, source: str) -> Replies:
    oldest = first_id("t", since)
    used = house.reader.read_now(lambda db: given_replies(db, since=oldest, source=source))
    accepted = house.reader.read_now(lambda db: list_proposals(db, state="accepted", kind="reply"))
    content, labels = house.content.content, learned(house)
    problems = _reply_problems(content, labels)
    titles = content.responses.titles.keys() - {NONE_OF_THESE}
    intents = {*labels, *titles, *content.file.flows, *(row.intent for row in accepted if row.intent)}
    rows = []
    for intent in sorted(intents):
        use = used.get(intent)
        rows.append(
            ReplyOut(
                intent=intent,
                title=content.responses.title(intent),
                kind=_kind(content, intent),
                variants=len(content.responses.variants.get(f"utter_{intent}", ())),
                accepted=sum(row.intent == intent for row in accepted),
                used=use.n if use else 0,
                last_used_at=use.last_at if use else None,
                disliked=use.disliked if use else 0,
                problem=problems.get(intent) or _disliked(use),
            )
        )
    return Replies(since=_told(since), replies=tuple(rows))


def _kind(content: Content, intent: str) -> Literal["reply", "flow", "deferred", "none"]:
    if intent in content.file.flows:
        return "flow"
    if f"utter_{intent}" in content.responses:
        return "reply"
    return "deferred" if intent in content.responses.deferred else "none"


def _reply_problems(content: Content, labels: Mapping[str, int]) -> dict[str, str]:
    """Why an intent of the model cannot be answered, or an answer cannot be reached."""
    found: dict[str, str] = {}
    for intent in labels:
        if _kind(content, intent) == "none":
            found[intent] = "the model knows it, and there is neither a reply nor a flow: customers get none"
    for intent in (*content.responses.titles, *content.file.flows) if labels else ():
        if intent not in labels and intent != NONE_OF_THESE:
            found[intent] = "the model in service does not know it: nobody gets this answer"
    return found
