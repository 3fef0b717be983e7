"""Models for measuring speed: the form of trained ones, heads of random weights. Torch is needed here."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging as hf_logging

from backends.bundle import seal
from backends.classified.calibration import Calibration
from training.export import MeanPooled
from training.onnx_export import fuse, quantise, trace
from training.pretrained import load_pretrained, locate

SCALE, MAX_TOKENS, SEED = 20.0, 128, 7


class Headed(torch.nn.Module):
    """An encoder, the unit mean of its tokens, and a linear head: what `train` fine-tunes."""

    def __init__(self, encoder: torch.nn.Module, dim: int, outputs: int) -> None:
        """Put a fresh head of `outputs` rows on an encoder of width `dim`."""
        super().__init__()
        self.pooled = MeanPooled(encoder)
        self.head = torch.nn.Linear(dim, outputs)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Classify: int64 (batch, tokens) twice → float32 logits (batch, outputs), embedding (batch, dim)."""
        embedding = self.pooled(input_ids, attention_mask)
        return SCALE * self.head(embedding), embedding


def write_bundle(folder: Path, intents: Sequence[str], *, bundle_id: str) -> None:
    """Write a whole int8 bundle that has learnt nothing but takes as long as one that has.

    Raises:
        UnknownEncoder: the packaged encoder is not installed.
    """
    torch.manual_seed(SEED)
    pretrained = load_pretrained()
    folder.mkdir(parents=True)
    heads = int(pretrained.model.config.num_attention_heads)  # type: ignore[union-attr, arg-type]
    with tempfile.TemporaryDirectory() as scratch:
        plain, fused = Path(scratch) / "plain.onnx", Path(scratch) / "fused.onnx"
        module = Headed(pretrained.model, pretrained.dim, len(intents))
        trace(module, plain, outputs=["logits", "embedding"], pad_id=pretrained.pad_id)
        fuse(plain, fused, heads=heads, dim=pretrained.dim)
        quantise(fused, folder / "model.onnx", "int8")
    (folder / "tokenizer.json").write_text(pretrained.tokenizer, encoding="utf-8")
    labels = {"intents": list(intents), "max_tokens": MAX_TOKENS}
    (folder / "labels.json").write_text(json.dumps(labels), encoding="utf-8")
    (folder / "card.json").write_text(json.dumps({"id": bundle_id, "metrics": {}}), encoding="utf-8")
    Calibration().write(folder)
    seal(folder)


def write_pipeline_model(folder: Path, intents: Sequence[str]) -> None:
    """Write what a user would have fine-tuned with transformers: the same encoder with a classification head.

    Raises:
        UnknownEncoder: the packaged encoder is not installed.
    """
    torch.manual_seed(SEED)
    hf_logging.set_verbosity_error()
    hf_logging.disable_progress_bar()
    source = locate(None)
    model = AutoModelForSequenceClassification.from_pretrained(source, id2label=dict(enumerate(intents)))
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(source).save_pretrained(folder)
