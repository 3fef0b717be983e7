"""Writes what serving needs: the retrieval encoder's folder."""

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import torch

from backends.bundle import CURRENT, DRAFT, replace_text, seal, verify
from backends.contract import BackendError
from backends.encoder import Encoder, encoders_dir
from training.onnx_export import ExportError, Fusion, fuse, quantise, trace, worst_cosine
from training.pretrained import Pretrained, load_pretrained

ENCODER_FORMAT = 1
PROBES = (
    "Where is my parcel?",
    "hi",
    "I sent two pairs of boots back a fortnight ago and the money is still not in my account, what now?",
    "Gift cards are valid for four years. They cannot be used to buy other gift cards. " * 6,
)
"""Texts on which an export must agree with torch: short, long, and padded beside each other."""


class MeanPooled(torch.nn.Module):
    """An encoder followed by the mean over its tokens, scaled to length 1."""

    def __init__(self, model: torch.nn.Module) -> None:
        """Wrap a Hugging Face encoder."""
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Embed: int64 (batch, tokens) twice → float (batch, dim), rows of length 1."""
        hidden = self.model(input_ids=input_ids, attention_mask=attention_mask)[0]
        weights = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1e-9)
        unit: torch.Tensor = mean / torch.linalg.vector_norm(mean, dim=-1, keepdim=True).clamp(min=1e-12)
        return unit


def export_encoder(name_or_path: str | None, home: Path, *, precision: Literal["fp32", "int8"] = "fp32") -> Path:
    """Export the retrieval encoder to `home/encoders/<hash>/` and make it the current one.

    An encoder that is already there is not written again.

    Args:
        name_or_path: a folder, a Hugging Face name, or None for the one that comes with the installation.
        home: the `var/` folder.
        precision: int8 is a quarter of the size and less exact.

    Returns:
        The encoder's folder.

    Raises:
        UnknownEncoder: nothing loadable under that name.
        ExportError: it cannot be exported.
    """
    pretrained = load_pretrained(name_or_path)
    hash_ = _encoder_hash(pretrained, precision)
    root = encoders_dir(home)
    folder = root / hash_
    write_once(folder, lambda draft: _write_encoder(pretrained, draft, hash_, precision))
    replace_text(root / CURRENT, hash_ + "\n")
    return folder


def write_once(folder: Path, write: Callable[[Path], None]) -> None:
    """Write a sealed folder, unless it is there and whole. Two processes may do so at once: what one of them has
    finished, and may have open, the other leaves.

    Args:
        folder: where it belongs.
        write: makes and seals a folder of the same name elsewhere.
    """
    if _is_whole(folder):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=DRAFT) as scratch:
        draft = Path(scratch) / folder.name
        write(draft)
        if not _is_whole(folder):
            shutil.rmtree(folder, ignore_errors=True)
            draft.rename(folder)


def _encoder_hash(pretrained: Pretrained, precision: str) -> str:
    return f"{pretrained.digest()[:12]}-{precision}-v{ENCODER_FORMAT}"


def _is_whole(folder: Path) -> bool:
    try:
        verify(folder)
    except BackendError:
        return False
    return True


def _write_encoder(pretrained: Pretrained, folder: Path, hash_: str, precision: str) -> None:
    folder.mkdir()
    settings = {
        "hash": hash_,
        "name": pretrained.name,
        "dim": pretrained.dim,
        "max_tokens": pretrained.max_tokens,
        "pooling": "mean",
        "normalize": True,
        "prefixes": {},
        "precision": precision,
    }
    (folder / "tokenizer.json").write_text(pretrained.tokenizer, encoding="utf-8")
    (folder / "encoder.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    module = MeanPooled(pretrained.model)
    with tempfile.TemporaryDirectory() as scratch:
        plain, fused = Path(scratch) / "plain.onnx", Path(scratch) / "fused.onnx"
        trace(module, plain, outputs=["embedding"], pad_id=pretrained.pad_id)
        for fusion in _FUSIONS:
            try:
                _fuse_model(pretrained, plain, fused, fusion)
                quantise(fused, folder / "model.onnx", "int8" if precision == "int8" else "none")
            except ExportError:
                continue
            seal(folder)
            if _agrees(module, folder, 0.95 if precision == "int8" else 0.9999):
                return
    raise ExportError(f"the export of {pretrained.name} does not agree with the original; try --encoder with another")


_FUSIONS: tuple[Fusion, ...] = ("full", "plain_embeddings", "none")
"""From the fastest to the plainest; an architecture that one of them breaks falls to the next."""


def _fuse_model(pretrained: Pretrained, plain: Path, to: Path, fusion: Fusion) -> None:
    fuse(plain, to, heads=pretrained.heads, dim=pretrained.dim, fusion=fusion)


def _agrees(module: torch.nn.Module, folder: Path, least: float) -> bool:
    try:
        encoder = Encoder.load(folder)
        served = encoder.encode(PROBES)
    except BackendError:
        return False
    feed = encoder.feed(PROBES)
    with torch.inference_mode():
        wanted = module(*(torch.from_numpy(feed[name]) for name in ("input_ids", "attention_mask")))
    return worst_cosine(served, wanted.numpy()) >= least
