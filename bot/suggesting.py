"""Answers that an operator may send: the backends' own, asked once more for the newest message.

What they took is stored, not what they say, and nothing is sent. A flow is not gone on with, so an action that asks
for a yes is never carried out; one that only looks something up may be.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any, NamedTuple

from sqlite_utils import Database

from backends.contract import Turn, Usage
from bot.asking import keep_quiet
from bot.errors import StoreError
from bot.ids import new_id, now
from bot.routing import HANDOFF, Routing
from bot.store.rows import AttemptRow, Pending, Snapshot
from bot.store.suggestions import Spent, write_spent
from bot.store.tables import history_before, one, read_conversation, read_slots
from bot.tools import Tools
from bot.turns import turn_of

logger = logging.getLogger(__name__)


class Suggestion(NamedTuple):
    """What one backend would say."""

    backend: str
    text: str
    citations: list[dict[str, Any]]
    intent: str | None
    confidence: float | None


def read_question(db: Database, conversation_id: str, history: int) -> Snapshot | None:
    """Read what the newest message of a customer would be answered from; None when nothing was said.

    Raises:
        NotFound: no such conversation.
    """
    row = read_conversation(db, conversation_id)
    said = one(
        db,
        "SELECT e.message_id, e.at, json_extract(e.frame_json, '$.text') AS text, t.payload FROM events e"
        " LEFT JOIN turns t ON t.conversation_id = e.conversation_id AND t.message_id = e.message_id"
        " WHERE e.conversation_id = ? AND e.type = 'user_uttered' ORDER BY e.\"offset\" DESC LIMIT 1",
        conversation_id,
    )
    if said is None:
        return None
    pending = Pending(0, said["message_id"], said["text"], said["payload"], (), said["at"])
    before = history_before(db, conversation_id, pending, history)
    return Snapshot(replace(row, flow=None), pending, read_slots(db, conversation_id), before)


async def suggest(tools: Tools, question: Snapshot) -> list[Suggestion]:
    """Ask every backend of the routing at once; who fails, abstains or takes too long is left out."""
    routing = tools.routing()
    turn, spent = turn_of(question, new_id("t"), routing.error_budget), list[Spent]()
    names = backends_of(routing, tools.engine.backends)
    asked = [asyncio.create_task(_ask(tools, turn, name, spent)) for name in names]
    if not asked:
        return []
    done, late = await asyncio.wait(asked, timeout=tools.settings.people.suggestion_s)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    await _note(tools, question, spent)
    for task in done:
        if (failure := task.exception()) is not None:
            logger.error("suggestion_failed", exc_info=failure, extra={"conversation_id": turn.conversation_id})
    answers = [task.result() for task in asked if task in done and task.exception() is None]
    return [answer for answer in answers if answer is not None]


def backends_of(routing: Routing, loaded: Iterable[str]) -> list[str]:
    """The backends of all chains, in their order, without those that are switched off or not there."""
    known = frozenset(loaded) - frozenset(routing.disabled) - {HANDOFF}
    return [name for name in dict.fromkeys(step for arm in routing.arms for step in arm.chain) if name in known]


async def _note(tools: Tools, question: Snapshot, spent: list[Spent]) -> None:
    """Store what was spent; an operator who waits for the answers gets them all the same if that fails."""
    conversation = question.conversation
    tools.metrics.suggested(sum(each.usage.cost_usd for each in spent), source=conversation.source)
    try:
        await tools.writer.write(lambda db: write_spent(db, conversation.id, spent, now()))
    except StoreError:
        tools.metrics.error("storage")


async def _ask(tools: Tools, turn: Turn, backend: str, spent: list[Spent]) -> Suggestion | None:
    attempts, usage = list[AttemptRow](), Usage()
    try:
        reply = (await tools.engine.run(turn, (backend,), (), keep_quiet, keep_quiet, attempts)).reply
        usage = reply.usage if reply is not None else usage
    finally:
        spent += [Spent(attempt, usage) for attempt in attempts]
    if reply is None:
        return None
    citations = [asdict(citation) for citation in reply.citations]
    return Suggestion(backend, reply.text, citations, reply.intent, reply.confidence)
