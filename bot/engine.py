"""Runs the chain of backends for one turn: deadlines, attempts, and the rule that a shown answer is never restarted.

It stores nothing and sends nothing; it does not know who owns the conversation.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from backends.contract import Abstain, Backend, BackendError, Emit, Reply, Turn
from bot.routing import HANDOFF
from bot.store.rows import AttemptRow

logger = logging.getLogger(__name__)

Started = Callable[[str], Awaitable[None]]
"""Called with the backend's name before its first piece of text is shown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of running a chain."""

    reply: Reply | None
    backend: str | None
    """The backend that replied, or the one that broke off after showing text."""
    attempts: tuple[AttemptRow, ...]
    spoken: bool = False
    """Text was shown, but no reply followed."""
    handoff: bool = False
    """The chain ends with a person."""
    first_token_ms: float | None = None

    @property
    def reason(self) -> str | None:
        """Why the last backend that was asked did not answer; None when one did."""
        return None if self.reply or not self.attempts else self.attempts[-1].outcome


@dataclass(slots=True)
class Voice:
    """Shows text on behalf of one backend and remembers that it did."""

    emit: Emit
    started: Started
    begun: float = field(default_factory=time.perf_counter)
    spoken_by: str | None = None
    first_token_ms: float | None = None

    def of(self, backend: str) -> Emit:
        """The `emit` given to one backend."""

        async def speak(text: str) -> None:
            if not text:
                return
            if self.spoken_by is None:
                self.spoken_by = backend
                self.first_token_ms = (time.perf_counter() - self.begun) * 1000
                await self.started(backend)
            await self.emit(text)

        return speak


class Engine:
    """The loaded backends and their deadlines."""

    def __init__(self, backends: Mapping[str, Backend], deadline_of: Callable[[str], float]) -> None:
        self.backends = dict(backends)
        self._deadline_of = deadline_of

    async def run(
        self,
        turn: Turn,
        chain: Iterable[str],
        disabled: Iterable[str],
        emit: Emit,
        started: Started,
        attempts: list[AttemptRow] | None = None,
    ) -> Answer:
        """Ask one backend after the other until one replies.

        Args:
            disabled: names to skip; each is recorded as `skipped:disabled`.
            emit: shows streamed text.
            started: hears of the backend that begins to show text.
            attempts: gets each try as it ends, so that those of a run that is cancelled are known too.
        """
        voice = Voice(emit, started)
        attempts = [] if attempts is None else attempts
        off, handoff = frozenset(disabled), False
        for name in chain:
            if name == HANDOFF:
                handoff = True
                continue
            backend = self.backends.get(name)
            if name in off or backend is None:
                attempts.append(AttemptRow(name, "skipped:disabled" if name in off else "skipped:not_loaded"))
                continue
            reply = await self._ask(backend, turn, voice, attempts)
            if reply is not None:
                return Answer(reply, name, tuple(attempts), first_token_ms=voice.first_token_ms)
            if voice.spoken_by:
                return Answer(None, name, tuple(attempts), spoken=True, first_token_ms=voice.first_token_ms)
        return Answer(None, None, tuple(attempts), handoff=handoff)

    async def _ask(self, backend: Backend, turn: Turn, voice: Voice, attempts: list[AttemptRow]) -> Reply | None:
        begun = time.perf_counter()

        def note(outcome: str, of: Reply | Abstain | None = None, detail: str = "") -> None:
            ms = (time.perf_counter() - begun) * 1000
            intent, confidence = (of.intent, of.confidence) if of else (None, None)
            attempts.append(AttemptRow(backend.name, outcome, ms, intent, confidence, detail))

        try:
            async with asyncio.timeout(self._deadline_of(backend.name)):
                outcome = await backend.reply(turn, voice.of(backend.name))
        except asyncio.CancelledError:
            note("cancelled")
            raise
        except TimeoutError:
            logger.warning("backend_timeout", extra={"backend": backend.name, "turn_id": turn.id})
            note("timeout")
            return None
        except BackendError as exc:
            logger.warning("backend_error", extra={"backend": backend.name, "turn_id": turn.id, "detail": str(exc)})
            note("error", detail=str(exc))
            return None
        match outcome:
            case Reply():
                note("reply", outcome)
                return outcome
            case Abstain(reason=reason, detail=detail):
                note(f"abstain:{reason}", outcome, detail)
                return None

    async def aclose(self) -> None:
        """Close every backend, also when one of them cannot be closed."""
        closed = await asyncio.gather(*(b.aclose() for b in self.backends.values()), return_exceptions=True)
        for name, outcome in zip(self.backends, closed, strict=True):
            if isinstance(outcome, Exception):
                logger.error("backend_not_closed", extra={"backend": name}, exc_info=outcome)
