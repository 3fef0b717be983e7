"""The whole answer of a study, from made-up cells with known curves."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from eval.study.answer import answer
from eval.study.point import Point
from eval.study.protocol import Protocol

Make = Callable[..., list[Point]]
PROTOCOL = Protocol.model_validate({"data": {"bot": "demo"}})
SUBSET: dict[str, Any] = {"n_test": 200, "rows": "subset-200", "predict_cpu_s": 200.0}


def study(make: Make) -> list[Point]:
    return [
        *make("tfidf", {"1": 0.2, "5": 0.5, "20": 0.7}),
        *make("neighbours", {"1": 0.45, "5": 0.8, "20": 0.82}),
        *make("finetune", {"1": 0.3, "5": 0.7, "20": 0.9}),
        *make("soft_prompt", {"1": 0.1, "5": 0.3, "20": 0.6}),
        *make("retrieved", {"1": 0.5, "5": 0.6, "20": 0.7}, **SUBSET),
        *make("zero_shot", {"0": 0.1}, **SUBSET),
        *make("finetune", {"5": 0.65}, setting="noise-20", seeds=(0,)),
        *make("tfidf", {"5": 0.3}, setting="noise-20", seeds=(0,)),
        *make("finetune", {"5": 0.6}, setting="shift", extra={"accuracy_same": 0.7}, seeds=(0,)),
        *make("finetune", {"1": 0.6}, setting="unseen", extra={"accuracy_new": 0.3, "accuracy_old": 0.9}, seeds=(0,)),
        *make("finetune", {"5": 0.8}, setting="unseen", extra={"accuracy_new": 0.86, "accuracy_old": 0.9}, seeds=(0,)),
    ]


@pytest.fixture(scope="module")
def document(make_points: Make) -> dict[str, Any]:
    return answer(study(make_points), PROTOCOL)


def test_the_document_is_json_and_keeps_the_contract(document: dict[str, Any]) -> None:
    json.dumps(document, allow_nan=False)
    assert {"technique", "n_per_intent", "seed", "accuracy", "low", "high", "cost_usd"} <= document["points"][0].keys()
    assert "right" not in document["points"][0]


def test_the_same_points_give_the_same_answer(make_points: Make, document: dict[str, Any]) -> None:
    assert answer(study(make_points), PROTOCOL) == document


def test_leaders_are_named_by_size(document: dict[str, Any]) -> None:
    found = {row["size"]: row for row in document["leaders"]}
    assert found["20"]["technique"] == "finetune"
    assert found["20"]["beside"] == []
    assert found["1"]["technique"] in {"retrieved", "neighbours"}


def test_one_row_more_of_a_few_makes_no_leader(make_points: Make) -> None:
    """A hybrid that mends one row of the classifier's first 200, where it is worse than over all."""
    (whole,) = make_points("finetune", {"20": 0.9}, n_test=1000, seeds=(0,))
    whole = replace(whole, right="1" * 170 + "0" * 30 + whole.right[200:])
    (hybrid,) = make_points("hybrid_50", {"20": 0.9}, seeds=(0,), **SUBSET)
    hybrid = replace(hybrid, right="1" * 171 + "0" * 29)
    (leader,) = answer([whole, hybrid], PROTOCOL)["leaders"]
    assert (leader["technique"], leader["beside"]) == ("finetune", ["hybrid_50"])


def test_differences_are_signed_from_a_to_b(document: dict[str, Any]) -> None:
    (found,) = [
        row for row in document["differences"] if {row["a"], row["b"]} == {"finetune", "tfidf"} and row["size"] == "20"
    ]
    sign = 1 if found["b"] == "finetune" else -1
    assert sign * found["difference"] == pytest.approx(0.2, abs=0.03)
    assert found["better"] == "finetune"


def test_prompting_meets_fine_tuning(document: dict[str, Any]) -> None:
    prompting, tuning = document["duels"]
    assert (prompting["first"], prompting["second"], prompting["state"]) == ("retrieved", "finetune", "crosses")
    assert 1 < prompting["at"] < 5
    assert (tuning["second"], tuning["state"]) == ("finetune", "ahead")


def test_being_below_its_own_retriever_is_noted(document: dict[str, Any]) -> None:
    assert [row["state"] for row in document["retriever"]][1:] == ["worse", "worse"]
    assert len([text for text in document["notes"] if "its own retriever" in text]) == 2


