"""The comparison as a page that needs no other file and no network."""

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from eval.resolution.contrast import Contrast
from eval.resolution.plots import draw


def render(document: Mapping[str, Any], contrasts: Sequence[Contrast]) -> str:
    """Make the page.

    Args:
        document: as `compare_arms` makes it.
        contrasts: with their curves, for the plots.
    """
    environment = Environment(
        loader=PackageLoader("eval.resolution"), autoescape=select_autoescape(default=True), trim_blocks=True
    )
    environment.filters.update(percent=percent, points=points, dollars=dollars, span=span)
    return environment.get_template("report.html").render(it=document, plots=draw(document, contrasts))


def percent(share: float | None) -> str:
    """A share for people."""
    return "–" if share is None else f"{100 * share:.1f} %"


def points(share: float | None) -> str:
    """A difference of shares, with its sign."""
    return "–" if share is None else f"{round(100 * share, 1) + 0.0:+.1f}".replace("-", "−")


def dollars(amount: float | None) -> str:
    """An amount of US dollars: small ones with more digits."""
    if amount is None:
        return "–"
    return f"${amount:,.2f}" if abs(amount) >= 1 else f"${amount:.4f}"


def span(interval: Mapping[str, float | None]) -> str:
    """An interval of shares."""
    low, high = interval["low"], interval["high"]
    return "–" if low is None or high is None else f"{100 * low:.1f}–{100 * high:.1f}"
