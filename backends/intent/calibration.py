"""What turns a model's raw outputs into probabilities and an out-of-scope score. Pure functions of arrays.

Training fits it, serving applies it: both through this file, so they cannot drift apart. It knows neither models
nor thresholds' meaning for a customer.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from backends.contract import BackendError

Floats = npt.NDArray[np.floating[Any]]

CALIBRATION = "calibration.json"
FEATURES = ("entropy", "energy", "uncertainty", "outlier")
"""What the out-of-scope score may be made of; each is larger for stranger texts."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When the bundle would rather abstain; fitted on held-out texts for the default error budget."""

    min_confidence: float = 0.5
    """Below this calibrated probability the top intent is not trusted."""
    max_oos: float = 0.5
    """Above this score a text is out of scope."""
    min_margin: float = 0.1
    """Smallest lead of the first intent's probability over the second's."""


@dataclass(frozen=True, slots=True)
class OosScore:
    """A logistic combination of features: 0 looks like the training texts, 1 like nothing in them."""

    bias: float = 0.0
    weights: Mapping[str, float] = field(default_factory=lambda: {"entropy": 1.0})
    """Weight of each feature; one that is not named is not computed."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Everything a bundle knows beyond its weights."""

    temperature: float = 1.0
    thresholds: Thresholds = Thresholds()
    oos: OosScore = OosScore()
    has_outlier: bool = False
    """Whether the model's last logit stands for "none of these" instead of an intent."""
    confidence_by_budget: tuple[tuple[float, float], ...] = ()
    """Shares of wrong answers put up with, rising, and the smallest confidence to ask for with each."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read `calibration.json`.

        Raises:
            BackendError: a file is missing or not what it should be.
        """
        path = folder / CALIBRATION
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                temperature=float(values["temperature"]),
                thresholds=Thresholds(**values["thresholds"]),
                oos=_oos(values["oos"]),
                has_outlier=bool(values["has_outlier"]),
                confidence_by_budget=tuple((float(b), float(c)) for b, c in values["confidence_by_budget"]),
            )
        except (OSError, ValueError, TypeError, KeyError) as exc:
            raise BackendError(f"{path}: not a calibration this version reads ({exc}); train the bundle again") from exc

    def write(self, folder: Path) -> None:
        """Write what `load` reads."""
        values = {
            "temperature": self.temperature,
            "thresholds": {
                "min_confidence": self.thresholds.min_confidence,
                "max_oos": self.thresholds.max_oos,
                "min_margin": self.thresholds.min_margin,
            },
            "oos": {"bias": self.oos.bias, "weights": dict(self.oos.weights)},
            "has_outlier": self.has_outlier,
            "confidence_by_budget": [list(pair) for pair in self.confidence_by_budget],
        }
        (folder / CALIBRATION).write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")

    def thresholds_for(self, error_budget: float) -> Thresholds:
        """Thresholds for another share of wrong canned answers than the default one.

        Args:
            error_budget: 0..1; the strictest known confidence that keeps within it is taken.
        """
        within = [confidence for budget, confidence in self.confidence_by_budget if budget <= error_budget + 1e-12]
        if within:
            return replace(self.thresholds, min_confidence=min(within))
        if self.confidence_by_budget:
            return replace(self.thresholds, min_confidence=0.99)
        return self.thresholds

    def probabilities(self, logits: Floats) -> Floats:
        """Calibrated probability of each intent: (n, outputs) → (n, intents), rows sum to 1."""
        scaled = self._intents(logits) / self.temperature
        raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))

    def feature(self, name: str, logits: Floats) -> Floats:
        """One feature of the out-of-scope score for each text: (n, outputs) → (n,).

        Raises:
            ValueError: no such feature, or `outlier` of a model without that output.

        Source: energy: W. Liu et al., Energy-based Out-of-distribution Detection, NeurIPS 2020.
        """
        intents = self._intents(logits)
        match name:
            case "entropy":
                p = self.probabilities(logits)
                return np.asarray(-(p * np.log(p + 1e-12)).sum(axis=1))
            case "energy":
                return -_logsumexp(intents)
            case "uncertainty":
                return np.asarray(1.0 - self.probabilities(logits).max(axis=1))
            case "outlier" if self.has_outlier:
                return np.asarray(logits[:, -1] - _logsumexp(intents))
        raise ValueError(f"no out-of-scope feature {name!r} here; known: {', '.join(FEATURES)}")

    def oos_scores(self, logits: Floats) -> Floats:
        """Out-of-scope score of each text, 0..1: (n, outputs) → (n,)."""
        total = np.full(len(logits), self.oos.bias)
        for name, weight in self.oos.weights.items():
            total += weight * self.feature(name, logits)
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(total, -60.0, 60.0))))

    def _intents(self, logits: Floats) -> Floats:
        return logits[:, :-1] if self.has_outlier else logits


def _logsumexp(values: Floats) -> Floats:
    top = values.max(axis=1)
    return np.asarray(top + np.log(np.exp(values - top[:, None]).sum(axis=1)))


def _oos(values: Mapping[str, Any]) -> OosScore:
    weights = {str(name): float(weight) for name, weight in values["weights"].items()}
    unknown = sorted(set(weights) - set(FEATURES))
    if unknown:
        raise ValueError(f"unknown out-of-scope features {unknown}; known: {', '.join(FEATURES)}")
    return OosScore(float(values["bias"]), weights)
