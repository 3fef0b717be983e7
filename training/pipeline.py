"""Labelled texts to a served bundle: split, fine-tune, measure, calibrate, learn the rest, export, verify.

It reads no data files and knows no command line: what goes in is a `Dataset`, what comes out is a folder.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from backends.bundle import MANIFEST, bundles_dir
from backends.intent.calibration import Calibration, Floats
from bot.redact import redact
from training.bundling import Candidate, Parity, write_bundle
from training.calibrate import FEWEST_OUTSIDE, Ints, calibrate
from training.dataset import DataError, Dataset, Example
from training.finetune import absorb, finetune
from training.intervals import wilson
from training.metrics import VERSION, auroc, expected_calibration_error, macro_f1, recall_at_rejection
from training.model import IntentModel, Tokens, predict
from training.pretrained import Pretrained, load_pretrained
from training.settings import Recipe
from training.split import Split, hold_out, normalise

Progress = Callable[[str, int, int], None]
"""Told what is going on: stage, steps done, steps in all."""
HELD_OUT_SHARE, MOST_HELD_OUT = 0.1, 800
"""Part of the rows kept back to measure and calibrate, and the most rows that need be."""
PROBES = 500


@dataclass(frozen=True, slots=True)
class Trained:
    """A bundle on disk and how good the model in it was on rows it had not seen."""

    path: Path
    id: str
    examples: int
    intents: int
    seconds: float
    metrics: dict[str, Any]
    """`accuracy` with `accuracy_low`, `accuracy_high` and `n`, `macro_f1`, `ece`, `oos_auroc`, …"""
    parity: Parity

    @property
    def accuracy(self) -> float:
        """Share of held-out texts whose top intent was right."""
        return float(self.metrics["accuracy"])


def train_bundle(
    dataset: Dataset,
    *,
    home: Path,
    out: Path | None = None,
    encoder: str | None = None,
    recipe: Recipe | None = None,
    progress: Progress = lambda _stage, _done, _all: None,
) -> Trained:
    """Train on a data set and write a verified bundle. Promotes nothing.

    Args:
        dataset: labelled texts; rows out of scope make the bundle know "none of these".
        home: the `var/` folder; the bundle goes to `bundles/<time>-<hash>` in it.
        out: the bundle's folder instead; replaced if it is there.
        encoder: a folder, a Hugging Face name, or None for the one that comes with the installation.
        recipe: how to train; the default one when None.
        progress: told how far it is.

    Raises:
        DataError: the data cannot train a classifier, or `out` holds something that is no bundle.
        UnknownEncoder: no such encoder.
        ExportError: the export does not agree with the trained model.
    """
    started = time.monotonic()
    recipe = recipe or Recipe()
    if out is not None:
        _check_out(out)
    dataset = prepare(dataset)
    recipe = recipe.resolved(len(dataset.examples) + len(dataset.oos))
    pretrained = load_pretrained(encoder)
    model, calibration, metrics, probes = _fit(dataset, pretrained, recipe, progress)
    progress("export", 0, 1)
    card = {
        "data": _facts(dataset),
        "metrics": metrics,
        "train_seconds": round(time.monotonic() - started, 1),
    }
    candidate = Candidate(model, pretrained, dataset.intents, calibration, recipe, card)
    path, parity = _place(candidate, probes, home, out)
    progress("export", 1, 1)
    return Trained(
        path=path,
        id=_id_of(path),
        examples=len(dataset.examples),
        intents=len(dataset.intents),
        seconds=round(time.monotonic() - started, 1),
        metrics=metrics,
        parity=parity,
    )


def _facts(dataset: Dataset) -> dict[str, Any]:
    return {
        "digest": dataset.digest(),
        "examples": len(dataset.examples),
        "oos": len(dataset.oos),
        "by_intent": dict(sorted(dataset.counts().items())),
    }


def prepare(dataset: Dataset) -> Dataset:
    """Mask personal data as serving does, and keep one of each equal row.

    Raises:
        DataError: fewer than two intents, or a text with two labels.
    """
    seen: dict[str, Example] = {}
    for row in (*dataset.examples, *dataset.oos):
        masked = replace(row, text=redact(row.text))
        first = seen.setdefault(normalise(masked.text), masked)
        if first.intent != row.intent:
            raise DataError(
                f"{row.text[:80]!r} is labelled {first.intent} ({first.source}) and {row.intent} ({row.source}); "
                "keep one of them (`switchboard data validate` lists all)"
            )
    clean = Dataset.of(seen.values())
    if len(clean.intents) < 2:
        names = ", ".join(clean.intents) or "none"
        raise DataError(f"a classifier needs at least two intents, got {names}; add examples of another intent")
    return clean


def _fit(
    dataset: Dataset, pretrained: Pretrained, recipe: Recipe, progress: Progress
) -> tuple[IntentModel, Calibration, dict[str, Any], list[str]]:
    texts, labels = [row.text for row in dataset.examples], dataset.labels()
    oos = [row.text for row in dataset.oos]
    share = min(HELD_OUT_SHARE, MOST_HELD_OUT / len(texts))
    split, outside = hold_out(dataset.examples, share, seed=recipe.seed), _split_oos(dataset, recipe)
    model = finetune(
        pretrained,
        [texts[place] for place in split.train],
        [labels[place] for place in split.train],
        recipe,
        oos=[oos[place] for place in outside.train],
        on_step=lambda done, total: progress("fine-tune", done, total),
    )
    measured = split.held_out or split.train
    right = np.array([labels[place] for place in measured])
    held = _logits(model, pretrained, [texts[place] for place in measured], recipe)
    strange = _logits(model, pretrained, [oos[place] for place in outside.held_out], recipe)
    calibration = calibrate(held, right, strange, has_outlier=bool(outside.train))
    metrics = _measure(calibration, held, right, strange, is_held_out=bool(split.held_out))
    progress("absorb", 0, 1)
    fresh = [*split.held_out, *(len(texts) + place for place in outside.held_out)]
    if fresh:
        targets = [*labels, *([len(dataset.intents)] * len(oos))]
        absorb(model, pretrained, [*texts, *oos], targets, fresh, recipe)
    progress("absorb", 1, 1)
    probes = [texts[place] for place in [*split.held_out, *split.train][:PROBES]]
    return model, calibration, metrics, probes


def _split_oos(dataset: Dataset, recipe: Recipe) -> Split:
    """Keep back more of the rows out of scope: they are few, and the score is fitted on them."""
    if len(dataset.oos) < FEWEST_OUTSIDE:
        return Split(list(range(len(dataset.oos))), [])
    return hold_out(dataset.oos, 0.25, seed=recipe.seed)


def _logits(model: IntentModel, pretrained: Pretrained, texts: Sequence[str], recipe: Recipe) -> Floats:
    tokens = Tokens(pretrained, texts, max_tokens=recipe.max_tokens)
    return np.asarray(predict(model, tokens)[0].numpy())


def _measure(
    calibration: Calibration, held: Floats, right: Ints, strange: Floats, *, is_held_out: bool
) -> dict[str, Any]:
    probabilities = calibration.probabilities(held)
    top = probabilities.argmax(axis=1)
    rate = wilson(int((top == right).sum()), len(right))
    scores = calibration.oos_scores(held)
    metrics: dict[str, Any] = {
        "definition": VERSION,
        "held_out": is_held_out,
        "n": len(right),
        "accuracy": rate.value,
        "accuracy_low": rate.low,
        "accuracy_high": rate.high,
        "macro_f1": macro_f1([str(i) for i in top], [str(i) for i in right]),
        "ece": expected_calibration_error(probabilities.max(axis=1), top == right),
        "n_oos": len(strange),
    }
    if len(strange):
        outside = calibration.oos_scores(strange)
        metrics["oos_auroc"] = auroc(scores, outside)
        metrics["oos_recall_at_5pct_rejection"] = recall_at_rejection(scores, outside)
    return metrics


def _place(candidate: Candidate, probes: Sequence[str], home: Path, out: Path | None) -> tuple[Path, Parity]:
    """Write the bundle beside its place and move it there whole."""
    root = bundles_dir(home) if out is None else out.resolve().parent
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".draft-") as scratch:
        draft = Path(scratch) / "bundle"
        parity = write_bundle(candidate, probes, draft)
        path = root / _id_of(draft) if out is None else out.resolve()
        if path.exists():
            shutil.rmtree(path)
        draft.rename(path)
    return path, parity


def _check_out(out: Path) -> None:
    """Refuse to replace anything but an earlier bundle."""
    if out.is_file():
        raise DataError(f"{out} is a file; give a folder for the bundle")
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).is_file():
        raise DataError(f"{out} holds other files; give a new or empty folder, or an earlier bundle")


def _id_of(bundle: Path) -> str:
    return str(json.loads((bundle / "card.json").read_text(encoding="utf-8"))["id"])
