"""Measures a bundle on a test set, exactly as it would be served. Returns values; printing is the command's."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from backends.intent.classifier import Classifier
from bot.redact import redact
from training.calibrate import DEFAULT_BUDGET
from training.dataset import DataError, Dataset
from training.intervals import wilson
from training.metrics import VERSION, accuracy, auroc, expected_calibration_error, macro_f1, recall_at_rejection

WARM_UP, TIMED = 20, 400


class Error(NamedTuple):
    """A text whose top intent was wrong."""

    text: str
    expected: str
    predicted: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What some classifier said about a test set: top intents, their confidence, and how strange each text is."""

    intents: Sequence[str]
    confidence: npt.NDArray[Any]
    oos_scores: npt.NDArray[Any]
    outside_scores: npt.NDArray[Any]
    """The out-of-scope scores of the test texts that are out of scope."""


def predict_bundle(classifier: Classifier, dataset: Dataset) -> Prediction:
    """Classify every text, personal data masked as in serving; thresholds are ignored."""
    inside = classifier.classify([redact(row.text) for row in dataset.examples])
    outside = classifier.classify([redact(row.text) for row in dataset.oos])
    return Prediction(
        intents=[parse.ranking[0][0] for parse in inside],
        confidence=np.array([parse.confidence for parse in inside]),
        oos_scores=np.array([parse.oos_score for parse in inside]),
        outside_scores=np.array([parse.oos_score for parse in outside]),
    )


def score(prediction: Prediction, dataset: Dataset) -> dict[str, Any]:
    """Measure predictions against the labels.

    Returns:
        `n`, `accuracy` (top-1 over texts in scope, with `accuracy_low` and `accuracy_high`), `macro_f1`, `ece`,
        `n_oos`, `oos_auroc` and `oos_recall_at_5pct_rejection`; the last two are None without texts out of
        scope, and all but the counts are None without texts in scope.
    """
    actual = [row.intent for row in dataset.examples]
    right = np.array([p == a for p, a in zip(prediction.intents, actual, strict=True)], dtype=bool)
    report: dict[str, Any] = {"definition": VERSION, "n": len(actual), "n_oos": len(dataset.oos)}
    report |= dict.fromkeys(("accuracy", "macro_f1", "ece"))
    if actual:
        rate = wilson(int(right.sum()), len(actual))
        report |= {
            "accuracy": accuracy(prediction.intents, actual),
            "accuracy_low": rate.low,
            "accuracy_high": rate.high,
            "macro_f1": macro_f1(prediction.intents, actual),
            "ece": expected_calibration_error(prediction.confidence, right),
        }
    both = bool(actual) and bool(dataset.oos)
    scores = prediction.oos_scores, prediction.outside_scores
    report["oos_auroc"] = auroc(*scores) if both else None
    report["oos_recall_at_5pct_rejection"] = recall_at_rejection(*scores) if both else None
    return report


def coverage(classifier: Classifier, prediction: Prediction, dataset: Dataset) -> dict[str, float]:
    """What serving would do at the default error budget: share answered, share of those wrong, strangers caught."""
    limits = classifier.thresholds_for(DEFAULT_BUDGET)
    asked = np.array([limits.confidence_for(intent) for intent in prediction.intents])
    answered = (prediction.confidence >= asked) & (prediction.oos_scores <= limits.max_oos)
    right = np.array([p == row.intent for p, row in zip(prediction.intents, dataset.examples, strict=True)])
    shares = {"answered": float(answered.mean()) if len(answered) else 0.0}
    shares["wrong_of_answered"] = float((~right[answered]).mean()) if answered.any() else 0.0
    if len(prediction.outside_scores):
        shares["oos_rejected_by_score"] = float((prediction.outside_scores > limits.max_oos).mean())
    return shares


def errors(prediction: Prediction, dataset: Dataset) -> list[Error]:
    """The texts whose top intent was wrong, the most confident first."""
    wrong = [
        Error(row.text, row.intent, predicted, float(confidence))
        for row, predicted, confidence in zip(dataset.examples, prediction.intents, prediction.confidence, strict=True)
        if predicted != row.intent
    ]
    return sorted(wrong, key=lambda error: -error.confidence)


def check_labels(classifier: Classifier, dataset: Dataset) -> None:
    """Refuse a test set of another bot.

    Raises:
        DataError: it names an intent that the bundle does not have.
    """
    unknown = sorted(set(dataset.intents) - set(classifier.intents))
    if unknown:
        raise DataError(
            f"the test set has intents that the bundle does not know: {', '.join(unknown[:5])}"
            f"{' …' if len(unknown) > 5 else ''}; its own are {', '.join(classifier.intents[:5])} …"
        )


def measure_speed(
    one: Classifier, many: Classifier, texts: Sequence[str], *, clock: Callable[[], float] = time.perf_counter
) -> dict[str, Any]:
    """Time single texts on one thread and all texts in batches, the tokeniser included.

    Args:
        one: the bundle on one thread.
        many: the same on as many threads as there are cores.
        texts: what to classify.
        clock: seconds, rising.

    Returns:
        `latency_ms.p50` and `.p99` of one text at a time, `texts_per_second` of batches.
    """
    chosen = [texts[number % len(texts)] for number in range(WARM_UP + TIMED)]
    taken = []
    for text in chosen:
        began = clock()
        one.classify([text])
        taken.append(1000 * (clock() - began))
    many.classify(texts[:64])
    began = clock()
    many.classify(texts)
    seconds = max(clock() - began, 1e-9)
    p50, p99 = np.percentile(taken[WARM_UP:], [50, 99])
    return {
        "latency_ms": {"p50": round(float(p50), 3), "p99": round(float(p99), 3)},
        "texts_per_second": round(len(texts) / seconds, 1),
    }
