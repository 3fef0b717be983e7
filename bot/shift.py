"""What one worker is answering at the moment: values, no behaviour but waiting."""

import asyncio
from dataclasses import dataclass, field

from bot.engine import Answer
from bot.store.rows import AttemptRow

Stored = asyncio.Future[bool]
"""Will say whether a message became durable."""


@dataclass(slots=True)
class Running:
    """A turn in flight."""

    message_id: str
    reply_to: str
    stored: Stored | None = None
    """None when it was durable before the turn began; else nothing is shown before it is."""
    run: "asyncio.Task[Answer] | None" = None
    started: bool = False
    cancelled: bool = False
    attempts: list[AttemptRow] = field(default_factory=list)
    """So far."""

    async def may_show(self) -> bool:
        """Wait until the message is durable; False when it will never be."""
        return self.stored is None or await asyncio.shield(self.stored)


@dataclass(slots=True)
class Shift:
    """The conversations this worker is answering."""

    tasks: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)
    running: dict[str, Running] = field(default_factory=dict)
    timers: set[asyncio.TimerHandle] = field(default_factory=set)
    closing: bool = False
