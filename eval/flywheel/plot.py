"""The picture of a simulation as SVG, drawn without a display."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from eval.flywheel.points import GATED, GOLD, NAIVE

LOOKS = {
    GOLD: ("#8a94a6", "told the truth"),
    GATED: ("#2f6fdb", "nightly run: guards and gate"),
    NAIVE: ("#c0392b", "believes everything"),
}
STYLE = {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "flywheel"}


def draw(document: Mapping[str, Any]) -> str:
    """Draw accuracy over nights: mean and range over seeds, the poisoned night, and the nights refused.

    Args:
        document: as `outcome.outcome` gives it, with at least one seed.
    """
    with rc_context(STYLE):
        figure = Figure(figsize=(8.5, 5.2), layout="constrained")
        curves, below = figure.subplots(2, 1, sharex=True, height_ratios=(6, 1))
        _curves(curves, document)
        _refusals(below, document)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def _curves(axes: Axes, document: Mapping[str, Any]) -> None:
    for loop, (colour, name) in LOOKS.items():
        values = 100 * np.array([row["accuracy"] for row in document["loops"][loop]])
        nights = np.arange(values.shape[1])
        axes.fill_between(nights, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.1, lw=0)
        axes.plot(nights, values.mean(axis=0), color=colour, label=name)
    for place, day in enumerate(document["plan"]["late_days"]):
        axes.axvline(day, color="#b6bdc9", ls=":", lw=1, label=None if place else "a topic nobody foresaw comes up")
    poisoned = document["poisoned_night"]["night"]
    axes.axvline(poisoned, color="#555555", ls="--", lw=1)
    axes.annotate(
        "poisoned", (poisoned, 1), xycoords=("data", "axes fraction"), xytext=(3, -10), textcoords="offset points"
    )
    axes.set_ylabel("test accuracy, %, on topics asked for so far")
    axes.legend(loc="lower left", frameon=False)
    axes.grid(axis="y", color="#e6e9ef")


def _refusals(axes: Axes, document: Mapping[str, Any]) -> None:
    """A row for each seed: the nights on which the champion stayed."""
    for place, row in enumerate(document["decisions"]):
        refused = [night["night"] for night in row["decisions"] if night["decision"] == "refused"]
        axes.scatter(refused, [place] * len(refused), marker="x", s=22, color=LOOKS[GATED][0])
    seeds = [row["seed"] for row in document["decisions"]]
    axes.axvline(document["poisoned_night"]["night"], color="#555555", ls="--", lw=1)
    axes.set_yticks(range(len(seeds)), [f"seed {seed}" for seed in seeds])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="night (x: refused, the champion stays)", ylim=(-0.7, len(seeds) - 0.3))
