"""The comparison at a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from eval.resolution.page import dollars, percent, points, span

MOST_GROUPS = 12


def tables(document: Mapping[str, Any]) -> Iterator[Table]:
    """The tables that have rows: arms, differences, backends, intents."""
    if document["arms"]:
        yield _groups("arm", document["arms"])
    if document["differences"]:
        yield _differences(document["differences"])
    for name, key in (("backend", "backends"), ("intent", "intents")):
        if document[key]:
            yield _groups(name, document[key][:MOST_GROUPS])


def _groups(name: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(name, title_justify="left")
    headings = ["n", "resolved", "95 %", "by rules", "audits", "with help", "handed off", "came back", "abandoned"]
    headings += ["to resolution", "latency", "per resolved"]
    has_truth = any(row["truth"] for row in rows)
    for heading in [*headings, *(["truth"] if has_truth else [])]:
        table.add_column(heading, justify="right")
    for row in rows:
        cells = [
            str(row["n"]),
            percent(row["rate"]),
            span(row),
            percent(row["uncorrected"]["value"]),
            str(row["audit"]["n"]),
            *[percent(row[key]["value"]) for key in ("assisted_rate", "handed_off", "reopened", "abandoned")],
            _amount(row["resolution_s"], "s"),
            _amount(row["latency_ms"]["p50"], "ms"),
            dollars(row["cost_per_resolved_usd"]["value"]),
        ]
        if has_truth:
            cells.append(percent(row["truth"]["rate"]) if row["truth"] else "–")
        table.add_row(row[name], *cells)
    return table


def _differences(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table("difference")
    for heading in ("points", "at any look", "by audits", "guardrails"):
        table.add_column(heading, justify="right")
    table.add_column("what it says", overflow="fold")
    for row in rows:
        told = row["corrected"]
        audits = f"{points(told['difference'])} ({points(told['low'])} to {points(told['high'])})" if told else "–"
        guards = ", ".join(f"{guard['name']} {guard['state']}" for guard in row["guardrails"])
        interval = f"{points(row['low'])} to {points(row['high'])}"
        table.add_row(f"{row['a']} − {row['b']}", points(row["difference"]), interval, audits, guards, row["verdict"])
    return table


def _amount(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:,.0f} {unit}"
