"""Writes the frozen encoder that takes prompts: once for all bots, into the home folder."""

import json
import tempfile
from pathlib import Path
from typing import Literal

import torch

from backends.bundle import seal
from backends.encoder import encoders_dir
from training.export import write_once
from training.onnx_export import Extra, fuse, quantise, trace
from training.pretrained import Pretrained
from training.soft_prompt.frozen import Frozen

FORMAT = 1
Precision = Literal["int8", "fp32"]


def prompted_encoder(pretrained: Pretrained, home: Path, precision: Precision) -> Path:
    """Export an encoder with prompts as inputs to `home/encoders/<hash>/`; one that is there is not written again.

    Its inputs are `input_ids` and `attention_mask`, int64 (batch, n), `soft`, float32 (batch, p, dim), and `prefix`,
    float32 (batch, layers, 2, q, dim); p and q may be 0. Its output `embedding`, float32 (batch, dim), has rows of
    length 1.

    Args:
        pretrained: the encoder as published.
        home: the `var/` folder.
        precision: int8 is a quarter of the size; activations too are rounded then, row by row.

    Returns:
        The encoder's folder.

    Raises:
        ExportError: it cannot be exported.
        UnknownEncoder: the architecture takes no prompts.
    """
    folder = encoders_dir(home) / f"{pretrained.digest()[:12]}-prompted-{precision}-v{FORMAT}"
    write_once(folder, lambda draft: _write(pretrained, draft, precision))
    return folder


def _write(pretrained: Pretrained, folder: Path, precision: Precision) -> None:
    folder.mkdir()
    frozen = Frozen(pretrained.copy())
    settings = {
        "hash": folder.name,
        "name": pretrained.name,
        "dim": frozen.dim,
        "layers": frozen.layers,
        "max_tokens": pretrained.max_tokens,
        "pooling": "mean",
        "normalize": True,
        "precision": precision,
    }
    (folder / "tokenizer.json").write_text(pretrained.tokenizer, encoding="utf-8")
    (folder / "encoder.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    extra = {
        "soft": Extra(torch.randn(2, 3, frozen.dim), {0: "batch", 1: "p"}),
        "prefix": Extra(torch.randn(2, frozen.layers, 2, 2, frozen.dim), {0: "batch", 3: "q"}),
    }
    with tempfile.TemporaryDirectory() as scratch:
        plain, fused = Path(scratch) / "plain.onnx", Path(scratch) / "fused.onnx"
        trace(frozen, plain, outputs=["embedding"], pad_id=pretrained.pad_id, extra=extra)
        fuse(plain, fused, heads=pretrained.heads, dim=pretrained.dim, fusion="plain_embeddings")
        quantise(fused, folder / "model.onnx", "int8_rows" if precision == "int8" else "none")
    seal(folder)
