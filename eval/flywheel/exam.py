"""What a served bundle says to the test rows, with one pass of the encoder for all bundles that share it.

The encoder is the same int8 model in every bundle of the technique `head`; only the linear layer on it differs.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from backends.intent.classifier import Classifier

Floats = npt.NDArray[np.float32]


@dataclass(slots=True)
class Exam:
    """The test texts, and their vectors by the way in which an encoder was exported."""

    texts: Sequence[str]
    _vectors: dict[str, Floats] = field(default_factory=dict)

    def answers(self, bundle: Path) -> list[str]:
        """The first intent of each text, thresholds ignored.

        Raises:
            BackendError: the bundle is damaged.
        """
        card = json.loads((bundle / "card.json").read_text(encoding="utf-8"))
        way = f"{card['parity']['fusion']} {card['parity']['quantisation']}"
        if way not in self._vectors:
            self._vectors[way] = np.asarray(Classifier.load(bundle).outputs(self.texts)[1], dtype=np.float32)
        intents: list[str] = json.loads((bundle / "labels.json").read_text(encoding="utf-8"))["intents"]
        weight, bias = _head(bundle / "model.onnx")
        logits = (self._vectors[way] @ weight + bias)[:, : len(intents)]
        return [intents[place] for place in logits.argmax(axis=1)]


def _head(path: Path) -> tuple[Floats, Floats]:
    """The linear layer of an exported model: float32 (dim, outputs) and (outputs,)."""
    found = {item.name: item for item in onnx.load(str(path)).graph.initializer if item.name.startswith("head_")}
    return numpy_helper.to_array(found["head_weight"]), numpy_helper.to_array(found["head_bias"])
