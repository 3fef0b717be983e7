"""`switchboard eval intents`: measures a bundle on a test set."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from backends.bundle import current
from backends.contract import BackendError
from backends.intent.classifier import Classifier
from bot.cli.output import WRONG_USAGE, Json, fail, note, print_json
from bot.errors import SettingsError
from bot.settings import home_dir
from eval.intents import (
    Prediction,
    check_labels,
    coverage,
    errors,
    measure_speed,
    predict_bundle,
    score,
)
from training.dataset import DataError, Dataset, read_bot, read_data
from training.techniques.tfidf import Tfidf


def intents(
    data: Annotated[list[Path], typer.Option("--data", help="Test file with text and intent; repeatable.")],
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="The bundle's folder; the current one when not given.")
    ] = None,
    oos: Annotated[
        list[Path] | None, typer.Option("--oos", help="Test file whose rows are all out of scope; repeatable.")
    ] = None,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="Measure TF-IDF with logistic regression on the same test.")
    ] = False,
    train: Annotated[
        list[Path] | None, typer.Option("--train", help="Training file of the baseline; repeatable.")
    ] = None,
    bot: Annotated[Path | None, typer.Option("--bot", help="Bot folder whose NLU files train the baseline.")] = None,
    show_errors: Annotated[bool, typer.Option("--show-errors", help="List the texts it got wrong.")] = False,
    as_json: Json = False,
) -> None:
    """Measure a bundle on a test set: accuracy is top-1 over texts in scope, thresholds ignored."""
    if baseline and not train and bot is None:
        fail("--baseline needs its training texts: give --train FILE or --bot DIR", WRONG_USAGE)
    try:
        dataset = read_data(data, oos or [])
        folder = bundle or current(home_dir())
        if folder is None:
            fail("no bundle is current; give --bundle DIR or train one with `switchboard train`")
        report, prediction = _measure(folder, dataset)
        if baseline:
            report["baseline"] = _baseline(read_data(train) if train else read_bot(bot or Path("demo")), dataset)
    except (DataError, SettingsError, BackendError) as exc:
        fail(str(exc))
    if show_errors:
        report["errors"] = [error._asdict() for error in errors(prediction, dataset)]
    if as_json:
        print_json(report)
    else:
        _tell(report)


def _measure(folder: Path, dataset: Dataset) -> tuple[dict[str, Any], Prediction]:
    one, many = Classifier.load(folder), Classifier.load(folder, threads=os.cpu_count() or 1)
    check_labels(one, dataset)
    prediction = predict_bundle(many, dataset)
    texts = [row.text for row in (*dataset.examples, *dataset.oos)]
    report = {
        "bundle": one.bundle_id,
        **score(prediction, dataset),
        **measure_speed(one, many, texts),
        "at_thresholds": coverage(one, prediction, dataset),
    }
    return report, prediction


def _baseline(training: Dataset, dataset: Dataset) -> dict[str, Any]:
    fitted = Tfidf()
    fitted.learn([row.text for row in training.examples], [row.intent for row in training.examples])
    inside, confidence = fitted.rank([row.text for row in dataset.examples])
    outside = 1 - fitted.rank([row.text for row in dataset.oos])[1] if dataset.oos else confidence[:0]
    prediction = Prediction(inside, confidence, 1 - confidence, outside)
    return {"name": "tfidf+logistic_regression", "trained_on": len(training.examples), **score(prediction, dataset)}


def _tell(report: dict[str, Any]) -> None:
    columns = [("bundle", report), *([("baseline", report["baseline"])] if "baseline" in report else [])]
    print(f"{'':32}" + "".join(f"{name:>12}" for name, _ in columns))
    for key in ("n", "accuracy", "macro_f1", "ece", "n_oos", "oos_auroc", "oos_recall_at_5pct_rejection"):
        print(f"{key:32}" + "".join(f"{_shown(values.get(key)):>12}" for _, values in columns))
    print(f"{'latency_ms p50 / p99':32}{report['latency_ms']['p50']:>12} / {report['latency_ms']['p99']}")
    print(f"{'texts_per_second':32}{report['texts_per_second']:>12}")
    for error in report.get("errors", []):
        print(f"{error['confidence']:.2f}  {error['expected']} → {error['predicted']}: {error['text']}")
    shares = report["at_thresholds"]
    note(
        f"At its own thresholds the bundle answers {100 * shares['answered']:.1f} % of the texts in scope, "
        f"{100 * shares['wrong_of_answered']:.1f} % of these wrongly."
    )


def _shown(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.4f}"
