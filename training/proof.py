"""What a trained model is worth as it is served: measured on rows it never learned, with proven thresholds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from backends.classified.calibration import Calibration, Floats
from training.bundling import Served
from training.calibrate import Ints
from training.certify import certify, judge_rows
from training.dataset import OOS, Dataset
from training.fitting import Fitted, Parts
from training.intervals import wilson
from training.metrics import VERSION, auroc, expected_calibration_error, macro_f1, recall_at_rejection

FEWEST_MEASURED = 30
"""Rows kept for the proof from which the card's figures come from them."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The last step of a training, on the exported model."""

    dataset: Dataset
    parts: Parts
    fitted: Fitted
    confidence: float
    """How sure the certificates are, 0..1."""

    def finish(self, served: Served) -> tuple[Calibration, Mapping[str, Any]]:
        """Certify thresholds and measure.

        Returns:
            The calibration to serve with, and `metrics` and `certificates` for the card.
        """
        rows = (*self.dataset.examples, *self.dataset.oos)
        kept = [rows[place] for place in self.parts.certified]
        calibration = self.fitted.calibration
        if not kept:
            return calibration, {"metrics": self._measured(calibration, served, [], np.empty((0, 0)))}
        logits = served.outputs([row.text for row in kept])[0]
        judged = judge_rows(calibration, logits, served.intents, [row.intent for row in kept])
        proven = certify(judged, self.fitted.grid, confidence=self.confidence)
        calibration = replace(calibration, certificates=proven)
        metrics = self._measured(calibration, served, [row.intent for row in kept], logits)
        shown = [
            {
                "budget": item.budget,
                "confidence": item.confidence,
                "min_confidence": item.min_confidence,
                "n": item.n,
                "errors": item.errors,
                "share_answered": item.share_answered,
                "intent": item.intent,
            }
            for item in proven
        ]
        return calibration, {"metrics": metrics, "certificates": shown}

    def _measured(self, calibration: Calibration, served: Served, actual: list[str], logits: Floats) -> dict[str, Any]:
        """Measure on the rows of the proof; without enough of them, on those of the first training."""
        inside = [place for place, intent in enumerate(actual) if intent != OOS]
        if len(inside) < FEWEST_MEASURED:
            held, right = self.fitted.tuned
            outside, is_held_out = self.fitted.outside, self.fitted.is_held_out
            return measure(calibration, held, np.array(right), outside, is_held_out=is_held_out)
        number = {name: place for place, name in enumerate(served.intents)}
        right_ones = np.array([number[actual[place]] for place in inside])
        strange = np.delete(logits, inside, axis=0)
        return measure(calibration, logits[inside], right_ones, strange, is_held_out=True)


def measure(
    calibration: Calibration, held: Floats, right: Ints, strange: Floats, *, is_held_out: bool
) -> dict[str, Any]:
    """Measure raw outputs.

    Args:
        calibration: what makes probabilities and scores of them.
        held: (n, outputs), logits of texts in scope.
        right: (n,), their intents.
        strange: (m, outputs), logits of texts out of scope.
        is_held_out: whether the model had not learned them.
    """
    probabilities = calibration.probabilities(held)
    top = probabilities.argmax(axis=1)
    rate = wilson(int((top == right).sum()), len(right))
    metrics: dict[str, Any] = {
        "definition": VERSION,
        "held_out": is_held_out,
        "n": len(right),
        "accuracy": rate.value,
        "accuracy_low": rate.low,
        "accuracy_high": rate.high,
        "macro_f1": macro_f1([str(i) for i in top], [str(i) for i in right]),
        "ece": expected_calibration_error(probabilities.max(axis=1), top == right),
        "n_oos": len(strange),
    }
    if len(strange):
        scores, outside = calibration.oos_scores(held), calibration.oos_scores(strange)
        metrics["oos_auroc"] = auroc(scores, outside)
        metrics["oos_recall_at_5pct_rejection"] = recall_at_rejection(scores, outside)
    return metrics
