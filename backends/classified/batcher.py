"""Puts what arrives at the same time through a model together. Knows neither models nor intents.

An idle batcher runs a question at once; what arrives while a batch runs forms the next one. So nothing ever waits for
company, only for the model, and the busier it gets the larger the batches are.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class Batcher(Generic[Q, A]):
    """Collects questions, texts for most, and runs them in a thread, one batch at a time. Belongs to one event loop."""

    def __init__(
        self, run: Callable[[list[Q]], list[A]], max_batch: int = 32, *, executor: Executor | None = None
    ) -> None:
        """Batch calls of `run`.

        Args:
            run: maps questions to as many answers, in order; called in a worker thread, never twice at once.
            max_batch: questions one call gets at most.
            executor: whose thread calls `run`, and who closes it; by default one of its own.

        Raises:
            ValueError: `max_batch` is below 1.
        """
        if max_batch < 1:
            raise ValueError(f"max_batch must be at least 1, got {max_batch}")
        self._run = run
        self._max_batch = max_batch
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._own = ThreadPoolExecutor(max_workers=1, thread_name_prefix="batcher") if executor is None else None
        self._executor = executor or self._own

    async def submit(self, question: Q, /) -> A:
        """Give the answer to one question.

        Cancelling the caller drops its question if the model has not begun with it; others are not touched.
        Whatever `run` raises reaches every caller of that batch.
        """
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._drain(), name="batcher")
        return await future

    async def aclose(self) -> None:
        """Stop: whoever still waits is cancelled, a thread of its own ends. Safe to call twice."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait([self._worker])
        if self._own is not None:
            self._own.shutdown(wait=False)

    async def _drain(self) -> None:
        batch: list[tuple[Q, asyncio.Future[A]]] = []
        try:
            while batch := self._next():
                await self._run_batch(batch)
        finally:
            for _, future in (*batch, *self._waiting):
                future.cancel()
            self._waiting.clear()

    async def _run_batch(self, batch: Sequence[tuple[Q, asyncio.Future[A]]]) -> None:
        questions = [question for question, _ in batch]
        job = asyncio.get_running_loop().run_in_executor(self._executor, self._run, questions)
        await asyncio.wait([job])
        error = job.exception()
        if error is None and len(job.result()) != len(questions):
            error = RuntimeError(
                f"expected {len(questions)} results for {len(questions)} texts, got {len(job.result())}"
            )
        for place, (_, future) in enumerate(batch):
            if future.done():
                continue
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(job.result()[place])

    def _next(self) -> list[tuple[Q, asyncio.Future[A]]]:
        """Take the next batch out of the queue, leaving out callers that have gone."""
        batch: list[tuple[Q, asyncio.Future[A]]] = []
        while self._waiting and len(batch) < self._max_batch:
            question, future = self._waiting.popleft()
            if not future.done():
                batch.append((question, future))
        return batch
