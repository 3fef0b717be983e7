"""Texts of the bot itself that must keep their intent: whether a challenger has turned some, and which rows did it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from backends.intent.classifier import Classifier
from training.dataset import OOS, Example
from training.harvest.canaries import Canary, canary_report, flips
from training.harvest.finding import GuardReport, Night
from training.harvest.labels import LabelledTurn
from training.nightly.case import Check
from training.nightly.witness import classify, embed_with
from training.split import text_hash

EACH = 10
"""Canaries of an intent at most."""


def choose(own: Iterable[Example], unseen: frozenset[str]) -> tuple[Canary, ...]:
    """Choose the canaries: some rows of each of the bot's intents, by their hash, so that they stay the same ones.

    Args:
        own: rows of the bot's NLU files.
        unseen: names of texts that models do not learn from; those are no canaries.
    """
    by_intent: dict[str, dict[str, str]] = defaultdict(dict)
    for row in own:
        key = text_hash(row.text)
        if row.intent != OOS and key not in unseen:
            by_intent[row.intent].setdefault(key, row.text)
    return tuple(
        Canary(texts[key], intent) for intent, texts in sorted(by_intent.items()) for key in sorted(texts)[:EACH]
    )


def look(
    canaries: Sequence[Canary], champion: Classifier, challenger: Classifier, added: Sequence[LabelledTurn]
) -> GuardReport:
    """Compare what both models say to the canaries.

    Args:
        canaries: the fixed list.
        champion: the model in service.
        challenger: the new one.
        added: turns the challenger learned and the champion did not: what may have turned a canary.
    """
    known = [canary for canary in canaries if canary.intent in champion.intents and canary.intent in challenger.intents]
    if not known:
        return GuardReport()
    texts = [canary.text for canary in known]
    before = [said[0] for said in classify(champion, texts)]
    after = [said[0] for said in classify(challenger, texts)]
    vectors = np.asarray(embed_with(champion, [*texts, *(row.text for row in added)]), dtype=np.float32)
    found = flips(known, vectors[: len(known)], before, after, Night(tuple(added), vectors[len(known) :]))
    return canary_report(found, len(known))


def check(report: GuardReport, count: int) -> Check:
    """The gate's question about the canaries."""
    told = "; ".join(finding.message for finding in report.findings) or f"None of {count} canaries turned."
    figures = {"canaries": count, "rows": sorted(report.set_aside)}
    return Check("canaries", not report.refuse, told, figures, count == 0)
