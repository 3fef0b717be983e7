"""Outcomes by the dozen: rows, logs, and stores written as a server writes them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from backends.contract import Reply
from bot.conversation import Answered, Closed
from bot.ids import new_id, new_session_id, now
from bot.routing import Arm, Routing
from bot.store.opening import Opening, open_conversation, write_routing
from bot.store.operations import Incoming, Outcome, Phrase, commit_turn, receive, step
from bot.store.outcomes import OutcomeRow
from bot.store.rows import AttemptRow, TurnRow
from bot.store.signals import write_resolved
from bot.store.tables import Claim
from bot.store.writer import Writer, migrate
from bot.wire import BotUttered
from eval.resolution.reading import EMPTY, Assigned, Logs
from eval.resolution.validation.routings import ROW

ARMS = (Arm("intent", 1.0, ("intent",)), Arm("rag", 1.0, ("rag",)))
LATER = "2999-01-01T00:00:00Z"


def row(
    number: int, arm: str = "intent", *, solved: bool = True, unit: str | None = None, version: int = 1
) -> OutcomeRow:
    """One conversation: assumed resolved, or abandoned."""
    return replace(
        ROW,
        conversation_id=f"c{arm}{number:05}",
        unit=unit or f"visitor:{arm}{number}",
        arm=arm,
        propensity=0.5,
        kind="assumed" if solved else "abandoned",
        resolved=solved,
        routing_version=version,
        backend=arm,
        source="live",
        first_text="where is my parcel",
        started_at=f"2026-03-01T10:{number % 60:02}:{number // 60 % 60:02}Z",
        window_ends_at=f"2026-03-08T10:{number % 60:02}:{number // 60 % 60:02}Z",
    )


def many(arm: str, n: int, solved: int, *, version: int = 1) -> list[OutcomeRow]:
    """Conversations of as many customers, the resolved ones spread evenly among them."""
    return [
        row(number, arm, solved=(number * solved) // n != ((number + 1) * solved) // n, version=version)
        for number in range(n)
    ]


def logs_of(rows: Sequence[OutcomeRow], *routings: Routing) -> Logs:
    """Logs of some rows; customers were assigned in the version of their first conversation."""
    known = {routing.version: routing for routing in routings or (Routing(1, ARMS),)}
    assigned = {
        one.unit: Assigned(one.arm or "", one.propensity or 0.0, one.routing_version or 0) for one in reversed(rows)
    }
    return replace(EMPTY, rows=tuple(rows), definition="resolution/1", assignments=assigned, routings=known)


def write_store(path: Path, talks: Sequence[tuple[str, bool]], *, source: str = "live") -> list[str]:
    """Write conversations as a server does: (customer, whether they say that it was solved). Returns their ids."""
    migrate(path)
    return asyncio.run(_write(path, talks, source))


async def _write(path: Path, talks: Sequence[tuple[str, bool]], source: str) -> list[str]:
    writer = Writer(path, synchronous="NORMAL")
    try:
        routing = await writer.write(
            lambda db: write_routing(db, Routing(0, ARMS), expected=None, who="settings", why="first start")
        )
        return [await _talk(writer, routing, customer, solved, source) for customer, solved in talks]
    finally:
        writer.close()


async def _talk(writer: Writer, routing: Routing, customer: str, solved: bool, source: str) -> str:
    opening = Opening(new_id("c"), new_session_id(), f"visitor:{customer}", source, "en", visitor_id=customer)
    row = await writer.write(lambda db: open_conversation(db, opening, routing, "seed"))
    message = Incoming(new_id("m"), f"question of {customer}")
    received = await writer.write(lambda db: receive(db, row.id, message, Claim("w", 1.0), history=0))
    assert received.snapshot is not None
    snapshot = received.snapshot
    reply, shown = Reply(text="So it is."), new_id("m")
    frame = BotUttered(
        offset=0, at="", message_id=shown, reply_to=message.message_id, text=reply.text, backend=row.arm or "",
        intent="order_status", confidence=0.9, citations=(), quick_replies=(),
    )  # fmt: skip
    outcome = Outcome(
        _turn(snapshot.conversation.id, message, row.arm, row.propensity, shown, source), Answered(reply), frame
    )
    await writer.write(lambda db: commit_turn(db, snapshot, outcome, _phrases))
    await writer.write(lambda db: write_resolved(db, row.id, solved))
    await writer.write(lambda db: step(db, row.id, Closed("customer"), _phrases))
    return row.id


def _turn(
    conversation_id: str, message: Incoming, arm: str | None, propensity: float | None, shown: str, source: str
) -> TurnRow:
    return TurnRow(
        id=new_id("t"),
        conversation_id=conversation_id,
        message_id=message.message_id,
        bot_message_id=shown,
        asked_at=now(),
        answered_at=now(),
        text=message.text,
        reply="So it is.",
        source=source,
        language="en",
        arm=arm,
        propensity=propensity,
        routing_version=1,
        outcome="answered",
        settings_hash="s",
        latency_ms=12.0,
        backend=arm,
        kind="answer",
        intent="order_status",
        confidence=0.9,
        prompt_tokens=100,
        cost_usd=0.002 if arm == "rag" else 0.0,
        attempts=(AttemptRow(arm or "", "reply", 12.0),),
    )


def _phrases(name: str, language: str) -> Phrase:
    return Phrase(name)
