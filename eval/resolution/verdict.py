"""What the figures mean, in plain words: which arm resolves more, or how long to go on. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bot.wording import counted
from eval.resolution.contrast import Contrast
from eval.resolution.ratio_check import ALARM, RatioCheck

GUARD_WORDS: Mapping[str, str] = {
    "handoff": "hands more customers to a person",
    "latency_ms": "answers more slowly",
    "cost_usd": "costs more a conversation",
}


class Verdict(NamedTuple):
    """The sentence, and what machines may go by."""

    state: str
    """`no_data`, `one_arm`, `suspicious`, `keep_going`, `better`, `worse_elsewhere`, `contradicted`,
    `no_best` or `no_difference`."""
    text: str
    arm: str | None
    """The better arm, if one is."""
    more_conversations: int | None


def verdict(arms: Sequence[str], contrasts: Sequence[Contrast], ratio: RatioCheck | None, still_open: int) -> Verdict:
    """Say what is known.

    Args:
        arms: those with judged conversations.
        contrasts: every pair of them.
        ratio: whether arms got the customers they should have got; None with one arm.
        still_open: conversations whose window has not ended.
    """
    if not arms:
        left = counted(still_open, "conversation is", "conversations are")
        waiting = f" {left} open: the window has not ended." if still_open else ""
        return Verdict("no_data", f"No conversation has been judged yet.{waiting}", None, None)
    if len(arms) == 1:
        return Verdict("one_arm", f"Only {arms[0]} has answered customers: there is nothing to compare.", None, None)
    if ratio is not None and not ratio.is_well:
        return Verdict(
            "suspicious",
            "Do not read the differences: the arms did not get the customers they should have got"
            f" ({_shares(ratio)}). Something loses customers of one arm.",
            None,
            None,
        )
    if any(contrast.is_contradicted for contrast in contrasts):
        return _contradicted(contrasts)
    best = _best(arms, contrasts)
    if best is not None:
        return _better(best, contrasts)
    if all(contrast.is_small and contrast.better is None for contrast in contrasts):
        return Verdict("no_difference", _alike(contrasts), None, 0)
    return _keep_going(contrasts)


def sentence(found: Contrast) -> str:
    """What one comparison says."""
    if found.difference is None:
        return "Too few customers so far to say anything."
    if found.is_contradicted or found.better is not None:
        name = found.by_rules if found.is_contradicted else found.better
        return " ".join([f"{name} resolves more: {_lead(found)}.", *_objections(found), *_audit_says(found)])
    if found.is_small:
        return f"No difference that matters: {_interval(found)}."
    more = f" About {rounded(found.more)} more conversations." if found.more is not None else ""
    return f"Open: {points(found.difference)}, {_interval(found)}.{more}"


def points(share: float) -> str:
    """A difference of shares in points."""
    return f"{round(100 * share, 1) + 0.0:.1f} points".replace("-", "−")


def rounded(number: int) -> str:
    """A forecast, without false precision."""
    if number < 100:
        return str(max(10, round(number, -1)))
    digits = len(str(number)) - 2
    return f"{round(number, -digits):,}"


def _best(arms: Sequence[str], contrasts: Sequence[Contrast]) -> str | None:
    """The arm that is known to beat every other one."""
    for arm in arms:
        own = [contrast for contrast in contrasts if arm in {contrast.first, contrast.second}]
        if own and all(contrast.better == arm for contrast in own):
            return arm
    return None


def _better(best: str, contrasts: Sequence[Contrast]) -> Verdict:
    own = [contrast for contrast in contrasts if best in {contrast.first, contrast.second}]
    beaten = [f"{_lead(c)} (against {c.first if best == c.second else c.second})" for c in own]
    objections = list(dict.fromkeys(text for c in own for text in _objections(c)))
    told = list(dict.fromkeys(text for c in own for text in _audit_says(c)))
    text = " ".join([f"{best} resolves more: {'; '.join(beaten)}.", *objections, *told])
    return Verdict("worse_elsewhere" if objections else "better", text, best, 0)


def _contradicted(contrasts: Sequence[Contrast]) -> Verdict:
    text = " ".join(sentence(contrast) for contrast in contrasts if contrast.is_contradicted)
    return Verdict("contradicted", text, None, None)


def _lead(found: Contrast) -> str:
    """By how much one arm resolves more, with the interval of whoever says so."""
    if found.by_rules is not None:
        aside = "" if found.by_audits == found.by_rules else " by the rules"
        return f"{points(abs(found.difference or 0))} more{aside}, {_interval(found)}"
    assert found.corrected is not None
    value, low, high = found.corrected
    low, high = (low, high) if value > 0 else (-high, -low)
    return f"{points(abs(value))} more by the audits, {_range(low, high)}"


def _objections(found: Contrast) -> list[str]:
    """What speaks against the arm that resolves more, whichever of the two it is."""
    if found.better is None:
        return []
    is_second = found.better == found.second
    broken = [
        GUARD_WORDS[guard.name]
        for guard in found.guards
        if (guard.state == "broken" if is_second else guard.is_broken_by_first)
    ]
    return [f"But it {' and '.join(broken)} than is put up with."] if broken else []


def _audit_says(found: Contrast) -> list[str]:
    """Whether the audits bear out what the rules say."""
    if found.by_rules is None or found.corrected is None:
        return []
    if found.by_audits == found.by_rules:
        return ["The audits bear it out."]
    if found.is_contradicted:
        return ["The audits say the opposite: do not act on the rules alone."]
    value, low, high = found.corrected
    seen = f"{points(value)}, {_range(low, high)}"
    return [f"The audits leave it open whether that is real ({seen}): judge more of them before you decide."]


def _alike(contrasts: Sequence[Contrast]) -> str:
    widest = max(max(abs(c.low or 0), abs(c.high or 0)) for c in contrasts)
    return f"The arms do not differ by more than {points(widest)}: choose by cost, latency or taste."


def _keep_going(contrasts: Sequence[Contrast]) -> Verdict:
    undecided = [contrast for contrast in contrasts if contrast.better is None and not contrast.is_small]
    known = [contrast.more for contrast in undecided if contrast.more is not None]
    beats = [f"{c.better} beats {c.first if c.better == c.second else c.second}" for c in contrasts if c.better]
    so_far = f" So far {', '.join(beats)}." if beats else ""
    if not undecided:
        return Verdict("no_best", f"No arm beats all the others.{so_far}", None, 0)
    if len(known) < len(undecided):
        early = [contrast for contrast in undecided if contrast.difference is None]
        why = "too few customers so far to say how many more are needed" if early else "no difference is in sight"
        return Verdict("keep_going", f"Keep going: {why}.{so_far}", None, None)
    more = max(known)
    text = f"Keep going: about {rounded(more)} more conversations, if things stay as they seem."
    return Verdict("keep_going", text + so_far, None, more)


def _interval(found: Contrast) -> str:
    if found.low is None or found.high is None:
        return "interval unknown"
    sign = -1 if found.is_found and (found.difference or 0) < 0 else 1
    return _range(*sorted((sign * found.low, sign * found.high)))


def _range(low: float, high: float) -> str:
    return f"{points(low).removesuffix(' points')} to {points(high)}"


def _shares(ratio: RatioCheck) -> str:
    told = [f"{arm} {ratio.seen.get(arm, 0)} instead of {expected:.0f}" for arm, expected in ratio.expected.items()]
    return f"{', '.join(told)}; such a gap comes by chance less than once in {1 / ALARM:.0f} experiments"
