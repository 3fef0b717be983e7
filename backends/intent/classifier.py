"""A bundle in memory: masked texts in, ranked intents out. It decides nothing about replies.

Errors of the tokeniser and of ONNX Runtime leave as `BackendError`.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from backends.bundle import verify
from backends.classified.calibration import Calibration, Floats, Thresholds
from backends.classified.ranking import rank
from backends.contract import BackendError, Parse
from backends.encoder import TextTokenizer, foreign_errors, open_session

BATCH = 32


class Classifier:
    """A fine-tuned encoder with its labels and calibration. Thread-safe."""

    def __init__(
        self,
        bundle_id: str,
        intents: tuple[str, ...],
        calibration: Calibration,
        tokenizer: TextTokenizer,
        session: Any,
    ) -> None:
        """Put the parts together; `load` is the way from disk."""
        self.bundle_id = bundle_id
        self.intents = intents
        self.calibration = calibration
        self._tokenizer = tokenizer
        self._session = session

    @classmethod
    def load(cls, bundle_dir: Path, *, threads: int = 1) -> Self:
        """Verify a bundle and open it.

        Args:
            bundle_dir: the bundle's folder.
            threads: cores one call may use.

        Raises:
            BackendError: the bundle is not whole, or its files do not fit together.
        """
        verify(bundle_dir)
        card = _read_object(bundle_dir / "card.json")
        labels = _read_object(bundle_dir / "labels.json")
        calibration = Calibration.load(bundle_dir)
        try:
            intents = tuple(str(name) for name in labels["intents"])
            max_tokens = int(labels["max_tokens"])
            bundle_id = str(card["id"])
        except (KeyError, TypeError, ValueError) as exc:
            raise BackendError(f"{bundle_dir}: card or labels lack {exc}; train the bundle again") from exc
        tokenizer = TextTokenizer.load(bundle_dir / "tokenizer.json", max_tokens=max_tokens)
        session = open_session(bundle_dir / "model.onnx", threads=threads)
        classifier = cls(bundle_id, intents, calibration, tokenizer, session)
        classifier._check_shape(bundle_dir)
        return classifier

    @property
    def thresholds(self) -> Thresholds:
        """When this bundle would rather abstain."""
        return self.calibration.thresholds

    def thresholds_for(self, error_budget: float) -> Thresholds:
        """When to abstain so that at most this share of canned answers, 0..1, is expected to be wrong."""
        return self.calibration.thresholds_for(error_budget)

    def classify(self, texts: Sequence[str]) -> list[Parse]:
        """Rank the intents of each text.

        Args:
            texts: masked texts, any number; long ones are cut at the bundle's limit.

        Returns:
            One `Parse` a text, in order.

        Raises:
            BackendError: the model failed.
        """
        if not texts:
            return []
        return rank(self.outputs(texts)[0], self.calibration, self.intents)

    def outputs(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """Raw outputs of the model: logits (n, outputs) and unit embeddings (n, dim), both float32.

        Raises:
            BackendError: the model failed.
        """
        with foreign_errors(f"bundle {self.bundle_id}"):
            rows = self._tokenizer.ids(texts)
            if len(rows) <= BATCH:
                logits, embeddings = self._session.run(_OUTPUTS, self._tokenizer.pad(rows))
                return logits, embeddings
            order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
            parts = [
                self._session.run(_OUTPUTS, self._tokenizer.pad([rows[i] for i in order[start : start + BATCH]]))
                for start in range(0, len(order), BATCH)
            ]
        back = np.argsort(order)
        return np.concatenate([part[0] for part in parts])[back], np.concatenate([p[1] for p in parts])[back]

    def _check_shape(self, bundle_dir: Path) -> None:
        """Classify one text, so that a bundle that does not fit together is refused before it serves."""
        logits, _ = self.outputs(["hello"])
        expected = len(self.intents) + self.calibration.has_outlier
        if logits.shape[1] != expected:
            raise BackendError(
                f"{bundle_dir}: labels.json wants {expected} outputs, the model has {logits.shape[1]}; "
                "train the bundle again"
            )


_OUTPUTS = ["logits", "embedding"]


def _read_object(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise BackendError(f"{path}: cannot be read ({exc}); train the bundle again") from exc
    if not isinstance(values, dict):
        raise BackendError(f"{path}: expected a JSON object; train the bundle again")
    return values
