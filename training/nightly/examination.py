"""Puts challenger, champion and the best bundle of late before the same gold rows, and the gate's question to them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from backends.bundle import HISTORY, bundles_dir, verify
from backends.contract import BackendError
from backends.history import last_in_service, read_steps
from backends.intent.classifier import Classifier
from training.dataset import OOS, Dataset, Example
from training.nightly.case import Case, Facts, Verdict, accuracy_on, is_right, shared_rows
from training.nightly.checks import SLOWER
from training.nightly.gate import judge
from training.nightly.gold import Gold, GoldRow, in_scope
from training.nightly.paired import Floats
from training.nightly.witness import Witness, ask, best_of, call, classify, embed_with, model_bytes, slower
from training.split import text_hash

ENOUGH_FROM_LOGS = 200
"""Gold rows in scope from logs and file with which the bot's own rows need not judge any more."""
NEAREST = 3
LEAST_BIN = 5


class Task(NamedTuple):
    """What is to be examined."""

    home: Path
    champion: Path | None
    challenger: Path
    gold: Gold
    dataset: Dataset
    """What the challenger was trained on."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which terms."""

    margin: float
    keep_days: int
    now: datetime
    disputed: frozenset[str] = frozenset()
    """Names of gold texts that judge nobody."""
    corrections: tuple[Example, ...] = ()
    """Operators' labels of earlier nights that the challenger was trained on."""
    wanted: frozenset[str] = frozenset()
    """Intents that tonight's inputs name: none of these may get lost."""


@dataclass(frozen=True, slots=True)
class Examined:
    """The verdict with what it rests on."""

    verdict: Verdict
    rows: tuple[GoldRow, ...]
    """The rows that judged."""
    case: Case
    card: dict[str, Any]
    """The challenger's."""

    @property
    def shared_with_certificate(self) -> int:
        """How many of the rows the challenger's certificate rests on too."""
        return sum(row.origin == "nlu" for row in self.rows)


def judging(gold: Gold, learned: frozenset[str], disputed: frozenset[str]) -> tuple[GoldRow, ...]:
    """Choose the rows that judge: those of logs and file; the bot's own too while those are few.

    Args:
        gold: all rows.
        learned: names of the texts that the challenger learned from; none of them judges.
        disputed: names of rows whose label an operator has changed since.
    """
    fit = [row for row in gold.rows if row.key not in learned and row.key not in disputed]
    told = [row for row in fit if row.origin != "nlu"]
    return tuple(told if in_scope(told) >= ENOUGH_FROM_LOGS else fit)


def examine(task: Task, terms: Terms) -> Examined:
    """Let every bundle answer, measure the rest, and ask the gate.

    Raises:
        BackendError: a bundle is damaged.
        OSError: answers could not be written.
    """
    card = read_card(task.challenger)
    unseen = frozenset(card.get("data", {}).get("unseen", ()))
    taught = frozenset(text_hash(row.text) for row in (*task.dataset.examples, *task.dataset.oos))
    rows = judging(task.gold, taught - unseen, terms.disputed)
    challenger = ask(call(task.challenger, task.home), rows, task.home)
    champion = ask(call(task.champion, task.home), rows, task.home) if task.champion else None
    best = best_of(_of_late(task, terms), rows, challenger, task.home) if champion else None
    case = Case(
        truth=tuple(row.intent for row in rows),
        challenger=challenger.answers(rows),
        champion=champion.answers(rows) if champion else None,
        best=best.answers(rows) if best else None,
        facts=_facts(task, terms, card, unseen),
        margin=terms.margin,
    )
    return Examined(judge(case), rows, case, card)


def read_card(bundle: Path) -> dict[str, Any]:
    """Read a bundle's card."""
    card: dict[str, Any] = json.loads((bundle / "card.json").read_text(encoding="utf-8"))
    return card


def _of_late(task: Task, terms: Terms) -> list[Witness]:
    """Bundles beside champion and challenger that served within the days kept, and are whole."""
    root = bundles_dir(task.home)
    since = terms.now - timedelta(days=terms.keep_days)
    found = []
    for bundle_id, at in last_in_service(read_steps(root / HISTORY)).items():
        if at < since or root / bundle_id in (task.champion, task.challenger):
            continue
        try:
            verify(root / bundle_id, again=False)
        except BackendError:
            continue
        found.append(call(root / bundle_id, task.home))
    return found


