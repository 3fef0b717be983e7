"""The comparison at a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from eval.resolution.page import dollars, percent, points, span

MOST_GROUPS = 12


def tables(document: Mapping[str, Any]) -> Iterator[Table]:
    """The tables that have rows: arms, what they took, differences, backends, intents."""
    if document["arms"]:
        yield _rates("arm", document["arms"])
        yield _efforts("arm", document["arms"])
    if document["differences"]:
        yield _differences(document["differences"])
    for name, key in (("backend", "backends"), ("intent", "intents")):
        if document[key]:
            yield _rates(name, document[key][:MOST_GROUPS])


def _rates(name: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """How many were resolved; narrow enough for a terminal of 80 columns."""
    has_truth = any(row["truth"] for row in rows)
    headings = ["n", "resolved", "95 %", "by rules", "audits", *(["truth"] if has_truth else [])]
    table = _table(name, headings)
    for row in rows:
        cells = [str(row["n"]), percent(row["rate"]), span(row), percent(row["uncorrected"]["value"])]
        cells.append(str(row["audit"]["n"]))
        if has_truth:
            cells.append(percent(row["truth"]["rate"]) if row["truth"] else "–")
        table.add_row(row[name] or "(none)", *cells)
    return table


def _efforts(name: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """How the others ended, and what a thousand resolved conversations cost."""
    table = _table(name, ["helped", "handed off", "came back", "left", "latency", "per 1,000"])
    for row in rows:
        shares = [percent(row[key]["value"]) for key in ("assisted_rate", "handed_off", "reopened", "abandoned")]
        cost = row["cost_per_resolved_usd"]["value"]
        for_many = dollars(None if cost is None else 1000 * cost)
        table.add_row(row[name] or "(none)", *shares, _amount(row["latency_ms"]["p50"], "ms"), for_many)
    return table


def _table(name: str, headings: Sequence[str]) -> Table:
    table = Table(name)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _differences(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table("difference", ["points", "at any look", "by audits"])
    table.add_column("guardrails", overflow="fold")
    for row in rows:
        told = row["corrected"]
        audits = f"{points(told['difference'])} ({points(told['low'])} to {points(told['high'])})" if told else "–"
        broken = [f"{guard['name']} {guard['state']}" for guard in row["guardrails"] if guard["state"] != "held"]
        guards = ", ".join(broken) or "all held"
        interval = f"{points(row['low'])} to {points(row['high'])}"
        table.add_row(f"{row['a']} − {row['b']}", points(row["difference"]), interval, audits, guards)
    return table


def _amount(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:,.0f} {unit}"
