"""Pictures of a comparison as SVG: rates by arm, and each difference as conversations came in. No display is needed."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from eval.resolution.contrast import Contrast

STYLE = {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "resolution"}
BEST, RAW, TRUE, FAINT = "#2f6fdb", "#8a94a6", "#1f8a4c", "#c9d2e0"


def draw(document: Mapping[str, Any], contrasts: Sequence[Contrast]) -> dict[str, str]:
    """Draw what there is, as `<svg>` texts by name: `rates`, `differences`.

    Args:
        document: as `compare_arms` makes it.
        contrasts: with their curves.
    """
    found = {}
    with rc_context(STYLE):
        if document["arms"]:
            found["rates"] = _svg(_rates(document["arms"]))
        drawn = [contrast for contrast in contrasts if contrast.curve["n"]]
        if drawn:
            found["differences"] = _svg(_differences(drawn))
    return found


def _rates(arms: Sequence[Mapping[str, Any]]) -> Figure:
    figure = Figure(figsize=(8, 1.2 + 0.6 * len(arms)), layout="constrained")
    axes = figure.subplots()
    for place, arm in enumerate(reversed(arms)):
        raw = arm["uncorrected"]
        if arm["corrected"]:
            axes.plot([raw["low"], raw["high"]], [place - 0.18] * 2, color=RAW, lw=2)
            axes.plot(raw["value"], place - 0.18, "o", color=RAW, ms=5)
        axes.plot([arm["low"], arm["high"]], [place] * 2, color=BEST, lw=3, solid_capstyle="round")
        axes.plot(arm["rate"], place, "o", color=BEST, ms=8)
        if arm["truth"]:
            axes.plot(arm["truth"]["rate"], place, "x", color=TRUE, ms=9, mew=2.5)
    axes.set_yticks(range(len(arms)), [f"{arm['arm']} ({arm['n']})" for arm in reversed(arms)])
    axes.set(xlim=(0, 1), ylim=(-0.6, len(arms) - 0.4))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(axis="x", color=FAINT, lw=0.6)
    return figure


def _differences(contrasts: Sequence[Contrast]) -> Figure:
    figure = Figure(figsize=(8, 0.4 + 2.4 * len(contrasts)), layout="constrained")
    for axes, found in zip(figure.subplots(len(contrasts), 1, squeeze=False)[:, 0], contrasts, strict=True):
        curve = found.curve
        axes.fill_between(curve["n"], curve["low"], curve["high"], color=BEST, alpha=0.15, lw=0)
        axes.plot(curve["n"], curve["difference"], color=BEST)
        axes.axhline(0, color="#555555", lw=1)
        axes.set_title(f"{found.second} − {found.first}", loc="left", fontsize=10)
        axes.set(xlabel="conversations with a known outcome", ylim=_limits(curve))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    return figure


def _limits(curve: Mapping[str, Sequence[float | None]]) -> tuple[float, float]:
    """What the last two thirds need: the first looks are as wide as the page."""
    late = len(curve["n"]) // 3
    values = [value for name in ("low", "high") for value in curve[name][late:] if value is not None]
    return max(-1.0, min(values) - 0.03), min(1.0, max(values) + 0.03)


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()[buffer.getvalue().index("<svg") :]
