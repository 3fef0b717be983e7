"""A bundle under examination: what it says to texts (remembered for each gold text), how fast, how large.

All of it on the model that is served: int8, ONNX Runtime, one thread.
"""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backends.bundle import MANIFEST, replace_text
from backends.intent.classifier import Classifier
from training.nightly.case import Answers
from training.nightly.gold import GOLD, GoldRow
from training.nightly.paired import Floats

ROUNDS, ROUND_TEXTS = 7, 24
"""Rounds of timing, and texts each model gets in a round."""
Said = tuple[str, float, float]
"""First intent, its probability, out-of-scope score."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A bundle with what it has said to gold texts before."""

    path: Path
    intents: frozenset[str]
    known: Mapping[str, Said]
    """By the name of the text."""

    @property
    def id(self) -> str:
        """The bundle's id."""
        return self.path.name

    def unheard(self, rows: Sequence[GoldRow]) -> list[GoldRow]:
        """Rows it has not been asked yet."""
        return [row for row in rows if row.key not in self.known]

    def answers(self, rows: Sequence[GoldRow]) -> Answers:
        """What it says to rows all of which it was asked."""
        said = [self.known[row.key] for row in rows]
        return Answers(
            self.id,
            self.intents,
            tuple(each[0] for each in said),
            np.array([each[1] for each in said], dtype=np.float64),
            np.array([each[2] for each in said], dtype=np.float64),
        )


def call(path: Path, home: Path) -> Witness:
    """Read what a bundle said before; its model is not opened.

    Args:
        path: the bundle's folder.
        home: the `var/` folder, which holds the answers beside the gold set.
    """
    labels = json.loads((path / "labels.json").read_text(encoding="utf-8"))
    return Witness(path, frozenset(labels["intents"]), _remembered(home, path))


def ask(witness: Witness, rows: Sequence[GoldRow], home: Path) -> Witness:
    """Ask what it was not asked yet, and remember it: bundles and gold rows never change.

    Raises:
        BackendError: the bundle is damaged.
        OSError: the answers could not be written.
    """
    new = witness.unheard(rows)
    if not new:
        return witness
    said = classify(Classifier.load(witness.path), [row.text for row in new])
    known = {**witness.known, **{row.key: each for row, each in zip(new, said, strict=True)}}
    replace_text(_memory(home, witness.path.name), json.dumps({"model": _model(witness.path), "said": known}) + "\n")
    return Witness(witness.path, witness.intents, known)


def classify(classifier: Classifier, texts: Sequence[str]) -> list[Said]:
    """First intent, its probability and the out-of-scope score of each text, thresholds ignored."""
    found = classifier.classify(texts)
    return [(parse.ranking[0][0], float(parse.ranking[0][1]), float(parse.oos_score)) for parse in found]


def forget(home: Path, kept: Sequence[str]) -> None:
    """Remove what bundles that are gone have said."""
    for path in (home / GOLD).glob("said-*.json"):
        if path.stem.removeprefix("said-") not in kept:
            path.unlink(missing_ok=True)


def best_of(witnesses: Sequence[Witness], rows: Sequence[GoldRow], challenger: Witness, home: Path) -> Witness | None:
    """Find the most accurate of several bundles on the rows whose intents it shares with the challenger.

    One that shares less than half of the rows does not count. A bundle is asked new rows only while it could still be
    the best with all of them right: most nights one or two are opened.
    """
    best: Witness | None = None
    best_share = -1.0
    for witness in sorted(witnesses, key=lambda each: -_at_most(each, rows, challenger)):
        if _at_most(witness, rows, challenger) <= best_share:
            break
        asked = ask(witness, rows, home)
        share = _at_most(asked, rows, challenger)
        if share > best_share:
            best, best_share = asked, share
    return best if best_share >= 0 else None


def _at_most(witness: Witness, rows: Sequence[GoldRow], challenger: Witness) -> float:
    """Accuracy on the shared rows if all that were not asked were right; -1 when too few are shared."""
    shared = [row for row in rows if row.intent in witness.intents & challenger.intents]
    if not shared or 2 * len(shared) < sum(row.intent in challenger.intents for row in rows):
        return -1.0
    right = sum(row.key not in witness.known or witness.known[row.key][0] == row.intent for row in shared)
    return right / len(shared)


def model_bytes(path: Path) -> int:
    """Size of a bundle's model: what a server keeps in memory for it."""
    return (path / "model.onnx").stat().st_size


def slower(old: Classifier, new: Classifier, texts: Sequence[str], *, rounds: int = ROUNDS) -> float | None:
    """How many times the old model's p95 latency over texts the new one needs; None without texts.

    Of each text the fastest of the rounds counts: what else the machine does can only add time. (Medians of rounds do
    not do: on a busy machine equal models came out 0.07 to 9.7 times as slow as each other.)
    """
    if not texts:
        return None
    chosen = [texts[place] for place in np.linspace(0, len(texts) - 1, min(ROUND_TEXTS, len(texts))).astype(int)]
    seconds = np.array([[(_seconds(old, text), _seconds(new, text)) for text in chosen] for _ in range(rounds)])
    before, after = np.quantile(seconds.min(axis=0), 0.95, axis=0)
    return float(after / before)


def embed_with(classifier: Classifier, texts: Sequence[str]) -> Floats:
    """Unit embeddings of texts: (n, dim)."""
    return classifier.outputs(texts)[1]


def _seconds(classifier: Classifier, text: str) -> float:
    started = time.perf_counter()
    classifier.outputs([text])
    return time.perf_counter() - started


def _remembered(home: Path, bundle: Path) -> dict[str, Said]:
    """What a bundle said before, if it is still the same model; a file that cannot be read is as none."""
    try:
        told: Any = json.loads(_memory(home, bundle.name).read_text(encoding="utf-8"))
        if told["model"] != _model(bundle):
            return {}
        return {str(key): (str(top), float(sure), float(odd)) for key, (top, sure, odd) in told["said"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _model(bundle: Path) -> str:
    """Digest of the manifest, which names every file of the bundle by its own digest."""
    return hashlib.sha256((bundle / MANIFEST).read_bytes()).hexdigest()


def _memory(home: Path, bundle_id: str) -> Path:
    return home / GOLD / f"said-{bundle_id}.json"
