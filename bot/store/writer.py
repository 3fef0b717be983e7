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
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from sqlite_utils import Database

from bot.errors import StoreError
from bot.store.migrations import migrations

logger = logging.getLogger(__name__)

T = TypeVar("T")
Operation = Callable[[Database], T]
BUSY_MS = 10_000
"""How long one process waits for another's transaction, milliseconds."""
CLEAN = 1
"""`user_version` of a store in which removed rows were always overwritten."""
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
        connection.execute("PRAGMA secure_delete = ON")  # what is removed is overwritten, in the file and in the log
        connection.execute("PRAGMA temp_store = MEMORY")  # a savepoint's journal would else be a file, made for each
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
            _clean_if_possible(db)
    except (sqlite3.Error, OSError) as exc:
        raise StoreError(f"cannot bring {path} up to date: {exc}") from exc
    finally:
        db.conn.close()


def _clean_if_possible(db: Database) -> None:
    try:
        _clean(db)
    except sqlite3.Error as exc:  # a full disk: tried again at the next start, and before an erasure is complete
        logger.warning("store_not_cleaned", extra={"detail": str(exc)})


def _clean(db: Database) -> None:
    """Write a store anew, once, that was written before removed rows were overwritten."""
    if db.execute("PRAGMA user_version").fetchone()[0] < CLEAN:
        db.execute("VACUUM")
        db.execute(f"PRAGMA user_version = {CLEAN}")


def empty_log(path: Path) -> bool:
    """Move everything from the write-ahead log into the store and empty it; False when a reader is in the way.

    Raises:
        StoreError: the store cannot be opened.
    """
    db = connect(path)
    try:
        _clean(db)
        busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    except sqlite3.Error as exc:
        raise StoreError(f"the log of {path} could not be emptied: {exc}") from exc
    finally:
        db.conn.close()


def _exclusive(descriptor: int) -> None:
    import fcntl  # POSIX only; the server runs there

    fcntl.flock(descriptor, fcntl.LOCK_EX)


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    operation: Operation[Any]
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"
    """Belongs to the loop; the writer's thread only looks whether it was cancelled."""
    ahead: Callable[[Any], None] | None


@dataclass(frozen=True, slots=True)
class _Failure:
    """An operation that said no, or could not be written."""

    error: BaseException


_Outcome = tuple[_Job, Any]
"""A job and its result, or its `_Failure`."""


class Writer:
    """Runs operations in order, many to a commit."""

    def __init__(self, path: Path, *, synchronous: Literal["FULL", "NORMAL"] = "FULL") -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._db = connect(path, synchronous=synchronous)
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._closed = False
        self._thread.start()

    async def write(self, operation: Operation[T], *, ahead: Callable[[T], None] | None = None) -> T:
        """Run one operation and return its result once it is durable.

        Args:
            operation: what to do; its transaction is shared with others.
            ahead: called in the loop with the result as soon as there is one, before it is durable. It may yet be
                undone, so nothing that is begun here may be shown before `write` returns.

        Raises:
            StoreError: nothing of it was written.
            Refused: the operation itself said no; nothing of it was written.
        """
        if self._closed:
            raise StoreError("the store is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(operation, loop, future, ahead))
        return await future

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
            _deliver(self._commit([job for job in batch if not job.future.cancelled()]))
            if last:
                return

    def _commit(self, batch: list[_Job]) -> list[_Outcome]:
        """Run a batch in one transaction; what fails by itself leaves the others alone."""
        if not batch:
            return []
        done: list[_Outcome] = []
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for job in batch:
                done.append((job, self._run_one(job)))
            self._db.execute("COMMIT")
        except BaseException as exc:
            self._roll_back()
            logger.error("store_write_failed", exc_info=exc)
            refused = {job: result for job, result in done if isinstance(result, _Failure)}
            return [(job, refused.get(job, _Failure(_mapped(exc)))) for job in batch]
        return done

    def _run_one(self, job: _Job) -> Any:
        execute = self._db.conn.execute
        execute("SAVEPOINT job")  # the same name each time, so that SQLite keeps the prepared statement
        try:
            result = job.operation(self._db)
        except BaseException as exc:
            if not self._db.conn.in_transaction or _is_of_the_store(exc):
                raise
            execute("ROLLBACK TO job")
            execute("RELEASE job")
            return _Failure(_mapped(exc))
        execute("RELEASE job")
        if job.ahead is not None:
            with suppress(RuntimeError):  # the loop has ended
                job.loop.call_soon_threadsafe(job.ahead, result)
        return result

    def _roll_back(self) -> None:
        if self._db.conn.in_transaction:
            self._db.execute("ROLLBACK")


def _is_of_the_store(exc: BaseException) -> bool:
    """Whether it concerns everything in the transaction; a bug in one operation must not reach its neighbours."""
    return isinstance(exc, sqlite3.Error | OSError) and not isinstance(exc, sqlite3.IntegrityError)


def _mapped(exc: BaseException) -> BaseException:
    if isinstance(exc, sqlite3.Error | OSError):
        mapped = StoreError(f"the store could not be written: {exc}")
        mapped.__cause__ = exc
        return mapped
    return exc


def _deliver(outcomes: list[_Outcome]) -> None:
    """Hand results out in their own loops, waking each of them once."""
    for loop in {job.loop for job, _ in outcomes}:
        own = [(job.future, result) for job, result in outcomes if job.loop is loop]
        with suppress(RuntimeError):  # the loop has ended, and whoever waited with it
            loop.call_soon_threadsafe(_resolve, own)


def _resolve(results: list[tuple["asyncio.Future[Any]", Any]]) -> None:
    for future, result in results:
        if future.cancelled():
            continue
        if isinstance(result, _Failure):
            future.set_exception(result.error)
        else:
            future.set_result(result)
