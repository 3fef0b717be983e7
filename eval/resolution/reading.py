"""Reads what the store knows about outcomes, and the truth that a simulation knows. Writes nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from bot import routing as routes
from bot.routing import Routing
from bot.store.outcomes import AuditRow, OutcomeRow, count_open, read_audits, read_outcomes
from bot.store.tables import rows


class TruthFileError(ValueError):
    """The file of the truth cannot be used; says why."""


class Assigned(NamedTuple):
    """What a customer drew at first contact."""

    arm: str
    propensity: float
    version: int


class Signs(NamedTuple):
    """What the turns of a conversation show beside its outcome."""

    least_confidence: float | None
    last_confidence: float | None
    turns: int
    unanswered: int
    """Turns that no backend answered."""
    last_is_answered: bool


NO_SIGNS = Signs(None, None, 0, 0, False)


@dataclass(frozen=True, slots=True)
class Logs:
    """Everything a comparison rests on."""

    rows: tuple[OutcomeRow, ...]
    """Conversations with a question, oldest first."""
    definition: str | None
    open: int
    """Conversations whose window has not ended."""
    no_question: int
    audits: Mapping[str, AuditRow]
    """By conversation; judged or not."""
    assignments: Mapping[str, Assigned]
    """By customer."""
    routings: Mapping[int, Routing]
    """By version."""
    signs: Mapping[str, Signs]
    """By conversation."""


class Span(NamedTuple):
    """Which conversations are wanted."""

    since: str | None
    """UTC ISO-8601; earlier ones are left out."""
    as_of: str
    """UTC ISO-8601; those whose window ends later are open."""
    source: str | None
    """`live`, `simulated`, …; None takes all."""


EMPTY = Logs((), None, 0, 0, {}, {}, {}, {})


def read_logs(db: Database, span: Span) -> Logs:
    """Read the outcomes of a span with all that belongs to them."""
    found = read_outcomes(db, since=span.since, as_of=span.as_of, source=span.source)
    asked = tuple(row for row in found if row.kind != "no_question")
    audits = read_audits(db, since=span.since, as_of=span.as_of, source=span.source)
    versions = rows(db, "SELECT version, document_json FROM routing")
    return Logs(
        rows=asked,
        definition=_definition(db),
        open=count_open(db, span.since, span.as_of, span.source),
        no_question=len(found) - len(asked),
        audits={audit.conversation_id: audit for audit in audits},
        assignments=_assignments(db),
        routings={row["version"]: routes.from_json(row["version"], row["document_json"]) for row in versions},
        signs=_signs(db, span),
    )


def _definition(db: Database) -> str | None:
    found = db.execute("SELECT definition FROM judging").fetchone()
    return None if found is None else str(found[0])


def _assignments(db: Database) -> dict[str, Assigned]:
    found = db.execute("SELECT unit, arm, propensity, routing_version FROM assignments").fetchall()
    return {unit: Assigned(arm, propensity, version) for unit, arm, propensity, version in found}


_SIGNS = """
    SELECT t.conversation_id, min(t.confidence), count(*), sum(t.backend IS NULL),
        (SELECT l.confidence FROM turns l WHERE l.conversation_id = t.conversation_id ORDER BY l.id DESC LIMIT 1),
        (SELECT l.backend IS NOT NULL FROM turns l WHERE l.conversation_id = t.conversation_id
         ORDER BY l.id DESC LIMIT 1)
    FROM turns t JOIN outcomes o ON o.conversation_id = t.conversation_id
    WHERE o.started_at >= ? AND o.window_ends_at <= ? AND (? IS NULL OR o.source = ?) GROUP BY t.conversation_id
"""


def _signs(db: Database, span: Span) -> dict[str, Signs]:
    found = db.execute(_SIGNS, [span.since or "", span.as_of, span.source, span.source]).fetchall()
    return {
        conversation: Signs(least, last, turns, int(unanswered or 0), bool(is_answered))
        for conversation, least, turns, unanswered, last, is_answered in found
    }


def read_truth(path: Path, outcomes: Mapping[str, OutcomeRow]) -> dict[str, bool]:
    """Read from a simulation's truth which conversations bots alone resolved.

    Those in which the simulator itself was at fault are left out.

    Args:
        path: JSON lines with `conversation_id`, `goal_met`, and perhaps `resolved`.
        outcomes: by conversation; without `resolved` in the file they tell where a person took part.

    Raises:
        TruthFileError: the file is unreadable or a line is no such object.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise TruthFileError(f"cannot read {path}: {exc}") from exc
    found: dict[str, bool] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
            conversation, met = told["conversation_id"], told["goal_met"]
        except (ValueError, TypeError, KeyError) as exc:
            if number == len(lines):  # cut off by a kill
                continue
            raise TruthFileError(
                f"{path}:{number}: expected an object with conversation_id and goal_met, got {line[:80]!r}"
            ) from exc
        if conversation is None or met is None:
            continue
        row = outcomes.get(conversation)
        alone = told.get("resolved")
        found[conversation] = bool(met and not (row and row.handed_off)) if alone is None else bool(alone)
    return found
