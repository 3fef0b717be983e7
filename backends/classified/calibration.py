"""What turns a model's raw outputs into probabilities and an out-of-scope score. Pure functions of arrays.

Training fits it, serving applies it: both through this file, so they cannot drift apart. It knows neither models
nor thresholds' meaning for a customer.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from backends.contract import BackendError

Floats = npt.NDArray[np.floating[Any]]

CALIBRATION = "calibration.json"
STRICTEST = 0.99
"""The confidence to ask for where no smaller one keeps within a budget."""
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
    by_intent: Mapping[str, float] = field(default_factory=dict)
    """Confidence to ask for of intents that have a proven one of their own."""

    def confidence_for(self, intent: str) -> float:
        """The calibrated probability below which this intent is not trusted."""
        return self.by_intent.get(intent, self.min_confidence)


@dataclass(frozen=True, slots=True)
class OosScore:
    """A logistic combination of features: 0 looks like the training texts, 1 like nothing in them."""

    bias: float = 0.0
    weights: Mapping[str, float] = field(default_factory=lambda: {"entropy": 1.0})
    """Weight of each feature; one that is not named is not computed."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A confidence to ask for that keeps wrong answers within a budget, proven on rows kept back for nothing else."""

    budget: float
    """Share of wrong answers among the given ones, 0..1."""
    confidence: float
    """How sure that is, 0..1, for this budget and this intent alone."""
    min_confidence: float
    n: int
    """Rows kept back: those out of scope too, whose every answer is wrong."""
    answered: int
    errors: int
    intent: str | None = None
    """The intent it is for; None for all together."""

    @property
    def share_answered(self) -> float:
        """Part of the rows that gets an answer, 0..1."""
        return self.answered / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """Everything a bundle knows beyond its weights."""

    temperature: float = 1.0
    thresholds: Thresholds = Thresholds()
    oos: OosScore = OosScore()
    has_outlier: bool = False
    """Whether the model's last logit stands for "none of these" instead of an intent."""
    confidence_by_budget: tuple[tuple[float, float], ...] = ()
    """Shares of wrong answers put up with, rising, and the smallest confidence to ask for with each; not proven."""
    certificates: tuple[Certificate, ...] = ()
    """Proven thresholds, for all intents together and for those with rows enough of their own."""

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
                certificates=tuple(Certificate(**item) for item in values.get("certificates", ())),
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
            "certificates": [asdict(item) for item in self.certificates],
        }
        (folder / CALIBRATION).write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")

    def thresholds_for(self, error_budget: float) -> Thresholds:
        """Thresholds for another share of wrong canned answers than the default one.

        A proven threshold is taken where there is one for this budget or a stricter one; else what the calibrated
        confidences promise; and where even these promise nothing, nearly everything is left unanswered.

        Args:
            error_budget: 0..1.
        """
        proven = [item for item in self.certificates if item.budget <= error_budget + 1e-12]
        pooled = [item.min_confidence for item in proven if item.intent is None]
        promised = [confidence for budget, confidence in self.confidence_by_budget if budget <= error_budget + 1e-12]
        if not pooled and not promised and not self.confidence_by_budget:
            return self.thresholds
        least = min(pooled or promised or [STRICTEST])
        own = [(item.intent, item.min_confidence) for item in proven if item.intent is not None]
        by_intent = {name: min(value for other, value in own if other == name) for name, _ in own}
        return replace(self.thresholds, min_confidence=least, by_intent=by_intent)

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
