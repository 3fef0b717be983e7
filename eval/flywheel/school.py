"""One encoder for all trainings of a shop: every text is embedded once, and the encoder exported once.

Both are kept in a folder, so that an interrupted run need not do it again.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.dataset import Dataset
from training.finetune import embed
from training.model import IntentModel, Tokens
from training.pipeline import Progress, train_bundle
from training.pretrained import Pretrained, load_pretrained
from training.settings import Recipe

RECIPE = Recipe(technique="head", threads=1)
"""The technique that leaves the encoder as it is: the only one with which hundreds of trainings fit into an hour."""
VECTORS = "vectors.npy"


class School:
    """Trains bundles from embeddings that it keeps. `train` and `embed` are what a night wants."""

    def __init__(self, pretrained: Pretrained, folder: Path) -> None:
        """Use `open_school` instead."""
        self.pretrained = pretrained
        self._folder = folder

    def train(self, dataset: Dataset, out: Path, recipe: Recipe | None, progress: Progress) -> None:
        """Train a bundle into a folder; see `training.nightly.child.Train`."""
        train_bundle(
            dataset, home=out.parent, out=out, encoder=self.pretrained, recipe=recipe or RECIPE, progress=progress
        )
        for name, model in self.pretrained.exported.items():
            path = self._folder / f"{name}.onnx"
            if not path.is_file():
                path.write_bytes(model)

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Vectors of texts: float32 (n, dim), rows of length 1."""
        return _embedded(self.pretrained, texts)


def open_school(texts: Sequence[str], folder: Path) -> School:
    """Load the encoder that comes with the installation, with these texts embedded.

    Args:
        texts: all that will be asked, sorted.
        folder: where vectors and exported encoder are kept.

    Raises:
        UnknownEncoder: the encoder is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pretrained = load_pretrained()
    for path in folder.glob("*.onnx"):
        pretrained.exported[path.stem] = path.read_bytes()
    kept = folder / VECTORS
    if kept.is_file():
        pretrained.embeddings.update(zip(texts, np.load(kept), strict=True))
    else:
        np.save(kept, _embedded(pretrained, texts))
    return School(pretrained, folder)


def _embedded(pretrained: Pretrained, texts: Sequence[str]) -> npt.NDArray[np.float32]:
    known = pretrained.embeddings
    new = sorted({text for text in texts if text not in known})
    if new:
        model = IntentModel(pretrained.model, pretrained.dim, 2, scale=1.0)
        vectors = embed(model, Tokens(pretrained, new, max_tokens=RECIPE.max_tokens)).numpy()
        known.update(zip(new, vectors, strict=True))
    return np.stack([known[text] for text in texts]) if texts else np.empty((0, pretrained.dim), dtype=np.float32)
