"""The chain: order, deadlines, attempts, and what is never restarted."""

import asyncio
from collections.abc import Sequence

import pytest

from backends.contract import Abstain, Backend, BackendError, Emit, Reply, Turn
from backends.scripted import Scripted
from bot.engine import Answer, Engine
from bot.store.rows import AttemptRow

TURN = Turn("t1", "where is my order", "c1")


class Acts:
    """A backend that does what it is told."""

    def __init__(
        self, name: str, *, says: Sequence[str] = (), then: Reply | Abstain | Exception | None = None, wait_s: float = 0
    ) -> None:
        self.name = name
        self._says, self._then, self._wait_s = says, then, wait_s
        self.cancelled = False

    async def reply(self, turn: Turn, emit: Emit) -> Reply | Abstain:
        for text in self._says:
            await emit(text)
        try:
            await asyncio.sleep(self._wait_s)
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if isinstance(self._then, Exception):
            raise self._then
        return self._then or Abstain("no_reply")

    async def aclose(self) -> None: ...


class Stage:
    """Hears what is shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    async def emit(self, text: str) -> None:
        self.shown.append(text)

    async def started(self, backend: str) -> None:
        self.shown.append(f"<{backend}>")


async def run(backends: Sequence[Backend], *, disabled: Sequence[str] = (), stage: Stage | None = None) -> Answer:
    stage = stage or Stage()
    engine = Engine({backend.name: backend for backend in backends}, lambda _: 0.05)
    return await engine.run(TURN, [b.name for b in backends], disabled, stage.emit, stage.started)


async def test_an_abstaining_backend_hands_the_turn_to_the_next() -> None:
    answer = await run([Acts("intent", then=Abstain("out_of_scope")), Scripted({"where is my order": "On its way."})])
    assert answer.reply is not None
    assert answer.reply.text == "On its way."
    assert [(a.backend, a.outcome) for a in answer.attempts] == [
        ("intent", "abstain:out_of_scope"),
        ("scripted", "reply"),
    ]


async def test_a_slow_backend_is_given_up_at_its_deadline() -> None:
    slow = Acts("slow", wait_s=5)
    answer = await run([slow, Acts("fast", then=Reply("here"))])
    assert slow.cancelled
    assert answer.backend == "fast"
    assert answer.attempts[0].outcome == "timeout"


async def test_a_broken_backend_is_recorded_with_its_reason_for_operators() -> None:
    answer = await run([Acts("rag", then=BackendError("endpoint refused")), Acts("next", then=Reply("here"))])
    assert (answer.attempts[0].outcome, answer.attempts[0].detail) == ("error", "endpoint refused")


async def test_a_disabled_backend_is_skipped_and_recorded_as_such() -> None:
    answer = await run([Acts("rag", then=Reply("no")), Acts("next", then=Reply("yes"))], disabled=["rag"])
    assert answer.backend == "next"
    assert answer.attempts[0].outcome == "skipped:disabled"


@pytest.mark.parametrize("fault", [BackendError("gone"), Abstain("ungrounded")])
async def test_once_text_was_shown_the_turn_is_not_restarted(fault: BackendError | Abstain) -> None:
    stage = Stage()
    other = Acts("other", then=Reply("never"))
    answer = await run([Acts("rag", says=["Half"], then=fault), other], stage=stage)
    assert answer.reply is None
    assert answer.spoken
    assert [a.backend for a in answer.attempts] == ["rag"]
    assert stage.shown == ["<rag>", "Half"]


async def test_the_start_is_announced_once_before_the_first_text() -> None:
    stage = Stage()
    await run([Acts("rag", says=["", "One. ", "Two."], then=Reply("One. Two."))], stage=stage)
    assert stage.shown == ["<rag>", "One. ", "Two."]


async def test_nobody_answering_is_a_value_with_all_attempts() -> None:
    answer = await run([Acts("a"), Acts("b")])
    assert answer.reply is None
    assert not answer.spoken
    assert answer.reason == "abstain:no_reply"
    assert len(answer.attempts) == 2


async def test_a_chain_may_end_with_a_person() -> None:
    engine = Engine({"a": Acts("a")}, lambda _: 1)
    stage = Stage()
    answer = await engine.run(TURN, ["a", "handoff"], [], stage.emit, stage.started)
    assert answer.handoff


async def test_cancellation_reaches_the_backend_and_the_caller() -> None:
    slow, attempts = Acts("slow", wait_s=5), list[AttemptRow]()
    engine = Engine({"quick": Acts("quick"), "slow": slow}, lambda _: 10)
    stage = Stage()
    task = asyncio.create_task(engine.run(TURN, ["quick", "slow"], [], stage.emit, stage.started, attempts))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert slow.cancelled
    tried = [(attempt.backend, attempt.outcome) for attempt in attempts]
    assert tried == [("quick", "abstain:no_reply"), ("slow", "cancelled")]


async def test_a_bug_in_a_backend_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        await run([Acts("buggy", then=ZeroDivisionError())])
