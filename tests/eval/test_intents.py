"""A bundle is measured as it is served: the figures follow from the texts, and misuse is refused in words."""

import json
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from backends.intent.classifier import Classifier
from eval.cli import evaluate
from eval.intents import Prediction, coverage, errors, measure_speed, predict_bundle, score
from training.dataset import Dataset, Example

ROWS = [
    Example("hello", "greet"),
    Example("where is my parcel", "order_status"),
    Example("cancel", "cancel_order"),
    Example("cancel my order track", "cancel_order"),
    Example("quantum fields", "oos"),
    Example("opera tickets", "oos"),
]


@pytest.fixture
def test_file(tmp_path: Path) -> Path:
    """The rows above as a CSV file."""
    path = tmp_path / "test.csv"
    path.write_text("text,intent\n" + "".join(f"{row.text},{row.intent}\n" for row in ROWS))
    return path


def run(*arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    result = CliRunner().invoke(evaluate, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_accuracy_is_over_texts_in_scope_and_strangers_have_their_own_figures(tiny_bundle: Path) -> None:
    dataset = Dataset.of(ROWS)
    report = score(predict_bundle(Classifier.load(tiny_bundle), dataset), dataset)
    assert (report["n"], report["n_oos"]) == (4, 2)
    assert report["accuracy"] == 0.75
    assert report["accuracy_low"] < 0.75 < report["accuracy_high"]
    assert report["oos_auroc"] == 1.0
    assert report["oos_recall_at_5pct_rejection"] == 1.0


def test_without_strangers_their_figures_are_none() -> None:
    dataset = Dataset.of(ROWS[:1])
    report = score(Prediction(["greet"], np.ones(1), np.zeros(1), np.zeros(0)), dataset)
    assert report["oos_auroc"] is None
    assert report["oos_recall_at_5pct_rejection"] is None


def test_strangers_alone_can_be_measured_too() -> None:
    report = score(Prediction([], np.zeros(0), np.zeros(0), np.ones(2)), Dataset.of(ROWS[4:]))
    assert (report["n"], report["n_oos"]) == (0, 2)
    assert report["accuracy"] is None


def test_errors_are_listed_with_the_most_confident_first(tiny_bundle: Path) -> None:
    dataset = Dataset.of([*ROWS, Example("refund", "greet")])
    listed = errors(predict_bundle(Classifier.load(tiny_bundle), dataset), dataset)
    assert [error.text for error in listed] == ["refund", "cancel my order track"]
    assert (listed[0].expected, listed[0].predicted) == ("greet", "refund_status")


def test_coverage_is_what_the_thresholds_of_the_bundle_would_do(tiny_bundle: Path) -> None:
    classifier, dataset = Classifier.load(tiny_bundle), Dataset.of(ROWS)
    shares = coverage(classifier, predict_bundle(classifier, dataset), dataset)
    assert shares == {"answered": 1.0, "wrong_of_answered": 0.25, "oos_rejected_by_score": 1.0}


def test_speed_is_taken_from_the_clock(tiny_bundle: Path) -> None:
    ticks = count()
    classifier = Classifier.load(tiny_bundle)
    speed = measure_speed(classifier, classifier, ["hello", "bye"], clock=lambda: next(ticks) * 0.002)
    assert speed == {"latency_ms": {"p50": 2.0, "p99": 2.0}, "texts_per_second": 1000.0}


def test_the_command_prints_one_document(tiny_bundle: Path, test_file: Path) -> None:
    code, out, _ = run("intents", "--bundle", tiny_bundle, "--data", test_file, "--show-errors", "--json")
    report = json.loads(out)
    assert code == 0
    assert report["accuracy"] == 0.75
    assert report["latency_ms"]["p50"] > 0
    assert [error["predicted"] for error in report["errors"]] == ["order_status"]


def test_the_baseline_is_measured_on_the_same_texts(tiny_bundle: Path, test_file: Path) -> None:
    code, out, _ = run(
        *("intents", "--bundle", tiny_bundle, "--data", test_file, "--baseline", "--train", test_file, "--json")
    )
    report = json.loads(out)
    assert code == 0
    assert report["baseline"]["accuracy"] == 1.0
    assert report["baseline"]["n"] == report["n"]


def test_a_table_is_shown_to_people(tiny_bundle: Path, test_file: Path) -> None:
    code, out, err = run("intents", "--bundle", tiny_bundle, "--data", test_file, "--show-errors")
    assert code == 0
    assert "0.7500" in out
    assert "cancel_order → order_status" in out
    assert "At its own thresholds" in " ".join(err.split())


def test_texts_of_an_oos_file_count_as_strangers(tiny_bundle: Path, test_file: Path, tmp_path: Path) -> None:
    outside = tmp_path / "oos.csv"
    outside.write_text("text,intent\nharp lessons,music\n")
    _, out, _ = run("intents", "--bundle", tiny_bundle, "--data", test_file, "--oos", outside, "--json")
    assert json.loads(out)["n_oos"] == 3


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ("text,intent\nhello,weather\n", 1, "intents that the bundle does not know: weather"),
        ("utterance,label\nhello,greet\n", 1, "must have the columns text and intent"),
        ("", 1, "must have the columns"),
    ],
)
def test_a_test_file_that_does_not_fit_is_refused(
    tiny_bundle: Path, tmp_path: Path, content: str, code: int, message: str
) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(content)
    left, _, err = run("intents", "--bundle", tiny_bundle, "--data", path)
    assert left == code
    assert message in " ".join(err.split())


def test_a_baseline_without_training_texts_is_wrong_usage(tiny_bundle: Path, test_file: Path) -> None:
    code, _, err = run("intents", "--bundle", tiny_bundle, "--data", test_file, "--baseline")
    assert code == 2
    assert "--train FILE" in err


def test_a_folder_that_is_no_bundle_is_refused(tmp_path: Path, test_file: Path) -> None:
    code, _, err = run("intents", "--bundle", tmp_path, "--data", test_file)
    assert code == 1
    assert "never finished" in " ".join(err.split())