def test_the_next_labels_are_read_off_the_curve(document: dict[str, Any]) -> None:
    """From 1 to 20 examples an intent are 10 to 200 labels: at 10, 210 is beyond all; at 5 an intent too."""
    rows = [row for row in document["next_labels"] if row["technique"] == "finetune"]
    assert [row["size"] for row in rows] == ["1", "5", "20"]
    assert all(row["extrapolated"] for row in rows)
    assert rows[0]["gain"] == pytest.approx(0.6, abs=0.05)
    assert rows[0]["labelling_usd"] == pytest.approx(200 * 10 / 3600 * 30)
    assert all(row["gain"] <= 0.71 for row in rows)


def test_losses_are_those_of_the_same_seeds_and_styles(document: dict[str, Any]) -> None:
    rows = {(row["setting"], row["technique"]): row for row in document["rigidity"]}
    assert rows["noise-20", "tfidf"]["loss"] == pytest.approx(0.2, abs=0.03)
    assert rows["noise-20", "finetune"]["loss_low"] > 0
    assert rows["shift", "finetune"]["loss"] == pytest.approx(0.1, abs=0.01)


def test_new_intents_are_taken_up_at_the_first_size_that_suffices(document: dict[str, Any]) -> None:
    assert document["take_up"] == [
        {"technique": "finetune", "needed": "5", "most": "5", "accuracy_new": 0.86, "accuracy_old": 0.9}
    ]


def test_the_verdict_names_winners_crossing_and_price(document: dict[str, Any]) -> None:
    text = document["verdict"]
    assert "Prompting a language model (LLM, retrieved examples) is ahead with 1 example an intent" in text
    assert "fine-tuning a small model (Full fine-tuning (int8)) with 5 and 20; their lines cross at about" in text
    assert "Fine-tuning a small model (Full fine-tuning (int8)) is ahead of tuning a prompt" in text
    assert "Cheapest at 100,000 turns a month" in text
    assert "With 20 % wrong labels" in text


def test_what_needs_no_examples_has_its_sentence(make_points: Make) -> None:
    bare = [*make_points("zero_shot", {"0": 0.1}), *make_points("constrained", {"0": 0.3})]
    alone = answer(bare, PROTOCOL)["sentences"]
    assert alone[0].startswith("Without any example it is LLM, zero-shot, labels only (30.0 %, 95 %: ")
    taught = make_points("tfidf", {"1": 0.2, "5": 0.5})
    both = answer([*bare, *taught], PROTOCOL)["sentences"]
    assert both[0].startswith("Most accurate by examples an intent: ")
    assert both[1] == alone[0]
    assert "Without any example" not in answer(taught, PROTOCOL)["verdict"]


def test_arms_with_fewer_draws_than_others_are_named(make_points: Make, document: dict[str, Any]) -> None:
    points = [
        *make_points("tfidf", {"1": 0.2, "5": 0.5}),
        *make_points("finetune", {"1": 0.3, "5": 0.7}, seeds=(0,)),
        *make_points("zero_shot", {"0": 0.1}, seeds=(0,)),
    ]
    (note,) = [text for text in answer(points, PROTOCOL)["notes"] if text.startswith("Only one draw")]
    assert note.endswith(": Full fine-tuning (int8) (size 1 and 5).")
    assert not [text for text in document["notes"] if "one draw" in text or "One seed" in text]


def test_a_crossing_that_may_be_anywhere_names_no_winner(make_points: Make) -> None:
    points = [
        *make_points("finetune", {"1": 0.60, "5": 0.70, "20": 0.80}),
        *make_points("soft_prompt", {"1": 0.605, "5": 0.70, "20": 0.795}),
    ]
    found = answer(points, PROTOCOL)
    (duel,) = found["duels"]
    assert (duel["state"], duel["low"], duel["high"]) == ("crosses", None, None)
    assert "are not told apart at any size measured, 1 to 20; their lines cross" in found["verdict"]
    assert "is ahead" not in found["verdict"]


