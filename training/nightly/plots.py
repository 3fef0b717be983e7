"""Pictures of a night as SVG text, drawn without a display."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

OLD, NEW, BAD = "#8a94a6", "#2f6fdb", "#c0392b"
MOST_INTENTS = 40
STYLE = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "night"}


def draw(document: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Draw what there are figures for: `intents`, `labels`, `calibration`, `nights`.

    Args:
        document: a night's report.
        history: reports of earlier nights, oldest first.
    """
    makers: dict[str, Callable[[], Figure | None]] = {
        "intents": lambda: _intents(document.get("intents") or ()),
        "labels": lambda: _labels(document.get("snapshot", {}).get("by_provenance") or {}),
        "calibration": lambda: _calibration(document.get("reliability") or {}),
        "nights": lambda: _nights([*history, document]),
    }
    found = {}
    with rc_context(STYLE):
        for name, make in makers.items():
            figure = make()
            if figure is not None:
                found[name] = _svg(figure)
    return found


def _intents(rows: Sequence[Mapping[str, Any]]) -> Figure | None:
    """Accuracy of each intent before and after; those that moved most come first when there are many."""
    if not rows:
        return None
    shown = sorted(rows, key=lambda row: -abs(row["new"] - row["old"]))[:MOST_INTENTS]
    shown = sorted(shown, key=lambda row: str(row["intent"]), reverse=True)
    figure = Figure(figsize=(7.5, 0.8 + 0.24 * len(shown)), layout="constrained")
    axes = figure.subplots()
    for place, row in enumerate(shown):
        axes.plot(
            [row["old"], row["new"]], [place, place], color=BAD if row["is_harmed"] else "#c9d2e0", lw=2, zorder=1
        )
    axes.scatter([row["old"] for row in shown], range(len(shown)), color=OLD, label="champion", zorder=2)
    axes.scatter([row["new"] for row in shown], range(len(shown)), color=NEW, s=18, label="challenger", zorder=3)
    axes.set_yticks(range(len(shown)), [f"{row['intent']} ({row['n']})" for row in shown])
    axes.set(xlabel="accuracy on its gold rows (rows)", xlim=(-0.03, 1.03), ylim=(-0.7, len(shown) - 0.3))
    axes.legend(loc="lower left", frameon=False)
    return figure


def _labels(counts: Mapping[str, int]) -> Figure | None:
    if not counts:
        return None
    figure = Figure(figsize=(7.5, 0.7 + 0.35 * len(counts)), layout="constrained")
    axes = figure.subplots()
    names = list(counts)[::-1]
    bars = axes.barh(names, [counts[name] for name in names], color=NEW)
    axes.bar_label(bars, padding=3)
    axes.set(xlabel="labelled turns")
    return figure


def _calibration(by_model: Mapping[str, Sequence[Mapping[str, float]]]) -> Figure | None:
    """Accuracy over confidence; on the line, a confidence is what it says."""
    if not any(by_model.values()):
        return None
    figure = Figure(figsize=(4.5, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#c9d2e0", lw=1)
    for name, color in (("champion", OLD), ("challenger", NEW)):
        bins = by_model.get(name) or ()
        axes.plot([b["confidence"] for b in bins], [b["accuracy"] for b in bins], color=color, marker="o", label=name)
    axes.set(xlabel="confidence", ylabel="right", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.legend(loc="upper left", frameon=False)
    return figure


def _nights(documents: Sequence[Mapping[str, Any]]) -> Figure | None:
    """Accuracy of champion and challenger on the gold set of each night."""
    compared = [(document, document["overall"][0]) for document in documents if document.get("overall")]
    if len(compared) < 2:
        return None
    figure = Figure(figsize=(7.5, 2.8), layout="constrained")
    axes = figure.subplots()
    places = range(len(compared))
    axes.plot(places, [overall["old"] for _, overall in compared], color=OLD, marker="o", ms=3, label="champion")
    axes.plot(places, [overall["new"] for _, overall in compared], color=NEW, marker="o", ms=3, label="challenger")
    refused = [(place, overall["new"]) for place, (document, overall) in enumerate(compared) if _is_refused(document)]
    if refused:
        axes.scatter(*zip(*refused, strict=True), color=BAD, marker="x", zorder=3, label="refused")
    axes.set_xticks(places, [str(document["at"])[5:10] for document, _ in compared], rotation=90)
    axes.set(ylabel="gold rows right")
    axes.legend(loc="lower right", frameon=False)
    return figure


def _is_refused(document: Mapping[str, Any]) -> bool:
    return bool(document.get("decision") == "refused")


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()[buffer.getvalue().index("<svg") :]
