"""Writes a trained classifier as a bundle and proves that what is served says what was trained."""

import json
import platform
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from backends.bundle import seal
from backends.classified.calibration import Calibration, Floats
from backends.contract import BackendError
from backends.intent.classifier import Classifier
from backends.soft_prompt.classifier import PROMPT
from training.export import MeanPooled
from training.model import IntentModel, Tokens, predict
from training.onnx_export import ExportError, Fusion, Quantisation, fuse, quantise, trace, with_head
from training.pretrained import Pretrained
from training.settings import Recipe

LEAST_AGREEMENT = 0.99
"""Share of texts with a clear intent for which it must be the same before and after quantisation."""
ATTEMPTS: tuple[tuple[Fusion, Quantisation], ...] = (
    ("full", "int8"),
    ("full", "int8_matmul_only"),
    ("plain_embeddings", "int8_matmul_only"),
    ("full", "none"),
    ("none", "none"),
)
"""From the fastest to the most exact; the first that agrees with torch is taken."""
LIBRARIES = ("torch", "transformers", "tokenizers", "onnx", "onnxruntime", "numpy")


class Served(Protocol):
    """A bundle as serving opens it."""

    @property
    def intents(self) -> tuple[str, ...]:
        """What it can tell apart."""
        ...

    @property
    def calibration(self) -> Calibration:
        """What makes probabilities of its outputs."""
        ...

    def outputs(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """Logits (n, outputs) and unit embeddings (n, dim)."""
        ...


Finish = Callable[[Served], tuple[Calibration, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trained model with all that a bundle holds."""

    model: IntentModel
    pretrained: Pretrained
    intents: tuple[str, ...]
    calibration: Calibration
    recipe: Recipe
    card: Mapping[str, Any]
    """What `card.json` says beside id, time, versions and parity."""
    finish: "Finish | None" = None
    """Measures what will be served: the calibration to serve with, and more for the card."""


@dataclass(frozen=True, slots=True)
class Parity:
    """How close the served model is to the trained one, on the same texts."""

    fusion: Fusion
    quantisation: Quantisation
    texts: int
    label_agreement: float
    answered_agreement: float
    """The same of texts whose first intent leads by so much that it would be answered."""
    max_probability_difference: float


class Likeness(NamedTuple):
    """Shares of equal top intents, of all texts and of those that would be answered, and the largest difference."""

    all: float
    answered: float
    difference: float


def write_bundle(candidate: Candidate, probes: Sequence[str], to: Path) -> Parity:
    """Export a candidate into a folder; the manifest is written last.

    Args:
        candidate: what to write.
        probes: texts on which the exported model must agree with torch; best not trained on.
        to: the bundle's folder; made if missing, and then its name counts as part of nothing.

    Raises:
        ExportError: no way of exporting agrees with torch on 99 % of the probes that have a clear intent.
    """
    to.mkdir(parents=True, exist_ok=True)
    (to / "tokenizer.json").write_text(candidate.pretrained.tokenizer, encoding="utf-8")
    limit = min(candidate.recipe.max_tokens, candidate.pretrained.max_tokens)
    labels = {"intents": list(candidate.intents), "max_tokens": limit}
    (to / "labels.json").write_text(json.dumps(labels, indent=2) + "\n", encoding="utf-8")
    candidate.calibration.write(to)
    write_card(to, candidate, None)
    parity = _write_model(candidate, probes, trained_probabilities(candidate, probes), to)
    finish(to, candidate, parity, lambda: Classifier.load(to))
    return parity


def trained_probabilities(candidate: Candidate, probes: Sequence[str]) -> Floats:
    """What the trained model says of some texts, in main memory, where exports are traced: (n, intents)."""
    candidate.model.cpu()
    tokens = Tokens(candidate.pretrained, probes, max_tokens=candidate.recipe.max_tokens)
    return candidate.calibration.probabilities(predict(candidate.model, tokens)[0].numpy())


def finish(to: Path, candidate: Candidate, parity: Parity, load: Callable[[], Served]) -> None:
    """Measure what will be served, write the card, and seal the folder."""
    if candidate.finish is not None:
        calibration, more = candidate.finish(load())
        calibration.write(to)
        candidate = replace(candidate, calibration=calibration, card={**candidate.card, **more})
    write_card(to, candidate, parity)
    seal(to)


def bundle_id(folder: Path, at: datetime) -> str:
    """Name a bundle: UTC time and a hash of what it serves."""
    digest = sha256()
    for name in ("model.onnx", PROMPT, "labels.json", "calibration.json"):
        if (folder / name).is_file():
            digest.update((folder / name).read_bytes())
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest.hexdigest()[:8]}"


def _write_model(candidate: Candidate, probes: Sequence[str], wanted: Floats, to: Path) -> Parity:
    with tempfile.TemporaryDirectory() as scratch:
        for fusion, quantisation in ATTEMPTS:
            try:
                if candidate.recipe.technique == "head":
                    _write_frozen(candidate, fusion, quantisation, Path(scratch), to / "model.onnx")
                else:
                    _write_traced(candidate, fusion, quantisation, Path(scratch), to / "model.onnx")
            except ExportError:
                continue
            seal(to)
            margin = candidate.calibration.thresholds.min_margin
            like = compare(lambda: Classifier.load(to), probes, wanted, margin)
            if like.answered >= LEAST_AGREEMENT:
                return Parity(fusion, quantisation, len(probes), *like)
    raise ExportError("no export of this encoder agrees with the trained model; try another with --encoder")


def _write_traced(candidate: Candidate, fusion: Fusion, quantisation: Quantisation, scratch: Path, to: Path) -> None:
    pretrained, plain, fused = candidate.pretrained, scratch / "plain.onnx", scratch / "fused.onnx"
    if not plain.is_file():
        trace(candidate.model, plain, outputs=["logits", "embedding"], pad_id=pretrained.pad_id)
    fuse(plain, fused, heads=pretrained.heads, dim=pretrained.dim, fusion=fusion)
    quantise(fused, to, quantisation)


def _write_frozen(candidate: Candidate, fusion: Fusion, quantisation: Quantisation, scratch: Path, to: Path) -> None:
    """Put the head on the encoder, which is exported once for all trainings that leave it as it is."""
    pretrained, key = candidate.pretrained, f"{fusion} {quantisation}"
    if key not in pretrained.exported:
        plain, fused, small = (scratch / name for name in ("encoder.onnx", "fused.onnx", "small.onnx"))
        trace(MeanPooled(pretrained.model), plain, outputs=["embedding"], pad_id=pretrained.pad_id)
        fuse(plain, fused, heads=pretrained.heads, dim=pretrained.dim, fusion=fusion)
        quantise(fused, small, quantisation)
        pretrained.exported[key] = small.read_bytes()
    head, scale = candidate.model.head, candidate.model.scale
    weight, bias = (scale * value.detach().numpy() for value in (head.weight, head.bias))
    with_head(pretrained.exported[key], weight, bias, to)


def compare(load: Callable[[], Served], probes: Sequence[str], wanted: Floats, margin: float) -> Likeness:
    """Compare what is served with torch; the worst there is when it cannot be run.

    Two intents nearly level swap places at the slightest change, and are not answered either way: what must agree
    are the texts with a lead.
    """
    try:
        classifier = load()
        served = classifier.calibration.probabilities(classifier.outputs(probes)[0])
    except BackendError:
        return Likeness(0.0, 0.0, 1.0)
    same = served.argmax(axis=1) == wanted.argmax(axis=1)
    ordered = np.sort(wanted, axis=1)
    leads = ordered[:, -1] - ordered[:, -2] >= margin
    answered = float(same[leads].mean()) if leads.any() else float(same.mean())
    return Likeness(float(same.mean()), answered, float(np.abs(served - wanted).max()))


def write_card(to: Path, candidate: Candidate, parity: Parity | None) -> None:
    """Write what a bundle tells of itself; without a parity it is not finished."""
    now = datetime.now(UTC)
    card = {
        "id": bundle_id(to, now),
        "created_at": now.isoformat(timespec="seconds"),
        "encoder": {"name": candidate.pretrained.name, "digest": candidate.pretrained.digest()},
        "recipe": candidate.recipe.model_dump(),
        "versions": {name: version(name) for name in LIBRARIES} | {"python": platform.python_version()},
        "parity": None if parity is None else asdict(parity),
        **candidate.card,
    }
    (to / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
