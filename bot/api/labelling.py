"""`/api/labelling` and `/api/intents`: the messages most worth a label, and the intents to choose from."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from sqlite_utils import Database

from backends import bundle
from backends.content.content import NONE_OF_THESE
from backends.contract import BackendError, HasBudget, HasParse
from backends.settings import Section
from bot.api.access import Operator, TheHouse
from bot.house import House
from bot.ids import first_id
from bot.labelling import Ranked, rank
from bot.store.candidates import read_candidates

router = APIRouter(prefix="/api", tags=["teaching"])

MOST_TURNS = 10_000
"""Messages that are ranked; of more, the newest."""
DAYS = 60
GUESSES = 5
"""One for each key, 1 to 5."""
OOS = "oos"


class Guess(Section):
    """An intent that it might be."""

    intent: str
    title: str
    confidence: float | None


class ToLabel(Section):
    """One message; others of the same words are as good as labelled with it."""

    turn_id: str
    conversation_id: str
    asked_at: str
    text: str
    reply: str | None
    backend: str | None
    intent: str | None
    confidence: float | None
    score: float
    """0..1; only its order matters."""
    reasons: tuple[str, ...]
    """`thumbs_down`, `disagree`, `uncertain`, `clarified`, `fallback`, `handoff`, `frequent`."""
    n: int
    """How often it was asked."""
    guesses: tuple[Guess, ...]


class ToLabelList(Section):
    """Messages to label, the most valuable first."""

    turns: tuple[ToLabel, ...]
    left: int
    """Different messages worth a label in all, these included."""


class Intent(Section):
    """Something customers may want."""

    intent: str
    title: str
    examples: int | None
    """Texts the model in service has learned it from; null when that is not known."""
    has_reply: bool
    is_deferred: bool
    """Left to the articles."""


class Intents(Section):
    """All intents, by title; `oos` is the last."""

    intents: tuple[Intent, ...]


@router.get("/labelling")
async def queue(
    house: TheHouse,
    _: Operator,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    source: Literal["live", "simulated", "test", "cli"] = "live",
) -> ToLabelList:
    """List the messages most worth a label, with what they might mean."""
    found, left = await asyncio.to_thread(_rank, house, limit, source)
    return ToLabelList(turns=tuple([await _told(house, ranked) for ranked in found]), left=left)


@router.get("/intents")
async def intents(house: TheHouse, _: Operator) -> Intents:
    """List the intents that the model or the content knows, or that an operator has named."""
    content = house.content.content
    examples = await asyncio.to_thread(learned, house)
    named = await house.reader.read(_named)
    known = {*examples, *content.file.flows, *content.responses.titles, *content.responses.deferred, *named}
    rows = [
        Intent(
            intent=name,
            title=content.responses.title(name),
            examples=examples.get(name, 0) if examples else None,
            has_reply=content.can_answer(name),
            is_deferred=name in content.responses.deferred,
        )
        for name in known - {OOS, NONE_OF_THESE}
    ]
    last = Intent(intent=OOS, title="Out of scope", examples=examples.get(OOS), has_reply=False, is_deferred=False)
    return Intents(intents=(*sorted(rows, key=lambda row: row.title.casefold()), last))


def _rank(house: House, limit: int, source: str) -> tuple[list[Ranked], int]:
    oldest = first_id("t", datetime.now(UTC) - timedelta(days=DAYS))
    candidates = house.reader.read_now(lambda db: read_candidates(db, since=oldest, source=source, most=MOST_TURNS))
    budget, limits = house.board.current.error_budget, dict[tuple[str, str], float | None]()

    def threshold(backend: str, intent: str) -> float | None:
        if (backend, intent) not in limits:
            loaded = house.engine.backends.get(backend)
            least = loaded.least_confidence(intent, budget) if isinstance(loaded, HasBudget) else None
            limits[backend, intent] = least
        return limits[backend, intent]

    return rank(candidates, threshold, limit=limit)


async def _told(house: House, ranked: Ranked) -> ToLabel:
    shown = ranked.candidate
    return ToLabel(
        turn_id=shown.turn_id,
        conversation_id=shown.conversation_id,
        asked_at=shown.asked_at,
        text=shown.text,
        reply=shown.reply,
        backend=shown.backend,
        intent=shown.intent,
        confidence=shown.confidence,
        score=round(ranked.score, 4),
        reasons=ranked.reasons,
        n=ranked.n,
        guesses=await _guesses(house, ranked),
    )


async def _guesses(house: House, ranked: Ranked) -> tuple[Guess, ...]:
    """What the model in service makes of it; without one, what was thought at the time."""
    thought: list[tuple[str, float | None]] = list(ranked.guesses)
    for backend in house.engine.backends.values():
        if isinstance(backend, HasParse):
            try:
                parsed = await backend.parse(ranked.candidate.text)
            except BackendError:
                continue
            thought = [*parsed.ranking, *((name, None) for name, _ in thought)]
            break
    title, best = house.content.content.responses.title, dict[str, float | None]()
    for name, confidence in thought:
        best.setdefault(name, confidence)
    return tuple(
        Guess(intent=name, title=title(name), confidence=None if share is None else round(share, 4))
        for name, share in list(best.items())[:GUESSES]
    )


def learned(house: House) -> dict[str, int]:
    """Texts by intent that the bundle in service was trained on; empty when it does not say."""
    for entry in bundle.list_bundles(house.home):
        if entry.is_current:
            table = entry.card.get("data")
            counts = table.get("by_intent") if isinstance(table, dict) else None
            return {str(name): int(count) for name, count in counts.items()} if isinstance(counts, dict) else {}
    return {}


def _named(db: Database) -> list[str]:
    return [row[0] for row in db.execute("SELECT DISTINCT intent FROM labels WHERE provenance = 'operator'")]
