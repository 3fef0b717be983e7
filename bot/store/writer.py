"""The one writer: a thread with a queue, group commit, and the mapping of SQLite's errors.

It knows no table. What is written is a function of an open `Database`, run inside a transaction with whatever
else was waiting; its result is handed out only after the commit.
"""

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from sqlite_utils import Database

from bot.errors import Refused, StoreError
from bot.store.migrations import migrations

logger = logging.getLogger(__name__)

T = TypeVar("T")
Operation = Callable[[Database], T]
BUSY_MS = 10_000
"""How long one process waits for another's transaction, milliseconds."""
MOST = 256
"""Operations in one commit at most."""


def connect(path: Path, *, synchronous: str = "FULL") -> Database:
    """Open the store, made and migrated if need be.

    Raises:
        StoreError: the file cannot be opened or is not a database.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        return Database(connection)
    except (sqlite3.Error, OSError) as exc:
        raise StoreError(f"cannot open the store {path}: {exc}. Is the disk full or the file damaged?") from exc


def migrate(path: Path) -> None:
    """Bring the schema up to date; several processes may call it at once.

    Raises:
        StoreError: the schema cannot be brought up to date.
    """
    db = connect(path)
    try:
        lock = path.with_suffix(".migrating")
        with lock.open("w") as handle:
            _exclusive(handle.fileno())
            migrations.apply(db)
    except (sqlite3.Error, OSError) as exc:
        raise StoreError(f"cannot bring {path} up to date: {exc}") from exc
    finally:
        db.conn.close()


def _exclusive(descriptor: int) -> None:
    import fcntl  # POSIX only; the server runs there

    fcntl.flock(descriptor, fcntl.LOCK_EX)


@dataclass(slots=True)
class _Job:
    operation: Operation[Any]
    future: "Future[Any]"


class Writer:
    """Runs operations in order, many to a commit."""

    def __init__(self, path: Path, *, synchronous: Literal["FULL", "NORMAL"] = "FULL") -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._db = connect(path, synchronous=synchronous)
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._closed = False
        self._thread.start()

    async def write(self, operation: Operation[T]) -> T:
        """Run one operation and return its result once it is durable.

        Raises:
            StoreError: nothing of it was written.
            Refused: the operation itself said no; nothing of it was written.
        """
        return await asyncio.wrap_future(self.submit(operation))

    def submit(self, operation: Operation[T]) -> "Future[T]":
        """Queue one operation from any thread."""
        future: Future[T] = Future()
        if self._closed:
            future.set_exception(StoreError("the store is closed"))
        else:
            self._jobs.put(_Job(operation, future))
        return future

    def close(self) -> None:
        """Finish what is queued and stop."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            self._thread.join()
            self._db.conn.close()

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            batch, last = [first], False
            while len(batch) < MOST and not self._jobs.empty():
                job = self._jobs.get()
                if job is None:
                    last = True
                    break
                batch.append(job)
            self._commit([job for job in batch if job.future.set_running_or_notify_cancel()])
            if last:
                return

    def _commit(self, batch: list[_Job]) -> None:
        done: list[tuple[_Job, Any]] = []
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for job in batch:
                try:
                    with self._db.atomic():
                        done.append((job, job.operation(self._db)))
                except (Refused, sqlite3.IntegrityError) as exc:
                    job.future.set_exception(_mapped(exc))
            self._db.execute("COMMIT")
        except BaseException as exc:
            self._roll_back()
            logger.error("store_write_failed", exc_info=exc)
            for job in batch:
                if not job.future.done():
                    job.future.set_exception(_mapped(exc))
            return
        for job, result in done:
            job.future.set_result(result)

    def _roll_back(self) -> None:
        if self._db.conn.in_transaction:
            self._db.execute("ROLLBACK")


def _mapped(exc: BaseException) -> BaseException:
    if isinstance(exc, sqlite3.Error | OSError):
        mapped = StoreError(f"the store could not be written: {exc}")
        mapped.__cause__ = exc
        return mapped
    return exc
