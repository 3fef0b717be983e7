"""Figures as people read them."""


def percent(share: float | None, digits: int = 1) -> str:
    """A share."""
    return "–" if share is None else f"{100 * share:.{digits}f} %"


def brief(share: float) -> str:
    """A share somebody chose: no more digits than it has."""
    return f"{round(100 * share, 2):g} %"


def signed(share: float | None) -> str:
    """A difference of shares in points, with its sign."""
    return "–" if share is None else f"{round(100 * share, 1) + 0.0:+.1f}".replace("-", "−")


def dollars(amount: float | None) -> str:
    """An amount of US dollars: small ones with more digits."""
    if amount is None:
        return "–"
    if amount == 0 or abs(amount) >= 100:
        return f"${amount:,.0f}"
    return f"${amount:.2f}" if abs(amount) >= 0.1 else f"${amount:.2g}"


def span(low: float | None, high: float | None) -> str:
    """An interval of shares, in percent."""
    return "–" if low is None or high is None else f"{100 * low:.1f}–{100 * high:.1f}"


def count(number: float | None) -> str:
    """A count."""
    return "–" if number is None else f"{number:,.0f}"


def duration(seconds: float | None) -> str:
    """A time, in the unit that suits it."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{1000 * seconds:.2g} ms" if seconds < 0.01 else f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def size_of(number: int | float | None) -> str:
    """Bytes."""
    if not number:
        return "–"
    return f"{number / 1e6:,.0f} MB" if number >= 1e6 else f"{number / 1e3:,.1f} kB"


def few(number: float | None, otherwise: str) -> str:
    """A number of examples an intent: whole where that is no loss."""
    if number is None:
        return otherwise
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}".removesuffix(".0")


def listed(names: list[str]) -> str:
    """Names as a list in a sentence."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
