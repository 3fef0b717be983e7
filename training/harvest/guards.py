"""All guards of one night together: what is set aside, and when the whole night is refused."""

from dataclasses import dataclass

from training.harvest.content import Rule, contradictions
from training.harvest.finding import Finding, GuardReport, Known, Night, merge
from training.harvest.floods import floods
from training.harvest.labels import LabelledTurn, Provenance
from training.harvest.repeats import repeats
from training.harvest.shares import share_shifts

MOST_ASIDE = 0.4
"""Share of a night's rows from which something is wrong with the night rather than with rows."""
LEAST_TO_REFUSE = 20
"""Rows a night needs before that share means anything."""


@dataclass(frozen=True, slots=True)
class Past:
    """The reference period: what the nights before tonight brought."""

    nights: tuple[tuple[LabelledTurn, ...], ...] = ()
    """Accepted labels, a tuple for each night, oldest first."""

    @property
    def rows(self) -> tuple[LabelledTurn, ...]:
        """All of them."""
        return tuple(row for night in self.nights for row in night)


def guard(
    night: Night, past: Past, known: Known, *, vouched: frozenset[str] = frozenset(), rule: Rule | None = None
) -> GuardReport:
    """Judge a night's labels before anything is trained on them.

    Contradicted rows, repeats and floods are set aside. An intent whose share jumps while its texts read like it is
    a busy topic: that is reported, and its rows are set aside only where they are unlike the intent. The night is
    refused when too much of it would have to be set aside.

    Args:
        night: tonight's labels.
        past: the nights before.
        known: trusted texts, the accepted labels of earlier nights among them if they are to count as such.
        vouched: turns that two people labelled alike; never set aside.
        rule: thresholds for labels against texts.
    """
    shifts = share_shifts(night.rows, past.nights)
    rising = frozenset(finding.intent for finding in shifts if finding.intent is not None)
    content = contradictions(night, known, vouched=vouched, rising=rising, rule=rule)
    stream = tuple(
        GuardReport(False, found, frozenset(turn for finding in found for turn in _doubtful(finding, night)) - vouched)
        for found in (repeats(night.rows, past.rows), floods(night.rows, past.rows))
    )
    return _with_refusal(merge((content, *stream, GuardReport(False, shifts))), len(night.rows))


def _doubtful(finding: Finding, night: Night) -> frozenset[str]:
    """Rows of a finding that no operator labelled: what a person looked at is no flood's doing."""
    by_operator = {row.turn_id for row in night.rows if row.provenance == Provenance.OPERATOR}
    return frozenset(finding.turn_ids) - by_operator


def _with_refusal(report: GuardReport, rows: int) -> GuardReport:
    if rows < LEAST_TO_REFUSE or len(report.set_aside) < MOST_ASIDE * rows:
        return report
    message = f"{len(report.set_aside)} of tonight's {rows} labels would have to be set aside: the night is refused"
    finding = Finding("too_many", None, message, tuple(sorted(report.set_aside)))
    return GuardReport(True, (*report.findings, finding), report.set_aside)
