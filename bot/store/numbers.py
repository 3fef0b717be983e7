"""Figures by day for charts: volume, handoffs, latency and cost, by arm, backend and intent. Read-only, all in SQL."""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlite_utils import Database

from bot.ids import first_id

GROUPINGS = ("arm", "backend", "intent")
METRICS = ("volume", "handoff_rate", "latency_ms_p50", "latency_ms_p95", "cost_usd")
NOBODY = "(none)"
"""Name of the group of what no backend answered, or of what has no known intent."""

Series = dict[str, dict[str, dict[str, list[float | None]]]]

_OF_CONVERSATION = {"arm": "arm", "backend": "last_backend", "intent": "last_intent"}
"""A conversation counts with its newest answer."""

# Handed off is what changed owner otherwise than by closing: into the queue, with nobody on duty too, or to a person.
_CONVERSATIONS = """
    SELECT substr(c.created_at, 1, 10) AS day, coalesce(c.{column}, ?) AS name, count(*) AS volume,
        avg(c.owner_seq > (c.owner = 'closed')) AS handoff_rate
    FROM conversations c WHERE c.created_at >= ? AND (? IS NULL OR c.source = ?) GROUP BY 1, 2
"""
_TURNS = """
    SELECT day, name, sum(cost_usd) AS cost_usd,
        max(CASE WHEN place = (n * 50 + 99) / 100 THEN latency_ms END) AS latency_ms_p50,
        max(CASE WHEN place = (n * 95 + 99) / 100 THEN latency_ms END) AS latency_ms_p95
    FROM (
        SELECT day, name, cost_usd, latency_ms,
            row_number() OVER (PARTITION BY day, name ORDER BY latency_ms) AS place,
            count(*) OVER (PARTITION BY day, name) AS n
        FROM (
            SELECT substr(asked_at, 1, 10) AS day, coalesce({column}, ?) AS name, cost_usd, latency_ms
            FROM turns WHERE id >= ? AND (? IS NULL OR source = ?)
        )
    ) GROUP BY 1, 2
"""

_SUGGESTED = {"arm": "c.arm", "backend": "s.backend", "intent": "c.last_intent"}
_SUGGESTIONS = """
    SELECT substr(s.at, 1, 10) AS day, coalesce({column}, ?) AS name, sum(s.cost_usd) AS cost_usd
    FROM suggestions s JOIN conversations c ON c.id = s.conversation_id
    WHERE s.at >= ? AND (? IS NULL OR c.source = ?) GROUP BY 1, 2 HAVING sum(s.cost_usd) > 0
"""


def read_numbers(db: Database, *, days: int, source: str | None, today: date) -> dict[str, Any]:
    """Read the figures of the last days.

    Args:
        days: how many, today included; at least 1.
        source: `live`, `simulated`, …; None takes all.
        today: the last day, UTC.

    Returns:
        `days`, ISO, oldest first; and `series`: metric → grouping → name → one figure a day, null where there is none
        (volume and cost: 0). Cost is that of turns and of answers suggested to operators.
    """
    first = today - timedelta(days=days - 1)
    places = {(first + timedelta(days=place)).isoformat(): place for place in range(days)}
    series: Series = {metric: {} for metric in METRICS}
    for grouping in GROUPINGS:
        sql = _CONVERSATIONS.format(column=_OF_CONVERSATION[grouping])
        rows = db.query(sql, [NOBODY, first.isoformat(), source, source])
        _fill(series, grouping, rows, ("volume", "handoff_rate"), places)
        since = first_id("t", datetime.combine(first, time(), UTC))
        rows = db.query(_TURNS.format(column=grouping), [NOBODY, since, source, source])
        _fill(series, grouping, rows, ("cost_usd", "latency_ms_p50", "latency_ms_p95"), places)
        rows = db.query(_SUGGESTIONS.format(column=_SUGGESTED[grouping]), [NOBODY, first.isoformat(), source, source])
        _add_costs(series["cost_usd"], grouping, rows, places)
    return {"days": list(places), "series": series}


def _fill(series: Series, grouping: str, rows: Any, metrics: tuple[str, ...], places: dict[str, int]) -> None:
    found: dict[str, defaultdict[str, list[float | None]]] = {
        metric: defaultdict(lambda metric=metric: [_nothing(metric)] * len(places))  # type: ignore[misc]
        for metric in metrics
    }
    for row in rows:
        place = places.get(row["day"])
        if place is not None:
            for metric in metrics:
                found[metric][row["name"]][place] = row[metric]
    for metric in metrics:
        series[metric][grouping] = dict(sorted(found[metric].items()))


def _add_costs(
    costs: dict[str, dict[str, list[float | None]]], grouping: str, rows: Any, places: dict[str, int]
) -> None:
    found = costs[grouping]
    for row in rows:
        place = places.get(row["day"])
        if place is not None:
            days = found.setdefault(row["name"], [0] * len(places))
            days[place] = (days[place] or 0) + row["cost_usd"]
    costs[grouping] = dict(sorted(found.items()))


def _nothing(metric: str) -> float | None:
    return 0 if metric in {"volume", "cost_usd"} else None


def audit_mark(db: Database) -> str:
    """Something that changes whenever an audit is judged, drawn or erased."""
    judged, drawn, last = db.execute("SELECT count(judged_at), count(*), max(judged_at) FROM audits").fetchone()
    return f"{judged}/{drawn}/{last}"
