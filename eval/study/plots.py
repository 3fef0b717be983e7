"""Pictures of a study, drawn without a display: learning curves, and cost against accuracy."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator, PercentFormatter

from eval.study.costs import pareto
from eval.study.families import FAMILIES, HYBRID, PROMPT_TUNING, PROMPTING, TRIVIAL, TUNING, family, title
from eval.study.point import MAIN, NO_EXAMPLES
from eval.study.words import dollars

STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "study",
    "svg.fonttype": "path",
}
COLOURS = {TRIVIAL: "#7a8599", TUNING: "#2f6fdb", PROMPT_TUNING: "#1f8a4c", PROMPTING: "#c8501e", HYBRID: "#8a4bbf"}
DASHES = ("-", "--", ":", "-.", (0, (6, 1)), (0, (3, 1, 1, 1, 1, 1)))
NEAR = 0.06
"""Part of an axis that the name of a size takes."""
FAINT, DARK = "#e2e6ee", "#1d2433"

Curve = Sequence[Mapping[str, Any]]


class Picture:
    """One drawn figure."""

    def __init__(self, figure: Figure) -> None:
        """Take a figure; it is not changed any more."""
        self._figure = figure

    def svg(self) -> str:
        """As an `<svg>` element."""
        text = self._save("svg", metadata={"Date": None}).decode()
        return text[text.index("<svg") :]

    def png(self) -> bytes:
        """As PNG, 150 dots an inch."""
        return self._save("png", dpi=150)

    def _save(self, kind: str, **options: Any) -> bytes:
        buffer = io.BytesIO()
        with rc_context(STYLE):
            self._figure.savefig(buffer, format=kind, facecolor="white", **options)
        return buffer.getvalue()


def draw(document: Mapping[str, Any]) -> dict[str, Picture]:
    """Draw what there is: `curves` and `pareto`; nothing without a score.

    Args:
        document: as `answer.answer` makes it.
    """
    curves = _by_technique(document)
    if not curves:
        return {}
    with rc_context(STYLE):
        return {
            "curves": Picture(_curves(curves, document["representatives"])),
            "pareto": Picture(_pareto(document)),
        }


def _by_technique(document: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in document["curves"]:
        if row["setting"] == MAIN and row["accuracy"] is not None:
            found.setdefault(row["technique"], []).append(row)
    return found


def _curves(curves: Mapping[str, Curve], representatives: Mapping[str, str]) -> Figure:
    """Above, the best of each way; below, all of each way, with the others' curves behind."""
    ways = [way for way in FAMILIES if way in representatives]
    figure = Figure(figsize=(10, 9), layout="constrained")
    above, below = np.ravel(figure.subfigures(2, 1, squeeze=False, height_ratios=(3, 2.3)))
    ticks = _ticks(curves)
    top = above.subplots()
    for way in ways:
        _line(top, curves[representatives[way]], COLOURS[way], ticks, label=title(representatives[way]))
    _axis(top, ticks)
    top.set(xlabel="labelled examples an intent", ylabel="accuracy")
    top.set_title("The best of each way, with 95 % intervals", loc="left", fontsize=11)
    top.legend(frameon=False, loc="best", fontsize=9)
    panels = below.subplots(1, len(ways), sharey=True, squeeze=False)[0]
    for axes, way in zip(panels, ways, strict=True):
        _panel(axes, way, curves, ticks)
    panels[0].set_ylabel("accuracy")
    return figure


def _panel(axes: Axes, way: str, curves: Mapping[str, Curve], ticks: Sequence[tuple[float, str]]) -> None:
    for curve in curves.values():
        _line(axes, curve, FAINT, ticks)
    own = [technique for technique in curves if family(technique) == way]
    for place, technique in enumerate(own):
        style = DASHES[place % len(DASHES)]
        _line(axes, curves[technique], _shade(COLOURS[way], place), ticks, label=title(technique), style=style)
    named = [tick for tick in ticks if tick[1]]
    few = [*named[:-1:2], named[-1]] if len(named) > 4 else named
    _axis(axes, [(place, "all" if name.startswith("all") else name) for place, name in few])
    axes.legend(frameon=False, fontsize=6.5, loc="upper center", bbox_to_anchor=(0.5, -0.12), handlelength=2.6)


