"""Writes a trained prompt as a bundle of tens of kilobytes, and proves that what is served says what was trained."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import torch

from backends.bundle import seal
from backends.classified.calibration import Floats
from backends.soft_prompt.classifier import PROMPT, PromptClassifier
from training.bundling import (
    LEAST_AGREEMENT,
    Candidate,
    Parity,
    compare,
    finish,
    trained_probabilities,
    write_card,
)
from training.onnx_export import ExportError, Quantisation
from training.soft_prompt.encoder import Precision, prompted_encoder
from training.soft_prompt.prompted import Prompted

PRECISIONS: tuple[tuple[Precision, Quantisation], ...] = (("int8", "int8_rows"), ("fp32", "none"))
"""From the smallest encoder to the most exact; the first whose answers agree with torch is taken."""


def write_prompt(candidate: Candidate, probes: Sequence[str], to: Path, home: Path) -> Parity:
    """Write a prompt bundle into a folder; the manifest is written last.

    Args:
        candidate: a model whose encoder is a `Prompted` one.
        probes: texts on which what is served must agree with torch; best not trained on.
        to: the bundle's folder; made if missing.
        home: the `var/` folder, which gets the encoder if it is not there.

    Raises:
        ExportError: no export of the encoder agrees with torch on 99 % of the probes that have a clear intent.
    """
    to.mkdir(parents=True, exist_ok=True)
    wanted = trained_probabilities(candidate, probes)
    _write_arrays(candidate, to / PROMPT)
    tokens, size = candidate.recipe.tokens, (to / PROMPT).stat().st_size
    facts = {
        "prompt": {"technique": candidate.recipe.technique, "tokens": tokens, "bytes": size},
        "peft": version("peft"),
    }
    candidate = replace(candidate, card={**facts, **candidate.card})
    candidate.calibration.write(to)
    parity = _write_labels(candidate, probes, wanted, to, home)
    finish(to, candidate, parity, partial(PromptClassifier.load, to, home))
    return parity


def _write_arrays(candidate: Candidate, path: Path) -> None:
    """Prompt and head, in half precision: it is the smaller part of what rounding to 8 bits costs anyway."""
    model = candidate.model
    with torch.no_grad():
        soft, prefix = (_half(rows) for rows in cast(Prompted, model.encoder).rows())
        weight, bias = (_half(model.scale * value) for value in (model.head.weight, model.head.bias))
    np.savez(path, soft=soft, prefix=prefix, weight=weight, bias=bias)


def _half(values: torch.Tensor) -> npt.NDArray[np.float16]:
    return values.cpu().numpy().astype(np.float16)


def _write_labels(candidate: Candidate, probes: Sequence[str], wanted: Floats, to: Path, home: Path) -> Parity:
    """Name the encoder: the smallest with which the answers stay as they are."""
    pretrained, limit = candidate.pretrained, min(candidate.recipe.max_tokens, candidate.pretrained.max_tokens)
    margin = candidate.calibration.thresholds.min_margin
    for precision, quantisation in PRECISIONS:
        try:
            encoder = prompted_encoder(pretrained, home, precision)
        except ExportError:
            continue
        labels = {"intents": list(candidate.intents), "max_tokens": limit, "encoder": encoder.name}
        (to / "labels.json").write_text(json.dumps(labels, indent=2) + "\n", encoding="utf-8")
        write_card(to, candidate, None)
        seal(to)
        like = compare(partial(PromptClassifier.load, to, home), probes, wanted, margin)
        if like.answered >= LEAST_AGREEMENT:
            return Parity("plain_embeddings", quantisation, len(probes), *like)
    raise ExportError(f"no export of {pretrained.name} agrees with the trained prompt; try another with --encoder")
