"""The batcher runs at once when idle, collects while busy, and keeps callers apart."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from backends.classified.batcher import Batcher


class Gate:
    """A model whose calls wait until the test lets them through."""

    def __init__(self) -> None:
        """Start closed."""
        self.batches: list[list[str]] = []
        self.begun = threading.Semaphore(0)
        self.open = threading.Semaphore(0)

    def run(self, texts: list[str]) -> list[str]:
        """Upper-case the texts once the gate is opened."""
        self.batches.append(texts)
        self.begun.release()
        self.open.acquire()
        if "boom" in texts:
            raise RuntimeError("model failed")
        return [text.upper() for text in texts]


@pytest.fixture
async def gate() -> AsyncIterator[tuple[Gate, Batcher[str, str]]]:
    """A batcher of at most four texts over a gated model; opened wide at the end."""
    model = Gate()
    batcher = Batcher(model.run, max_batch=4)
    yield model, batcher
    model.open.release(100)
    await batcher.aclose()


async def begun(model: Gate) -> None:
    """Wait until the model holds a batch."""
    await asyncio.to_thread(model.begun.acquire)


async def test_an_idle_batcher_runs_a_text_at_once_and_alone(gate: tuple[Gate, Batcher[str, str]]) -> None:
    model, batcher = gate
    model.open.release()
    assert await batcher.submit("a") == "A"
    assert model.batches == [["a"]]


async def test_what_arrives_during_a_batch_goes_together_in_order(gate: tuple[Gate, Batcher[str, str]]) -> None:
    model, batcher = gate
    first = asyncio.create_task(batcher.submit("a"))
    await begun(model)
    later = [asyncio.create_task(batcher.submit(text)) for text in "bcdefg"]
    await asyncio.sleep(0)
    model.open.release(3)
    assert await asyncio.gather(first, *later) == list("ABCDEFG")
    assert model.batches == [["a"], ["b", "c", "d", "e"], ["f", "g"]]


async def test_a_cancelled_caller_is_left_out_and_the_others_are_answered(
    gate: tuple[Gate, Batcher[str, str]],
) -> None:
    model, batcher = gate
    first = asyncio.create_task(batcher.submit("a"))
    await begun(model)
    gone, stays = asyncio.create_task(batcher.submit("b")), asyncio.create_task(batcher.submit("c"))
    await asyncio.sleep(0)
    gone.cancel()
    model.open.release(2)
    assert list(await asyncio.gather(first, stays)) == ["A", "C"]
    assert gone.cancelled()
    assert model.batches == [["a"], ["c"]]


async def test_a_caller_cancelled_while_its_batch_runs_does_not_stop_its_companions(
    gate: tuple[Gate, Batcher[str, str]],
) -> None:
    model, batcher = gate
    first = asyncio.create_task(batcher.submit("a"))
    await begun(model)
    gone, stays = asyncio.create_task(batcher.submit("b")), asyncio.create_task(batcher.submit("c"))
    await asyncio.sleep(0)
    model.open.release()
    await begun(model)
    gone.cancel()
    model.open.release()
    assert list(await asyncio.gather(first, stays)) == ["A", "C"]


async def test_an_error_reaches_everyone_in_the_batch_and_nobody_after_it(
    gate: tuple[Gate, Batcher[str, str]],
) -> None:
    model, batcher = gate
    first = asyncio.create_task(batcher.submit("a"))
    await begun(model)
    broken = [asyncio.create_task(batcher.submit(text)) for text in ("b", "boom")]
    await asyncio.sleep(0)
    model.open.release(3)
    results = await asyncio.gather(first, *broken, return_exceptions=True)
    assert results[0] == "A"
    assert [str(result) for result in results[1:]] == ["model failed", "model failed"]
    assert await batcher.submit("c") == "C"


async def test_a_model_that_loses_a_text_is_an_error() -> None:
    batcher: Batcher[str, str] = Batcher(lambda texts: texts[1:])
    with pytest.raises(RuntimeError, match="expected 1 results for 1 texts, got 0"):
        await batcher.submit("a")
    await batcher.aclose()


async def test_closing_cancels_whoever_waits(gate: tuple[Gate, Batcher[str, str]]) -> None:
    model, batcher = gate
    waiting = [asyncio.create_task(batcher.submit(text)) for text in "ab"]
    await begun(model)
    await batcher.aclose()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)


def test_a_batch_holds_at_least_one_text() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Batcher(lambda texts: texts, max_batch=0)
