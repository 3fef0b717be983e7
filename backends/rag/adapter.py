"""Which LoRA adapter the embedded language model answers with: found, checked, and what it was trained to read.

It does not know how adapters are trained or loaded.
"""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from backends.bundle import ADAPTERS, bundles_dir, verify
from backends.choice import PROMOTED, chosen
from backends.contract import BackendError
from backends.sealed import Stamp, stamp

ADAPTER, CARD = "adapter.gguf", "card.json"
HOW = "`switchboard train --technique lora`"


class Adapter(NamedTuple):
    """An adapter to answer with, or why there is none."""

    id: str = ""
    file: Path | None = None
    """GGUF; None: the plain model."""
    reads_question: bool = False
    """Whether it was trained on the customer's question; else on the words of it, as the plain model is asked."""
    problem: str = ""
    """Why the wanted one is not in use, for operators."""


def find_adapter(home: Path, wanted: str | None, weights: Path | None) -> Adapter:
    """Find the adapter that the settings name; with none that can be used, the plain model is.

    Args:
        home: the `var/` folder.
        wanted: `current`, an id, or a name; None: the plain model.
        weights: file of the model that it is for.
    """
    if wanted is None or weights is None:
        return Adapter()
    try:
        id_ = chosen(home, wanted, ADAPTERS)
        if id_ is None:
            known = f"no adapter {wanted!r}; see `switchboard models list --adapters`"
            return Adapter(problem=f"no adapter; run {HOW}" if wanted == PROMOTED else known)
        folder = bundles_dir(home, ADAPTERS) / id_
        verify(folder)
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        if card["weights_sha256"] != hash_weights(weights):
            return Adapter(problem=f"adapter {id_} was trained for other weights; run {HOW} again")
        return Adapter(id_, folder / ADAPTER, bool(card["reads_question"]))
    except (OSError, ValueError, KeyError, TypeError, BackendError) as exc:
        return Adapter(problem=f"adapter {wanted!r} cannot be used: {exc}")


def hash_weights(file: Path) -> str:
    """Name a file of weights by its content; it is read once while it stays as it is.

    Raises:
        OSError: it cannot be read.
    """
    return _hash(file, stamp(file))


@lru_cache(maxsize=8)
def _hash(file: Path, _stamp: Stamp) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
