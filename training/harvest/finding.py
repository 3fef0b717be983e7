"""What a guard says about a night's labels. No rule lives here."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from backends.encoder import Floats
from training.harvest.labels import LabelledTurn


@dataclass(frozen=True, slots=True)
class Night:
    """The labels of one night, with what their texts mean."""

    rows: tuple[LabelledTurn, ...]
    vectors: Floats
    """float32 (rows, dim), rows of length 1."""


@dataclass(frozen=True, slots=True)
class Known:
    """Texts whose intent is trusted: the bot folder's examples, and labels that earlier nights accepted."""

    texts: tuple[str, ...]
    intents: tuple[str, ...]
    vectors: Floats
    """float32 (texts, dim), rows of length 1."""

    def at(self, places: Sequence[int]) -> "Known":
        """Some of them."""
        rows = np.array(places, dtype=np.intp)
        return Known(tuple(self.texts[k] for k in places), tuple(self.intents[k] for k in places), self.vectors[rows])

    def only(self, wanted: Callable[[str], bool]) -> "Known":
        """Those of some intents."""
        return self.at([place for place, intent in enumerate(self.intents) if wanted(intent)])


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about tonight that a person should look at."""

    kind: str
    """`share`, `repeats`, `flood`, `content`, `canary`, `too_many`."""
    intent: str | None
    message: str
    turn_ids: tuple[str, ...]
    """The rows it is about."""


@dataclass(frozen=True, slots=True)
class GuardReport:
    """Whether tonight's labels may be learned from."""

    refuse: bool = False
    """The night must not be trained on at all."""
    findings: tuple[Finding, ...] = ()
    set_aside: frozenset[str] = frozenset()
    """Turns that must not be trained on before a person has looked at them."""


def merge(reports: Iterable[GuardReport]) -> GuardReport:
    """Put reports together: refused if one of them refuses."""
    reports = tuple(reports)
    return GuardReport(
        any(report.refuse for report in reports),
        tuple(finding for report in reports for finding in report.findings),
        frozenset[str]().union(*(report.set_aside for report in reports)),
    )
