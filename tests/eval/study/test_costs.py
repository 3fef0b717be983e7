"""What techniques cost, and which is the cheapest."""

from typing import Any

import pytest

from eval.study.cheapest import cheapest
from eval.study.costs import cost, costs, pareto
from eval.study.protocol import Tariffs

TARIFFS = Tariffs(
    label_seconds=36, labeller_usd_per_hour=20, cpu_usd_per_hour=0.1, gb_month_usd=2, turns_a_month=36_000, months=10
)


def curve(technique: str = "head", **more: Any) -> dict[str, Any]:
    row = {
        "technique": technique,
        "setting": "main",
        "size": "5",
        "n_per_intent": 5,
        "n_examples": 50,
        "accuracy": 0.8,
        "low": 0.75,
        "high": 0.85,
        "train_cpu_s": 3600.0,
        "cpu_ms_per_text": 100.0,
        "usd_per_text": 0.0,
        "peak_bytes": 2_000_000_000,
        "disk_bytes": 100_000_000,
        "held_bytes": 500_000_000,
    }
    return {**row, **more}


def test_every_part_of_the_cost_is_counted_once() -> None:
    found = cost(curve(usd_per_text=0.001), TARIFFS, 36_000, is_embedded=False)
    assert found["labelling_usd"] == pytest.approx(50 * 36 / 3600 * 20)
    assert found["training_usd"] == pytest.approx(0.1)
    assert found["inference_usd"] == pytest.approx(1 * 0.1)  # 36,000 times 0.1 s are one hour
    assert found["tokens_usd"] == pytest.approx(36)
    assert found["memory_usd"] == pytest.approx(1)
    assert found["idle_usd"] == 0
    assert found["usd_a_month"] == pytest.approx((10 + 0.1) / 10 + 0.1 + 36 + 1)
    assert found["usd_per_1000_turns"] == pytest.approx(found["usd_a_month"] / 36)


def test_a_language_model_of_ones_own_keeps_a_core_that_a_paid_one_does_not() -> None:
    own = cost(curve("retrieved", held_bytes=2_000_000_000), TARIFFS, 36_000, is_embedded=True)
    paid = cost(curve("retrieved"), TARIFFS, 36_000, is_embedded=False)
    assert own["idle_usd"] == pytest.approx((730 - 1) * 0.1)
    assert own["memory_usd"] == pytest.approx(4)
    assert paid["idle_usd"] == 0


def test_more_cores_are_kept_where_one_is_too_busy() -> None:
    found = cost(curve("retrieved", cpu_ms_per_text=1000.0), TARIFFS, 3_600_000, is_embedded=True)
    assert found["inference_usd"] == pytest.approx(100)
    assert found["idle_usd"] == pytest.approx((3 * 730 - 1000) * 0.1)  # 1,000 busy hours, 438 planned for a core


def test_only_the_main_setting_with_a_score_is_priced() -> None:
    rows = [curve(), curve(setting="shift"), curve(accuracy=None)]
    assert {row["turns_a_month"] for row in costs(rows, TARIFFS, is_embedded=True)} == {
        1_000,
        10_000,
        36_000,
        100_000,
        1_000_000,
    }
    assert len(costs(rows, TARIFFS, is_embedded=True)) == 5


def test_what_is_dearer_and_worse_is_not_on_the_frontier() -> None:
    rows = [{"usd_a_month": usd, "accuracy": accuracy} for usd, accuracy in ((1, 0.5), (2, 0.4), (3, 0.9), (3, 0.7))]
    assert [(row["usd_a_month"], row["accuracy"]) for row in pareto(rows)] == [(1, 0.5), (3, 0.9)]


def offers() -> list[dict[str, Any]]:
    many = curve("finetune", size="50", n_per_intent=50, n_examples=500, accuracy=0.9, low=0.88)
    asked = curve("constrained", size="0", n_per_intent=0, n_examples=0, accuracy=0.82, low=0.7, usd_per_text=0.0005)
    return costs([curve(), many, asked], TARIFFS, is_embedded=False)


def choose(**wanted: Any) -> dict[str, Any]:
    (found,) = [
        row for row in cheapest(offers(), TARIFFS.months) if all(row[name] == value for name, value in wanted.items())
    ]
    return found


def test_labels_are_bought_only_where_they_pay() -> None:
    assert choose(wanted=0.8, n_per_intent=None, turns_a_month=1_000)["technique"] == "constrained"
    assert choose(wanted=0.8, n_per_intent=None, turns_a_month=1_000_000)["technique"] == "head"
    assert choose(wanted=0.9, n_per_intent=None, turns_a_month=1_000)["technique"] == "finetune"


def test_labels_at_hand_cost_nothing_and_no_more_are_used() -> None:
    found = choose(wanted=0.8, n_per_intent=5, turns_a_month=1_000)
    bought = choose(wanted=0.75, n_per_intent=None, turns_a_month=1_000_000)
    at_hand = choose(wanted=0.75, n_per_intent=5, turns_a_month=1_000_000)
    assert found["technique"] == "head"
    assert bought["usd_a_month"] - at_hand["usd_a_month"] == pytest.approx(1)
    assert choose(wanted=0.9, n_per_intent=5, turns_a_month=1_000)["technique"] is None


def test_a_mean_that_reaches_with_an_interval_that_does_not_is_called_unsure() -> None:
    assert choose(wanted=0.8, n_per_intent=None, turns_a_month=1_000)["sure"] is False
    assert choose(wanted=0.85, n_per_intent=None, turns_a_month=1_000)["sure"] is True