def _facts(task: Task, terms: Terms, card: dict[str, Any], unseen: frozenset[str]) -> Facts:
    parity = card.get("parity") or {}
    counts = task.dataset.counts()
    absolute = Facts(
        agreement=parity.get("answered_agreement", parity.get("label_agreement")),
        accuracy=card.get("metrics", {}).get("accuracy"),
        majority=max(counts.values()) / counts.total() if counts else None,
    )
    if task.champion is None:
        return absolute
    old, new = Classifier.load(task.champion), Classifier.load(task.challenger)
    taught = [row for row in terms.corrections if text_hash(row.text) not in unseen and row.intent in old.intents]
    texts = [*(row.text for row in task.gold.rows), *(row.text for row in task.dataset.examples)][:500]
    return Facts(
        agreement=absolute.agreement,
        slower=_slower(old, new, texts),
        larger=model_bytes(task.challenger) / model_bytes(task.champion),
        accuracy=absolute.accuracy,
        majority=absolute.majority,
        corrections=len(taught),
        forgotten=_forgotten(old, new, taught),
        dropped=tuple(sorted((set(old.intents) - set(new.intents)) & terms.wanted)),
    )


def _slower(old: Classifier, new: Classifier, texts: Sequence[str]) -> float | None:
    """Measured again if it comes out too slow: a busy machine seldom is unfair twice."""
    first = slower(old, new, texts)
    if first is None or first <= SLOWER:
        return first
    return min(first, slower(old, new, texts) or first)


def _forgotten(old: Classifier, new: Classifier, taught: Sequence[Example]) -> int:
    texts = [row.text for row in taught]
    pairs = zip(taught, classify(old, texts), classify(new, texts), strict=True)
    return sum(before[0] == row.intent != after[0] for row, before, after in pairs if row.intent != OOS)


def wrong_rows(examined: Examined, added: Sequence[Example], challenger: Path, most: int = 50) -> list[dict[str, Any]]:
    """Describe the gold rows that were right and are wrong now, with the most similar rows added since.

    Args:
        examined: the examination.
        added: rows that the challenger learned and the champion did not.
        challenger: its folder.
        most: rows described.
    """
    places = examined.verdict.wrong[:most]
    if not places:
        return []
    said = examined.case.challenger
    near = _nearest([examined.rows[place].text for place in places], added, challenger)
    return [
        {
            "text": examined.rows[place].text,
            "intent": examined.rows[place].intent,
            "champion": examined.rows[place].intent,
            "challenger": said.top[place],
            "confidence": float(said.confidence[place]),
            "source": f"{examined.rows[place].origin}:{examined.rows[place].source}",
            "nearest": nearest,
        }
        for place, nearest in zip(places, near, strict=True)
    ]


def _nearest(texts: Sequence[str], added: Sequence[Example], challenger: Path) -> list[list[dict[str, Any]]]:
    """For each text the most similar added rows, by the challenger's own embeddings."""
    if not added:
        return [[] for _ in texts]
    classifier = Classifier.load(challenger)
    similar: Floats = embed_with(classifier, texts) @ embed_with(classifier, [row.text for row in added]).T
    return [
        [
            {"text": added[i].text, "intent": added[i].intent, "source": added[i].source, "similarity": float(row[i])}
            for i in np.argsort(-row)[:NEAREST]
        ]
        for row in similar
    ]


def reliability(examined: Examined, bins: int = 10) -> dict[str, list[dict[str, float]]]:
    """Mean confidence and share right by bins of confidence, for champion and challenger on their shared rows."""
    case = examined.case
    if case.champion is None:
        return {}
    rows = shared_rows(case.truth, case.champion, case.challenger)
    found: dict[str, list[dict[str, float]]] = {}
    for name, answers in (("champion", case.champion), ("challenger", case.challenger)):
        right = is_right(case.truth, answers)[rows]
        confidence = answers.confidence[rows]
        place = np.minimum((confidence * bins).astype(int), bins - 1)
        found[name] = [
            {
                "confidence": float(confidence[place == number].mean()),
                "accuracy": float(right[place == number].mean()),
                "n": int((place == number).sum()),
            }
            for number in range(bins)
            if (place == number).sum() >= LEAST_BIN
        ]
    return found


def new_intents(examined: Examined, dataset: Dataset) -> list[dict[str, Any]]:
    """Describe the intents that the challenger knows and the champion does not."""
    case = examined.case
    if case.champion is None:
        return []
    counts = dataset.counts()
    return [
        {
            "intent": intent,
            "rows": counts[intent],
            "n": case.truth.count(intent),
            "accuracy": accuracy_on(case.truth, case.challenger, [intent]) if intent in case.truth else None,
        }
        for intent in sorted(case.challenger.intents - case.champion.intents)
    ]
