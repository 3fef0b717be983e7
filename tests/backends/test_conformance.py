"""Our backends pass the conformance suite, and the suite catches backends that break the contract."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backends import bundle
from backends.contract import Abstain, Backend, Emit, Place, Reply, Turn
from backends.intent.backend import load as load_intent
from backends.scripted import Scripted
from backends.testing import Nonconforming, check

TURNS = [
    Turn("t1", "where is my parcel"),
    Turn("t2", "shipping cost"),
    Turn("t3", "zebra"),
    Turn("t4", "hello", language="de"),
    Turn("t5", "order TF-104233", slots={"order_number": "TF-104233"}, found=frozenset({"order_number"})),
    Turn("t6", "Shipping costs", payload="/shipping_cost"),
]


async def test_scripted_conforms() -> None:
    table = {"where is my parcel": "It is on its way.", "shipping cost": "It is 4.90."}
    await check(Scripted(table), TURNS)
    await check(Scripted(table, stream=True), TURNS)


async def test_intent_conforms(tmp_path: Path, make_tiny_bundle: Callable[..., Path]) -> None:
    make_tiny_bundle(tmp_path / "bundles" / "tiny-0001")
    bundle.promote(tmp_path, "tiny-0001")
    await check(load_intent({}, Place(Path("demo"), tmp_path)), TURNS)


class Good:
    """Streams its reply, and conforms; the bad ones below differ in one thing each."""

    name = "good"

    async def reply(self, turn: Turn, emit: Emit) -> Reply | Abstain:
        if turn.text == "zebra":
            return Abstain("out_of_scope")
        await emit("You said ")
        await emit(turn.text)
        return Reply(f"You said {turn.text}")

    async def aclose(self) -> None:
        pass


class BadName(Good):
    name = "Not A Word"


class RaisesBareText(Good):
    async def reply(self, turn: Turn, emit: Emit) -> Any:
        return turn.text


class EmptyText(Good):
    async def reply(self, turn: Turn, emit: Emit) -> Reply:
        return Reply("  ")


class OddReason(Good):
    async def reply(self, turn: Turn, emit: Emit) -> Abstain:
        return Abstain("I do not know!")


class TooConfident(Good):
    async def reply(self, turn: Turn, emit: Emit) -> Reply:
        return Reply("x", confidence=93.0)


class ShowsSomethingElse(Good):
    async def reply(self, turn: Turn, emit: Emit) -> Reply:
        await emit("Yes.")
        return Reply("No.")


class ShowsThenAbstains(Good):
    async def reply(self, turn: Turn, emit: Emit) -> Abstain:
        await emit("Well")
        return Abstain("low_confidence")


class EmitsBytes(Good):
    async def reply(self, turn: Turn, emit: Any) -> Reply:
        await emit(b"x")
        return Reply("x")


class Remembers(Good):
    def __init__(self) -> None:
        self.count = 0

    async def reply(self, turn: Turn, emit: Emit) -> Reply:
        self.count += 1
        return Reply(f"turn number {self.count}")


class MixesTurns(Good):
    async def reply(self, turn: Turn, emit: Emit) -> Reply:
        self.turn = turn
        await emit("You said ")
        return Reply(f"You said {self.turn.text}")


class SwallowsCancellation(Good):
    async def reply(self, turn: Turn, emit: Emit) -> Reply | Abstain:
        try:
            return await super().reply(turn, emit)
        except asyncio.CancelledError:
            return Reply("I was not cancelled")


class GoesOnWhenCancelled(Good):
    tasks: set["asyncio.Task[Any]"] = set()  # noqa: RUF012  # keeps the strays alive for the test

    async def reply(self, turn: Turn, emit: Emit) -> Reply | Abstain:
        task = asyncio.ensure_future(super().reply(turn, emit))
        self.tasks.add(task)
        return await asyncio.shield(task)


class ChangesSlots(Good):
    async def reply(self, turn: Turn, emit: Emit) -> Reply:
        turn.slots["seen"] = "yes"  # type: ignore[index]  # that is its fault
        return Reply("x")


class ClosesOnce(Good):
    is_open = True

    async def aclose(self) -> None:
        if not self.is_open:
            raise RuntimeError("closed already")
        self.is_open = False


async def test_a_good_backend_conforms() -> None:
    await check(Good(), TURNS)


@pytest.mark.parametrize(
    ("backend", "message"),
    [
        (BadName(), "name: expected a lower-case word"),
        (RaisesBareText(), "expected a Reply or an Abstain, got str"),
        (EmptyText(), "text: expected some"),
        (OddReason(), "reason: expected a lower-case word"),
        (TooConfident(), "confidence: expected 0..1"),
        (ShowsSomethingElse(), "which the final text does not begin with"),
        (ShowsThenAbstains(), "abstained after it had shown 'Well'"),
        (EmitsBytes(), "emitted something else than str"),
        (Remembers(), "not stateless"),
        (MixesTurns(), "among others"),
        (SwallowsCancellation(), "swallowed"),
        (GoesOnWhenCancelled(), "showed text after it was cancelled"),
        (ChangesSlots(), "changed the slots"),
    ],
)
async def test_a_bad_backend_is_caught(backend: Backend, message: str) -> None:
    with pytest.raises(Nonconforming, match=message):
        await check(backend, TURNS)


async def test_a_backend_that_cannot_be_closed_twice_is_caught() -> None:
    with pytest.raises(RuntimeError, match="closed already"):
        await check(ClosesOnce(), TURNS)


async def test_a_backend_that_samples_is_compared_by_kind_only() -> None:
    class Samples(Good):
        count = 0

        async def reply(self, turn: Turn, emit: Emit) -> Reply:
            self.count += 1
            return Reply(f"wording {self.count}", intent="x")

    await check(Samples(), TURNS, is_deterministic=False)


async def test_one_turn_is_too_little_to_tell() -> None:
    with pytest.raises(ValueError, match="at least two turns"):
        await check(Good(), TURNS[:1])
