"""Texts to vectors for guards and discovery: the home's retrieval encoder, exported first if there is none yet."""

from collections.abc import Sequence
from pathlib import Path

from backends.contract import BackendError
from backends.encoder import Encoder, Floats, load_current
from training.export import export_encoder
from training.harvest.discovery import Embed


def load_embed(home: Path, *, threads: int = 1) -> Embed:
    """Open the retrieval encoder of a home folder.

    Args:
        home: the `var/` folder.
        threads: cores one call may use.

    Raises:
        BackendError: the encoder cannot be read.
        UnknownEncoder: there is none, and none comes with the installation.
        ExportError: there is none, and it cannot be exported.
    """
    try:
        encoder = load_current(home, threads=threads)
    except BackendError:
        encoder = Encoder.load(export_encoder(None, home), threads=threads)

    def embed(texts: Sequence[str]) -> Floats:
        return encoder.encode(texts, kind="query", batch=32)

    return embed
