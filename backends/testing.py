"""The conformance suite: what every backend has to do, ours or a stranger's, whatever it answers.

    await check(my_backend, [Turn("t1", "where is my order"), Turn("t2", "asdf")])

It knows no backend. Give it turns of which some are answered and some are not.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import get_args

from backends.contract import KEEP, Abstain, Backend, FlowState, HasStatus, Reply, ReplyKind, Status, Turn

PATIENCE_S = 5.0
"""Seconds a cancelled backend has to end."""


class Nonconforming(AssertionError):
    """The backend breaks the contract; the message lists every way it does."""


@dataclass(slots=True)
class Shown:
    """An `emit` that remembers."""

    pieces: list[object] = field(default_factory=list)

    async def emit(self, piece: str) -> None:
        """Show a piece; gives other tasks a chance, as a socket would."""
        self.pieces.append(piece)
        await asyncio.sleep(0)


Outcome = tuple[Reply | Abstain, list[object]]
Check = Callable[[Backend, Sequence[Turn]], Awaitable[list[str]]]


async def check(backend: Backend, turns: Sequence[Turn], *, is_deterministic: bool = True) -> None:
    """Run the suite; the backend is closed at its end.

    Args:
        backend: fresh, and able to answer.
        turns: at least two, with different texts and ids.
        is_deterministic: the same turn always gets the same text; False for one that samples: then only the
            kind of outcome and its intent or reason are compared.

    Raises:
        Nonconforming: it breaks the contract.
        ValueError: too few turns to tell.
    """
    if len({turn.text for turn in turns}) < 2:
        raise ValueError(f"expected at least two turns with different texts, got {len(turns)}")
    signature = _text_of if is_deterministic else _kind_of
    problems = [*_named(backend), *await _answers(backend, turns, signature)]
    if not problems:  # what is malformed cannot be compared
        problems += await _keeps_turns_apart(backend, turns, signature)
        problems += await _can_be_cancelled(backend, turns)
        problems += await _passes_cancellation_on(backend, turns)
    for _ in range(2):
        await backend.aclose()
    if problems:
        raise Nonconforming(f"{backend.name} breaks the contract:\n" + "\n".join(f"- {p}" for p in problems))


def _named(backend: Backend) -> list[str]:
    problems = []
    if not isinstance(backend.name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", backend.name):
        problems.append(f"name: expected a lower-case word, got {backend.name!r}")
    if isinstance(backend, HasStatus) and not isinstance(backend.status(), Status):
        problems.append(f"status(): expected a Status, got {type(backend.status()).__name__}")
    return problems


async def _one(backend: Backend, turn: Turn) -> Outcome:
    shown = Shown()
    return await backend.reply(turn, shown.emit), shown.pieces


def _text_of(outcome: Outcome) -> object:
    result, _ = outcome
    return (result.text, result.intent, result.kind) if isinstance(result, Reply) else result.reason


def _kind_of(outcome: Outcome) -> object:
    result, _ = outcome
    return (result.intent, result.kind) if isinstance(result, Reply) else result.reason


async def _answers(backend: Backend, turns: Sequence[Turn], signature: Callable[[Outcome], object]) -> list[str]:
    """Well-formed outcomes, and the same again in another order: nothing of one turn is kept for the next."""
    problems: list[str] = []
    first = []
    for turn in turns:
        slots = dict(turn.slots)
        outcome = await _one(backend, turn)
        first.append(outcome)
        problems += [f"turn {turn.id}: {problem}" for problem in _malformed(outcome)]
        if dict(turn.slots) != slots:
            problems.append(f"turn {turn.id}: it changed the slots it was given")
    if problems:
        return problems
    for turn, before in reversed(list(zip(turns, first, strict=True))):
        again = await _one(backend, turn)
        if signature(again) != signature(before):
            problems.append(f"turn {turn.id}: not stateless: {signature(before)} at first, then {signature(again)}")
    return problems


def _malformed(outcome: Outcome) -> list[str]:
    result, pieces = outcome
    if any(not isinstance(piece, str) for piece in pieces):
        return [f"emitted something else than str: {[type(piece).__name__ for piece in pieces]}"]
    shown = " ".join("".join(map(str, pieces)).split())
    match result:
        case Reply():
            problems = _malformed_reply(result)
            if isinstance(result.text, str) and not " ".join(result.text.split()).startswith(shown):
                problems.append(f"showed {shown!r}, which the final text does not begin with: {result.text!r}")
            return problems
        case Abstain(reason=reason):
            problems = [] if not shown else [f"abstained after it had shown {shown!r}"]
            if not isinstance(reason, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", reason):
                problems.append(f"reason: expected a lower-case word, got {reason!r}")
            return problems
        case _:
            return [f"expected a Reply or an Abstain, got {type(result).__name__}"]


def _malformed_reply(reply: Reply) -> list[str]:
    problems = []
    if not isinstance(reply.text, str) or not reply.text.strip():
        problems.append(f"text: expected some, got {reply.text!r}")
    if reply.kind not in get_args(ReplyKind):
        problems.append(f"kind: expected one of {', '.join(get_args(ReplyKind))}, got {reply.kind!r}")
    if reply.confidence is not None and not 0.0 <= reply.confidence <= 1.0:
        problems.append(f"confidence: expected 0..1 or None, got {reply.confidence}")
    if not (reply.flow is None or reply.flow is KEEP or isinstance(reply.flow, FlowState)):
        problems.append(f"flow: expected a FlowState, None or KEEP, got {reply.flow!r}")
    if any(not button.title or not button.payload for button in reply.quick_replies):
        problems.append("quick_replies: expected a title and a payload on each")
    if min(reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.cost_usd) < 0:
        problems.append(f"usage: expected no negative figure, got {reply.usage}")
    if any(duration < 0 for duration in reply.stages_ms.values()):
        problems.append(f"stages_ms: expected no negative duration, got {dict(reply.stages_ms)}")
    return problems


async def _keeps_turns_apart(
    backend: Backend, turns: Sequence[Turn], signature: Callable[[Outcome], object]
) -> list[str]:
    """All turns at once, each a few times: every one gets its own answer."""
    alone = [await _one(backend, turn) for turn in turns]
    crowd = [turn for _ in range(3) for turn in turns]
    together = await asyncio.gather(*(_one(backend, turn) for turn in crowd))
    return [
        f"turn {turn.id}: among others {signature(outcome)}, alone {signature(expected)}"
        for turn, outcome, expected in zip(crowd, together, [*alone] * 3, strict=True)
        if signature(outcome) != signature(expected)
    ]


async def _can_be_cancelled(backend: Backend, turns: Sequence[Turn]) -> list[str]:
    """Cancelled at any step it ends soon, as cancelled unless it was done, and shows nothing more."""
    problems: list[str] = []
    for steps in range(4):
        for turn in turns:
            shown = Shown()
            task = asyncio.ensure_future(backend.reply(turn, shown.emit))
            for _ in range(steps):
                await asyncio.sleep(0)
            if task.done() or not task.cancel():
                continue
            count = len(shown.pieces)
            await asyncio.wait([task], timeout=PATIENCE_S)
            if not task.done():
                return [*problems, f"turn {turn.id}: still at work {PATIENCE_S} s after it was cancelled"]
            if not task.cancelled():
                problems.append(f"turn {turn.id}: swallowed a cancellation and went on to {_ending(task)}")
            for _ in range(5):
                await asyncio.sleep(0)
            if len(shown.pieces) != count:
                problems.append(f"turn {turn.id}: showed text after it was cancelled")
    return problems


async def _passes_cancellation_on(backend: Backend, turns: Sequence[Turn]) -> list[str]:
    """A take-over arrives while a piece is being shown: emit raises CancelledError, and so must the reply."""

    async def refuse(_: str) -> None:
        raise asyncio.CancelledError

    problems = []
    for turn in turns:
        _, pieces = await _one(backend, turn)
        if not pieces:
            continue
        task = asyncio.ensure_future(backend.reply(turn, refuse))
        await asyncio.wait([task], timeout=PATIENCE_S)
        if not task.cancelled():
            ending = _ending(task) if task.done() else "hang"
            problems.append(f"turn {turn.id}: swallowed the cancellation of emit and went on to {ending}")
            task.cancel()
    return problems


def _ending(task: "asyncio.Future[Reply | Abstain]") -> str:
    error = task.exception()
    return f"raise {type(error).__name__}" if error is not None else f"return {type(task.result()).__name__}"
