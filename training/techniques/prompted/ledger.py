"""Answers that came and what they cost, on disk: nothing is paid or computed twice, and the budget holds across runs.

One file for all processes of a study. Money is set aside before a call and settled after it; what a killed process
had set aside stays counted, for it may have been charged. It knows requests by their hash only.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from training.techniques.prompted.errors import BudgetSpent

TABLES = """
CREATE TABLE IF NOT EXISTS answers (
  key TEXT PRIMARY KEY, text TEXT NOT NULL, finish TEXT NOT NULL, confidence REAL NOT NULL,
  prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, usd REAL NOT NULL, at REAL NOT NULL,
  cpu_s REAL NOT NULL DEFAULT 0, wall_s REAL NOT NULL DEFAULT 0, memory_bytes INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS aside (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL, usd REAL NOT NULL, pid INTEGER NOT NULL, started REAL NOT NULL,
  is_over INTEGER NOT NULL DEFAULT 0) STRICT;
"""
LATER = {"cpu_s": "REAL", "wall_s": "REAL", "memory_bytes": "INTEGER"}
"""Columns of `answers` that the first ledgers lacked."""
BUSY_S = 30.0
FILE = "answers.sqlite"


class Answer(NamedTuple):
    """What an endpoint said."""

    text: str
    finish: str
    """`stop`, `length`, `content_filter` or `refusal`."""
    confidence: float
    """Probability of a token of the label, as geometric mean; 1 where the endpoint does not tell."""
    prompt_tokens: int
    completion_tokens: int
    usd: float
    cpu_s: float = 0.0
    """Processor time of the embedded model."""
    wall_s: float = 0.0
    memory_bytes: int = 0
    """What the embedded model held."""


class Ledger:
    """The file, from all threads of this process."""

    def __init__(self, folder: Path | None, budget_usd: float | None) -> None:
        """Open or make it.

        Args:
            folder: where the file is, shared by all cells of a study; None keeps nothing beyond this object.
            budget_usd: none is spent beyond it; None for no limit.
        """
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self._budget = budget_usd
        self._place = "this process" if folder is None else str(folder)
        self._guard = threading.Lock()
        self._file = sqlite3.connect(folder / FILE if folder else ":memory:", timeout=BUSY_S, check_same_thread=False)
        self._file.isolation_level = None
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.executescript(TABLES)
        self._add_columns()

    def find(self, key: str) -> Answer | None:
        """An answer that is there already."""
        with self._guard, closing(self._file.cursor()) as cursor:
            row = cursor.execute(f"SELECT {', '.join(Answer._fields)} FROM answers WHERE key = ?", (key,)).fetchone()
        return None if row is None else Answer(*row)

    def set_aside(self, key: str, usd: float) -> int | Answer | None:
        """Set money aside for a call, in one step with looking whether it is needed and allowed.

        Args:
            key: hash of the request.
            usd: the most it can cost.

        Returns:
            A number to settle it by; the answer, if it has come meanwhile; or None while another call asks the same.

        Raises:
            BudgetSpent: it could cost more than is left.
        """
        with self._whole():
            found = self._claim(key, usd)
        return self.find(key) if found is None else found

    def settle(self, number: int, key: str, answer: Answer, *, lost_usd: float = 0.0) -> None:
        """Keep an answer in place of what was set aside for it.

        Args:
            number: as `set_aside` gave it.
            key: hash of the request.
            answer: with what it has cost.
            lost_usd: what tries without an answer may have cost beside it.
        """
        with self._whole():
            self._end(number, lost_usd)
            row = {"key": key, "at": time.time(), **answer._asdict()}
            names, marks = ", ".join(row), ", ".join("?" * len(row))
            self._file.execute(f"INSERT OR REPLACE INTO answers ({names}) VALUES ({marks})", list(row.values()))

    def give_up(self, number: int, *, lost_usd: float) -> None:
        """End a call without an answer; what it may have cost stays counted."""
        with self._guard:
            self._end(number, lost_usd)

    def spent(self) -> float:
        """USD that were spent, or may have been, in all runs."""
        with self._guard:
            return self._spent()

    def close(self) -> None:
        """Close the file."""
        with self._guard:
            self._file.close()

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """All that is written inside, or nothing: whatever fails leaves no transaction open for the next call."""
        with self._guard:
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._file.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.OperationalError):  # SQLite has ended it itself
                    self._file.execute("ROLLBACK")
                raise

    def _add_columns(self) -> None:
        with self._whole():
            there = {name for _, name, *_ in self._file.execute("PRAGMA table_info(answers)")}
            for name in LATER.keys() - there:
                self._file.execute(f"ALTER TABLE answers ADD COLUMN {name} {LATER[name]} NOT NULL DEFAULT 0")

    def _spent(self) -> float:
        query = "SELECT (SELECT total(usd) FROM answers) + (SELECT total(usd) FROM aside)"
        return float(self._file.execute(query).fetchone()[0])

    def _end(self, number: int, lost_usd: float) -> None:
        if lost_usd:
            self._file.execute("UPDATE aside SET is_over = 1, usd = ? WHERE id = ?", (lost_usd, number))
        else:
            self._file.execute("DELETE FROM aside WHERE id = ?", (number,))

    def _claim(self, key: str, usd: float) -> int | None:
        """A number, or None where the answer is there or on its way."""
        if self._file.execute("SELECT 1 FROM answers WHERE key = ?", (key,)).fetchone():
            return None
        others = self._file.execute("SELECT pid, started FROM aside WHERE key = ? AND is_over = 0", (key,)).fetchall()
        if any(_is_running(pid, started) for pid, started in others):
            return None
        spent = self._spent()
        if self._budget is not None and spent + usd > self._budget:
            raise BudgetSpent(
                f"budget of {self._budget:.2f} USD: {spent:.4f} spent by all studies of {self._place}, and the next "
                f"call may cost {usd:.4f}; raise [budget] usd and run again: answers already paid for are kept"
            )
        own = (key, usd, os.getpid(), psutil.Process().create_time())
        cursor = self._file.execute("INSERT INTO aside (key, usd, pid, started) VALUES (?,?,?,?)", own)
        return cursor.lastrowid


def _is_running(pid: int, started: float) -> bool:
    """Whether the process that set money aside still runs; a later one may have its number."""
    try:
        return abs(psutil.Process(pid).create_time() - started) < 1
    except psutil.Error:
        return False
