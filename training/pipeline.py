"""Labelled texts to a served bundle: split, fine-tune, measure, calibrate, learn the rest, export, verify.

It reads no data files and knows no command line: what goes in is a `Dataset`, what comes out is a folder.
"""

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from backends.bundle import BUNDLES, MANIFEST, PROMPTS, bundles_dir
from backends.classified.calibration import Calibration, Certificate
from bot.redact import redact
from training.bundling import Candidate, Parity, write_bundle
from training.dataset import DataError, Dataset, Example
from training.fitting import Fitting, Parts, parts_of, settled
from training.pretrained import Pretrained, load_pretrained
from training.proof import Proof
from training.settings import PROMPTS as PROMPT_TECHNIQUES
from training.settings import Recipe
from training.split import normalise, text_hash
from training.trainer import is_first_process

Progress = Callable[[str, int, int], None]
"""Told what is going on: stage, steps done, steps in all."""
PROBES = 300


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
    certificates: tuple[Certificate, ...] = ()
    """Error budgets that the served model is proven to keep."""

    @property
    def accuracy(self) -> float:
        """Share of held-out texts whose top intent was right."""
        return float(self.metrics["accuracy"])


class OtherProcess(Exception):
    """Raised in every process but the first of a training on several; there is nothing to write."""


def train_bundle(  # noqa: PLR0913  # all but the first two have a default, and each is one decision
    dataset: Dataset,
    *,
    home: Path,
    out: Path | None = None,
    encoder: str | Pretrained | None = None,
    recipe: Recipe | None = None,
    name: str | None = None,
    progress: Progress = lambda _stage, _done, _all: None,
) -> Trained:
    """Train on a data set and write a verified bundle, or a prompt with its encoder. Promotes nothing.

    Args:
        dataset: labelled texts; rows out of scope make the bundle know "none of these".
        home: the `var/` folder; the bundle goes to `bundles/<time>-<hash>` in it, a prompt to `prompts/…`.
        out: the bundle's folder instead; replaced if it is there.
        encoder: a folder, a Hugging Face name, one that is loaded already, or None for the one that comes with the
            installation.
        recipe: how to train; the default one when None.
        name: what a prompt is called in settings, beside its id.
        progress: told how far it is.

    Raises:
        DataError: the data cannot train a classifier, or `out` holds something that is no bundle.
        UnknownEncoder: no such encoder, or none that takes prompts.
        ExportError: the export does not agree with the trained model.
        OtherProcess: in all but the first of several processes that train together.
    """
    started = time.monotonic()
    recipe = recipe or Recipe()
    if out is not None:
        _check_out(out)
    dataset = prepare(dataset)
    pretrained = encoder if isinstance(encoder, Pretrained) else load_pretrained(encoder)
    candidate, probes = _candidate(dataset, pretrained, recipe, home, progress)
    if name is not None and candidate.recipe.technique in PROMPT_TECHNIQUES:
        candidate = replace(candidate, card={**candidate.card, "name": name})
    progress("export", 0, 1)
    path, parity = _place(candidate, probes, home, out)
    progress("export", 1, 1)
    return Trained(
        path=path,
        id=_id_of(path),
        examples=len(dataset.examples),
        intents=len(dataset.intents),
        seconds=round(time.monotonic() - started, 1),
        metrics=_card(path)["metrics"],
        parity=parity,
        certificates=Calibration.load(path).certificates,
    )


def _candidate(
    dataset: Dataset, pretrained: Pretrained, recipe: Recipe, home: Path, progress: Progress
) -> tuple[Candidate, list[str]]:
    """Train, and give what a bundle is made of with the texts to compare its export by."""
    started, parts = time.monotonic(), parts_of(dataset, recipe)
    whole = settled(recipe, dataset, parts)
    with _checkpoints(home, dataset, pretrained, whole) as checkpoints:
        on_step = partial(progress, whole.technique or "finetune")
        fitted = Fitting(dataset, parts, pretrained, whole, on_step, checkpoints).run()
    if not is_first_process():
        raise OtherProcess("this process only trains along; the first one writes the bundle")
    card = {"data": _facts(dataset, parts), "train_seconds": round(time.monotonic() - started, 1)}
    finish = Proof(dataset, parts, fitted, recipe.certify_confidence).finish
    candidate = Candidate(fitted.model, pretrained, dataset.intents, fitted.calibration, whole, card, finish)
    texts = [row.text for row in dataset.examples]
    probes = [texts[place] for place in [*parts.certified, *parts.tuned, *parts.learned] if place < len(texts)]
    return candidate, probes[:PROBES]


@contextmanager
def _checkpoints(home: Path, dataset: Dataset, pretrained: Pretrained, recipe: Recipe) -> Iterator[Path]:
    """A folder for what is done of this very training; gone when it has ended well."""
    named = f"{dataset.digest()} {pretrained.digest()} {recipe.model_dump_json()}"
    folder = home / "training" / hashlib.sha256(named.encode()).hexdigest()[:16]
    yield folder
    if is_first_process():
        shutil.rmtree(folder, ignore_errors=True)


def _facts(dataset: Dataset, parts: Parts) -> dict[str, Any]:
    rows = (*dataset.examples, *dataset.oos)
    return {
        "digest": dataset.digest(),
        "examples": len(dataset.examples),
        "oos": len(dataset.oos),
        "by_intent": dict(sorted(dataset.counts().items())),
        "parts": {"learned": len(parts.learned), "tuned": len(parts.tuned), "certified": len(parts.certified)},
        "turns": sorted(row.source.removeprefix("turn:") for row in rows if row.source.startswith("turn:")),
        "unseen": sorted(text_hash(rows[place].text) for place in parts.certified),
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


def _place(candidate: Candidate, probes: Sequence[str], home: Path, out: Path | None) -> tuple[Path, Parity]:
    """Write the bundle beside its place and move it there whole."""
    root = bundles_dir(home, shelf_of(candidate.recipe)) if out is None else out.resolve().parent
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".draft-") as scratch:
        draft = Path(scratch) / "bundle"
        parity = _write(candidate, probes, draft, home)
        path = root / _id_of(draft) if out is None else out.resolve()
        if path.exists():
            shutil.rmtree(path)
        draft.rename(path)
    return path, parity


def _write(candidate: Candidate, probes: Sequence[str], to: Path, home: Path) -> Parity:
    if candidate.recipe.technique not in PROMPT_TECHNIQUES:
        return write_bundle(candidate, probes, to)
    from training.soft_prompt.bundling import write_prompt  # brings peft, which takes seconds

    return write_prompt(candidate, probes, to, home)


def shelf_of(recipe: Recipe) -> str:
    """Tell where the outcome of a recipe belongs."""
    return PROMPTS if recipe.technique in PROMPT_TECHNIQUES else BUNDLES


def _check_out(out: Path) -> None:
    """Refuse to replace anything but an earlier bundle."""
    if out.is_file():
        raise DataError(f"{out} is a file; give a folder for the bundle")
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).is_file():
        raise DataError(f"{out} holds other files; give a new or empty folder, or an earlier bundle")


def _id_of(bundle: Path) -> str:
    return str(_card(bundle)["id"])


def _card(bundle: Path) -> dict[str, Any]:
    card: dict[str, Any] = json.loads((bundle / "card.json").read_text(encoding="utf-8"))
    return card
