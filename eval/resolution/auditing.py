"""Draws audits from a command line, and lets a simulation's truth answer them."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from bot.errors import StoreError
from bot.store.outcomes import AuditRow, draw_audits, write_audit
from bot.store.writer import connect
from eval.resolution.reading import Span

T = TypeVar("T")
BY = "simulation"
"""Who answers, as stored."""
LEAST_FOR_PARTS = 60
"""Audits from which on they are drawn in parts."""


def audit_now(path: Path, n: int, span: Span, *, seed: int, truth: Mapping[str, bool] | None) -> tuple[int, int]:
    """Draw audits; where the truth is known, in parts: the first ones tell where the others are needed most.

    Args:
        path: the store.
        n: how many.
        span: which conversations are eligible.
        seed: of the drawing.
        truth: by conversation; None leaves the judging to people.

    Returns:
        How many were drawn, and how many answered; those without a truth stay open.

    Raises:
        StoreError: the store cannot be written.
    """
    if truth is None:
        return len(draw(path, n, span, seed=seed)), 0
    drawn = answered = 0
    parts = (n // 4, n // 4, n - 2 * (n // 4)) if n >= LEAST_FOR_PARTS else (n,)
    for place, some in enumerate(parts):
        audits = draw(path, some, span, seed=seed + place)
        drawn, answered = drawn + len(audits), answered + answer(path, audits, truth)
    return drawn, answered


def draw(path: Path, n: int, span: Span, *, seed: int) -> list[AuditRow]:
    """Draw conversations of a span that were not drawn before.

    Raises:
        StoreError: the store cannot be written.
    """
    return _write(
        path, lambda db: draw_audits(db, n, seed=seed, since=span.since, as_of=span.as_of, source=span.source)
    )


def answer(path: Path, drawn: Sequence[AuditRow], truth: Mapping[str, bool]) -> int:
    """Judge audits by the truth; those without one stay open. Returns how many were judged.

    Raises:
        StoreError: the store cannot be written.
    """
    known = [audit for audit in drawn if audit.conversation_id in truth]

    def judge(db: Database) -> None:
        for audit in known:
            write_audit(db, audit.id, truth[audit.conversation_id], BY)

    _write(path, judge)
    return len(known)


def _write(path: Path, write: Callable[[Database], T]) -> T:
    try:
        with closing(connect(path).conn) as connection:
            db = Database(connection)
            db.execute("BEGIN IMMEDIATE")
            try:
                done = write(db)
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
            return done
    except sqlite3.Error as exc:
        raise StoreError(f"audits could not be written to {path}: {exc}") from exc
