"""The classifier ranks, calibrates, abstains out of scope and refuses what does not fit together."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backends.bundle import seal
from backends.classified.calibration import Calibration, OosScore
from backends.classified.ranking import RANKED
from backends.contract import BackendError
from backends.intent.classifier import Classifier


@pytest.fixture
def bundle(tmp_path: Path, make_tiny_bundle: Callable[..., Path]) -> Path:
    """A bundle that a test may break."""
    return make_tiny_bundle(tmp_path / "tiny-0002", bundle_id="tiny-0002")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("hello", "greet"),
        ("Where is my PARCEL?", "order_status"),
        ("please cancel it", "cancel_order"),
        ("a human person please", "talk_to_human"),
    ],
)
def test_the_top_intent_is_the_one_whose_words_are_in_the_text(tiny_bundle: Path, text: str, intent: str) -> None:
    parse = Classifier.load(tiny_bundle).classify([text])[0]
    assert parse.intent == intent
    assert parse.ranking[0] == (intent, parse.confidence)


def test_a_text_with_no_known_word_is_out_of_scope_but_still_ranked(tiny_bundle: Path) -> None:
    classifier = Classifier.load(tiny_bundle)
    parse = classifier.classify(["quantum chromodynamics"])[0]
    assert parse.intent is None
    assert parse.oos_score > classifier.thresholds.max_oos
    assert len(parse.ranking) == RANKED


def test_two_intents_in_one_text_share_the_probability(tiny_bundle: Path) -> None:
    parse = Classifier.load(tiny_bundle).classify(["cancel refund"])[0]
    (_, first), (_, second) = parse.ranking[:2]
    assert {name for name, _ in parse.ranking[:2]} == {"cancel_order", "refund_status"}
    assert first - second == pytest.approx(0.0, abs=1e-6)


def test_rankings_are_sorted_and_sum_to_at_most_one(tiny_bundle: Path) -> None:
    texts = ["yes", "no refund", "track my order hello", "", "shipping cost policy"]
    for parse in Classifier.load(tiny_bundle).classify(texts):
        values = [value for _, value in parse.ranking]
        assert values == sorted(values, reverse=True)
        assert sum(values) <= 1 + 1e-6


def test_a_text_gets_the_same_answer_alone_and_in_any_batch(tiny_bundle: Path) -> None:
    classifier = Classifier.load(tiny_bundle)
    texts = [" ".join(["cancel", "refund", "hello", "odd"][: n % 5]) for n in range(100)]
    together = classifier.classify(texts)
    alone = [classifier.classify([text])[0] for text in texts]
    assert [parse.intent for parse in together] == [parse.intent for parse in alone]
    assert [parse.oos_score for parse in together] == pytest.approx([parse.oos_score for parse in alone])


def test_no_texts_give_no_parses(tiny_bundle: Path) -> None:
    assert Classifier.load(tiny_bundle).classify([]) == []


def test_id_intents_and_thresholds_come_from_the_bundle(bundle: Path) -> None:
    classifier = Classifier.load(bundle)
    assert classifier.bundle_id == "tiny-0002"
    assert "cancel_order" in classifier.intents
    assert classifier.thresholds.min_margin == pytest.approx(0.2)


def test_a_higher_temperature_lowers_the_confidence_only(bundle: Path) -> None:
    before = Classifier.load(bundle).classify(["cancel"])[0]
    replace(Calibration.load(bundle), temperature=10.0).write(bundle)
    seal(bundle)
    after = Classifier.load(bundle).classify(["cancel"])[0]
    assert after.confidence < before.confidence
    assert after.ranking[0][0] == before.ranking[0][0]


def test_an_outlier_output_is_no_intent_and_raises_the_score() -> None:
    calibration = Calibration(oos=OosScore(0.0, {"outlier": 1.0}), has_outlier=True)
    logits = np.array([[5.0, 0.0, 0.0], [0.0, 0.0, 5.0]])
    scores = calibration.oos_scores(logits)
    assert calibration.probabilities(logits).shape == (2, 2)
    assert scores[0] < 0.5 < scores[1]


@pytest.mark.parametrize("feature", ["entropy", "uncertainty", "energy"])
def test_every_feature_is_larger_for_a_text_that_nothing_fits(feature: str) -> None:
    certain, lost = Calibration().feature(feature, np.array([[9.0, 0.0, 0.0], [0.1, 0.0, 0.0]]))
    assert lost > certain


def test_a_feature_that_the_model_does_not_have_is_an_error() -> None:
    with pytest.raises(ValueError, match="known: entropy"):
        Calibration().feature("outlier", np.zeros((1, 2)))


def test_a_changed_file_is_refused(bundle: Path) -> None:
    (bundle / "labels.json").write_text('{"intents": ["other"], "max_tokens": 9}')
    with pytest.raises(BackendError, match="has changed"):
        Classifier.load(bundle)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("labels.json", '{"intents": ["one"], "max_tokens": 9}', "labels.json wants 1 outputs"),
        ("labels.json", '{"intents": ["one"]}', "lack 'max_tokens'"),
        ("labels.json", "[]", "expected a JSON object"),
        ("card.json", "{}", "lack 'id'"),
        ("calibration.json", '{"temperature": "warm"}', "not a calibration"),
        ("tokenizer.json", "{}", "tokenizer.json"),
        ("model.onnx", "no model", "model.onnx"),
    ],
)
def test_a_sealed_bundle_that_does_not_fit_together_is_refused(
    bundle: Path, name: str, content: str, message: str
) -> None:
    (bundle / name).write_text(content)
    seal(bundle)
    with pytest.raises(BackendError, match=message):
        Classifier.load(bundle)


def test_calibration_survives_the_way_to_disk_and_back(tmp_path: Path) -> None:
    written = Calibration(
        1.7, oos=OosScore(-1.0, {"energy": 0.5}), has_outlier=True, confidence_by_budget=((0.02, 0.8),)
    )
    written.write(tmp_path)
    assert Calibration.load(tmp_path) == written


def test_an_unknown_feature_on_disk_is_refused_by_name(tmp_path: Path) -> None:
    Calibration(oos=OosScore(0.0, {"gravity": 1.0})).write(tmp_path)
    with pytest.raises(BackendError, match="gravity"):
        Calibration.load(tmp_path)