def _line(
    axes: Axes, curve: Curve, colour: Any, ticks: Sequence[tuple[float, str]], *, label: str = "", style: Any = "-"
) -> None:
    """A curve with its points; what learns from nothing is a level line."""
    places = [_place(row) for row in curve]
    values, lows, highs = ([row[name] for row in curve] for name in ("accuracy", "low", "high"))
    is_level = all(row["size"] == NO_EXAMPLES for row in curve)
    if is_level:
        places, values = [ticks[0][0], ticks[-1][0]], values[:1] * 2
        lows, highs = lows[:1] * 2, highs[:1] * 2
    marker = "" if is_level or colour == FAINT else "o"
    axes.plot(places, values, color=colour, ls=style, marker=marker, ms=2.5, lw=1.6, label=label or None)
    if colour != FAINT:
        axes.fill_between(places, lows, highs, color=colour, alpha=0.1, lw=0)
    if colour != FAINT and len(places) == 1:
        axes.plot(places * 2, [lows[0], highs[0]], color=colour, lw=1)


def _shade(colour: str, place: int) -> tuple[float, float, float]:
    """Darker and lighter ones of a colour, for curves of one way."""
    red, green, blue = to_rgb(colour)
    step = (0.0, -0.45, 0.4, -0.7, 0.6, -0.25)[place % 6]
    towards, share = (1.0 if step > 0 else 0.0), abs(step)
    return red + share * (towards - red), green + share * (towards - green), blue + share * (towards - blue)


def _place(row: Mapping[str, Any]) -> float:
    return float(max(row["n_per_intent"], 1))


def _ticks(curves: Mapping[str, Curve]) -> list[tuple[float, str]]:
    """Place and name of each size; the largest ones win where sizes are close."""
    names = {
        _place(row): f"all ({row['n_per_intent']})" if row["size"] == "all" else str(row["size"])
        for curve in curves.values()
        for row in curve
        if row["size"] != NO_EXAMPLES
    }
    ordered = sorted(names.items()) or [(1.0, "0"), (10.0, "")]
    reach = ordered[-1][0] / ordered[0][0]
    return [
        (place, name if after is None or after[0] / place > reach**NEAR else "")
        for (place, name), after in zip(ordered, [*ordered[1:], None], strict=True)
    ]


def _axis(axes: Axes, ticks: Sequence[tuple[float, str]]) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks([place for place, _ in ticks], [name for _, name in ticks])
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(axis="y", color=FAINT, lw=0.6)


def _pareto(document: Mapping[str, Any]) -> Figure:
    """What a month costs against accuracy, at the protocol's own traffic."""
    turns = document["tariffs"]["turns_a_month"]
    rows = [row for row in document["costs"] if row["turns_a_month"] == turns]
    figure = Figure(figsize=(10, 5.6), layout="constrained")
    axes = figure.subplots()
    named: set[str] = set()
    names = dict.fromkeys(row["technique"] for row in rows)
    for technique in sorted(names, key=lambda name: list(FAMILIES).index(family(name))):
        own = sorted((row for row in rows if row["technique"] == technique), key=lambda row: row["n_per_intent"])
        way = family(technique)
        label = None if way in named else FAMILIES[way]
        named.add(way)
        costs = [_dear(row) for row in own]
        axes.plot(
            costs, [row["accuracy"] for row in own], "o-", color=COLOURS[way], ms=4, lw=0.8, alpha=0.75, label=label
        )
    _frontier(axes, pareto(rows))
    axes.set_xscale("log")
    axes.set(xlim=(0.3 * min(_dear(row) for row in rows), None), ylim=(0, None))  # names stand left of their points
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: dollars(value)))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(color=FAINT, lw=0.6)
    axes.set(xlabel=f"US dollars a month at {turns:,} turns, labels and training included", ylabel="accuracy")
    figure.legend(frameon=False, loc="outside lower center", ncols=3, fontsize=8.5)
    return figure


def _frontier(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    """The points that nothing else beats in both."""
    axes.plot([_dear(row) for row in rows], [row["accuracy"] for row in rows], color=DARK, lw=1.4, ls=":", zorder=0)
    last = -1.0
    for row in reversed(rows):
        if last < 0 or last - row["accuracy"] > 0.035:
            last = row["accuracy"]
            name = f"{title(row['technique'])}, {row['size']}"
            axes.annotate(
                name, (_dear(row), last), xytext=(-6, 5), textcoords="offset points", ha="right", fontsize=7.5
            )


def _dear(row: Mapping[str, Any]) -> float:
    return max(float(row["usd_a_month"]), 0.001)
