"""How often articles were cited and replies given, and which questions nobody answered. Read-only."""

from typing import NamedTuple

from sqlite_utils import Database


class Used(NamedTuple):
    """How often something was shown to customers."""

    name: str
    n: int
    last_at: str
    disliked: int
    """Thumbs down."""


class Unanswered(NamedTuple):
    """One question that the bot had no answer to."""

    turn_id: str
    text: str


_DISLIKED = "t.id IN (SELECT turn_id FROM signals WHERE kind = 'feedback' AND value = '-1' AND turn_id IS NOT NULL)"


def cited_articles(db: Database, *, since: str, source: str) -> dict[str, Used]:
    """Count the turns that cite each article, by its id.

    Args:
        since: the smallest id of a turn that counts, see `bot.ids.first_id`.
        source: `live`, `simulated`, `test` or `cli`.
    """
    return _used(
        db,
        "SELECT json_extract(c.value, '$.article_id'), count(DISTINCT t.id), max(t.asked_at),"
        f" count(DISTINCT CASE WHEN {_DISLIKED} THEN t.id END)"
        " FROM turns t, json_each(t.citations_json) c"
        " WHERE t.id >= ? AND t.source = ? AND t.citations_json != '[]' GROUP BY 1",
        since,
        source,
    )


def given_replies(db: Database, *, since: str, source: str) -> dict[str, Used]:
    """Count the turns that the content of each intent answered; arguments as above."""
    return _used(
        db,
        f"SELECT t.intent, count(*), max(t.asked_at), sum({_DISLIKED}) FROM turns t"
        " WHERE t.id >= ? AND t.source = ? AND t.mode IN ('template', 'flow') AND t.kind != 'clarify'"
        " AND t.outcome IN ('answered', 'handoff') AND t.intent IS NOT NULL GROUP BY 1",
        since,
        source,
    )


def unanswered(db: Database, *, since: str, source: str, most: int) -> list[Unanswered]:
    """Read the newest typed questions that no backend answered; arguments as above."""
    found = db.execute(
        "SELECT id, text FROM turns WHERE id >= ? AND source = ? AND payload IS NULL AND backend IS NULL"
        " AND outcome IN ('fallback', 'handoff', 'unanswered') ORDER BY id DESC LIMIT ?",
        [since, source, most],
    )
    return [Unanswered(*row) for row in found]


def _used(db: Database, sql: str, since: str, source: str) -> dict[str, Used]:
    return {row[0]: Used(*row) for row in db.execute(sql, [since, source]) if row[0] is not None}