def test_who_is_ahead_by_chance_is_not_called_the_winner(make_points: Make) -> None:
    tuned = make_points("finetune", {"1": 0.6, "5": 0.7, "20": 0.8}, seeds=(0,), n_test=200)
    prompted = make_points("retrieved", {"1": 0.6, "5": 0.7, "20": 0.8}, seeds=(0,), n_test=200)
    alike = [replace(point, right="0" * 2 + point.right[2:]) for point in tuned]
    alike = [replace(point, technique="retrieved", right="11" + point.right[2:]) for point in alike]
    below = [replace(point, right="0" * 2 + point.right[2:]) for point in tuned]
    assert "are not told apart at any size measured, 1 to 20." in answer([*below, *alike], PROTOCOL)["verdict"]
    best = [replace(point, right="1" * 200) if point.size == "20" else point for point in prompted]
    last = [replace(point, right="0" * 200) if point.size == "20" else point for point in below]
    first = [replace(point, right=one.right) for point, one in zip(best[:2], alike[:2], strict=True)]
    text = answer([*last, *first, best[2]], PROTOCOL)["verdict"]
    assert "is ahead of fine-tuning a small model (Full fine-tuning (int8)) with 20 examples an intent, and not" in text


def test_a_lead_is_claimed_where_it_is_sure(make_points: Make) -> None:
    points = [
        *make_points("finetune", {"1": 0.60, "5": 0.70, "20": 0.90}, n_test=400),
        *make_points("soft_prompt", {"1": 0.605, "5": 0.70, "20": 0.70}, n_test=400),
    ]
    (duel,) = (found := answer(points, PROTOCOL))["duels"]
    assert (duel["state"], duel["low"]) == ("crosses", None)
    assert "with 20 examples an intent, and not told apart from it at the other sizes measured;" in found["verdict"]
    assert "is ahead with" not in found["verdict"]


def test_invalid_answers_and_lost_rows_are_told_apart(make_points: Make) -> None:
    (point,) = make_points("zero_shot", {"0": 0.5}, n_test=10)
    point = replace(point, right="11-!000001", failures={"prose": 1, "time_out": 1})
    cut = replace(
        point, key="other", technique="few_shot", size="5", status="cut", right="", accuracy=None, reason="late"
    )
    found = answer([point, cut], PROTOCOL)
    row = next(row for row in found["curves"] if row["technique"] == "zero_shot")
    assert (row["invalid"], row["broken"], row["accuracy"]) == (1, 1, pytest.approx(3 / 9))
    assert any(
        "1 of 10 answers (10.0 %) were no valid label; they count as wrong (prose: 1)" in text
        for text in found["notes"]
    )
    assert any("1 of 10 rows were lost" in text and "(time_out: 1)" in text for text in found["notes"])
    assert any("1 cell cut (size 5): late" in text for text in found["notes"])
    assert "1 of 2 cells, which were cut or failed (LLM, fixed examples)" in found["verdict"]


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_few_or_no_points_are_answered_too(make_points: Make, kept: int) -> None:
    found = answer(make_points("head", {"1": 0.5, "5": 0.6})[:kept], PROTOCOL)
    json.dumps(found, allow_nan=False)
    assert found["verdict"]


def test_versions_that_differ_between_cells_are_said(make_points: Make) -> None:
    points = make_points("head", {"1": 0.5, "5": 0.6}, seeds=(0,))
    assert not any("several versions" in text for text in answer(points, PROTOCOL)["notes"])
    points[1] = replace(points[1], versions={"numpy": "2.5"})
    assert any("several versions of numpy (2.4, 2.5)" in text for text in answer(points, PROTOCOL)["notes"])


def test_a_model_without_a_price_is_said(make_points: Make) -> None:
    endpoint = {"base_url": "https://llm.example/v1", "model": "dear"}
    free = PROTOCOL.model_copy(update={"endpoint": endpoint})
    priced = free.model_copy(update={"prices": {"dear": {}}})
    told = [
        any(
            "price of dear is not known" in text for text in answer(make_points("retrieved", {"1": 0.5}), one)["limits"]
        )
        for one in (free, priced)
    ]
    assert told == [True, False]


def test_one_seed_and_the_small_language_model_are_said(make_points: Make) -> None:
    found = answer(make_points("retrieved", {"1": 0.5}, seeds=(0,)), PROTOCOL)
    assert any("One seed only" in text for text in found["notes"])
    assert any("135 million parameters" in text for text in found["limits"])
    other = PROTOCOL.model_copy(update={"endpoint": {"base_url": "https://llm.example/v1"}})
    assert not any("135" in text for text in answer(make_points("retrieved", {"1": 0.5}), other)["limits"])
