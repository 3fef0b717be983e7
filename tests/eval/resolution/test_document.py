"""The whole comparison, from outcomes to sentences."""

from dataclasses import replace
from typing import Any

import pytest

from bot.routing import Routing
from bot.settings import ComparisonSection, TariffSection
from bot.store.outcomes import AuditRow
from eval.resolution.document import compare_arms
from eval.resolution.page import dollars, points, render
from eval.resolution.reading import EMPTY, Logs, Span
from eval.resolution.table import tables
from eval.resolution.verdict import rounded
from tests.eval.resolution.making import ARMS, logs_of, many, row

SPAN = Span(None, "2026-04-01T00:00:00Z", "live")
FREE = TariffSection(cpu_hour_usd=0, operator_minute_usd=0)


def document(logs: Logs, tariffs: TariffSection = FREE, truth: dict[str, bool] | None = None) -> dict[str, Any]:
    return compare_arms(logs, SPAN, ComparisonSection(), tariffs, truth).document


def audited(logs: Logs, every: int, truth: dict[str, bool]) -> Logs:
    """Audit every n-th conversation."""
    audits = {
        one.conversation_id: AuditRow(
            f"a{one.conversation_id}", one.conversation_id, "2026-03-20", 1 / every, 100, "resolution/1",
            truth[one.conversation_id], "ann", None, "2026-03-21",
        )
        for one in logs.rows[::every]
    }  # fmt: skip
    return replace(logs, audits=audits)


def test_empty_logs_give_nulls_and_a_sentence() -> None:
    found = document(replace(EMPTY, open=3))
    assert (found["arms"], found["differences"], found["conclusion"]) == ([], [], "no_data")
    assert "3 conversations are open" in found["verdict"]


def test_each_arm_has_its_figures() -> None:
    rows = [replace(one, latency_ms=20.0, resolution_s=60.0) for one in [*many("intent", 40, 30), *many("rag", 20, 5)]]
    arm, other = document(logs_of(rows))["arms"]
    assert (arm["arm"], arm["n"], arm["resolved"], arm["rate"]) == ("intent", 40, 30, 0.75)
    assert arm["low"] < 0.75 < arm["high"]
    assert arm["chain"] == ["intent"]
    assert (other["rate"], other["abandoned"]["value"]) == (0.25, 0.75)
    assert arm["latency_ms"]["p50"] == 20.0
    assert arm["resolution_s"] == 60.0
    assert arm["audit"] == {"n": 0, "power": None, "se": None, "for_2_points": None}


def test_cost_is_tokens_machines_people_and_training() -> None:
    rows = [
        replace(one, cost_usd=0.01, backend_s=36.0, operator_s=30.0)
        for one in [*many("intent", 10, 5), *many("rag", 10, 10)]
    ]
    tariffs = TariffSection(cpu_hour_usd=1.0, operator_minute_usd=0.6, training_usd=2.0)
    arm, other = document(logs_of(rows), tariffs)["arms"]
    assert other["cost_usd"]["per_conversation"] == pytest.approx(0.01 + 0.01 + 0.3)
    assert arm["cost_usd"]["training"] == pytest.approx(2.0)  # only the classifier is trained
    assert arm["cost_per_resolved_usd"]["value"] == pytest.approx((10 * 0.32 + 2) / 5)


def test_a_planted_difference_is_found_and_said() -> None:
    found = document(logs_of([*many("intent", 400, 320), *many("rag", 400, 200)]))
    assert found["conclusion"] == "better"
    assert found["better"] == "intent"
    assert found["verdict"].startswith("intent resolves more: 30.0 points more by the rules, ")
    difference = found["differences"][0]
    assert (difference["a"], difference["b"]) == ("rag", "intent")
    assert difference["difference"] == pytest.approx(-0.3)
    assert difference["high"] < 0


def test_equal_arms_are_said_to_be_equal_in_the_end_and_open_before() -> None:
    early = document(logs_of([*many("intent", 150, 100), *many("rag", 150, 98)]))
    assert early["conclusion"] == "keep_going"
    assert early["verdict"].startswith("Keep going: about ")
    late = document(logs_of([*many("intent", 3000, 2000), *many("rag", 3000, 2004)]))
    assert late["conclusion"] == "no_difference"
    assert early["more_conversations"] < 3000


def test_a_few_customers_say_nothing() -> None:
    found = document(logs_of([*many("intent", 8, 8), *many("rag", 8, 0)]))
    assert found["verdict"] == "Keep going: too few customers so far to say how many more are needed."
    assert found["differences"][0]["low"] is None


def test_one_arm_is_not_compared() -> None:
    assert document(logs_of(many("intent", 30, 10)))["conclusion"] == "one_arm"


def test_missing_customers_stop_the_reading() -> None:
    found = document(logs_of([*many("intent", 600, 500), *many("rag", 400, 100)]))
    assert found["conclusion"] == "suspicious"
    assert found["better"] is None
    assert "intent 600 instead of 500" in found["verdict"]


def test_a_better_arm_that_is_too_dear_is_called_so() -> None:
    rag = [replace(one, cost_usd=1.0 + 0.001 * place) for place, one in enumerate(many("rag", 400, 320))]
    found = document(logs_of([*many("intent", 400, 200), *rag]))
    assert found["conclusion"] == "worse_elsewhere"
    assert found["verdict"].endswith("But it costs more a conversation than is put up with.")
    states = {guard["name"]: guard["state"] for guard in found["differences"][0]["guardrails"]}
    assert states["cost_usd"] == "broken"


def test_the_arm_that_is_compared_with_may_be_too_dear_as_well() -> None:
    intent = [replace(one, cost_usd=1.0 + 0.001 * place) for place, one in enumerate(many("intent", 400, 320))]
    found = document(logs_of([*intent, *many("rag", 400, 200)]))
    assert (found["conclusion"], found["better"]) == ("worse_elsewhere", "intent")
    assert found["verdict"].endswith("But it costs more a conversation than is put up with.")


def test_audits_correct_each_arm_and_stand_beside_the_rules() -> None:
    logs = logs_of([*many("intent", 400, 320), *many("rag", 400, 320)])
    truth = {
        one.conversation_id: one.resolved and not (one.arm == "rag" and place % 2)
        for place, one in enumerate(logs.rows)
    }
    arm, other = document(audited(logs, 3, truth))["arms"]
    assert arm["corrected"]
    assert other["corrected"]
    assert arm["rate"] == pytest.approx(0.8, abs=0.02)
    assert other["rate"] == pytest.approx(0.4, abs=0.06)
    assert other["uncorrected"]["value"] == 0.8
    assert other["audit"]["n"] == 133


def test_audits_that_contradict_the_rules_are_heard() -> None:
    logs = logs_of([*many("intent", 400, 200), *many("rag", 400, 320)])
    truth = {one.conversation_id: one.resolved and one.arm == "intent" for one in logs.rows}
    found = document(audited(logs, 3, truth))
    assert found["verdict"].startswith("rag resolves more: 30.0 points more by the rules, ")
    assert found["verdict"].endswith("The audits say the opposite: do not act on the rules alone.")
    assert (found["conclusion"], found["better"]) == ("contradicted", None)


def test_audits_that_bear_it_out_are_heard_too() -> None:
    logs = logs_of([*many("intent", 400, 100), *many("rag", 400, 360)])
    found = document(audited(logs, 3, {one.conversation_id: one.resolved for one in logs.rows}))
    assert found["verdict"].endswith("The audits bear it out.")


def test_audits_may_find_what_the_rules_do_not_see() -> None:
    logs = logs_of([*many("intent", 400, 300), *many("rag", 400, 300)])
    truth = {one.conversation_id: one.resolved and one.arm == "intent" for one in logs.rows}
    found = document(audited(logs, 2, truth))
    assert (found["conclusion"], found["better"]) == ("better", "intent")
    assert "more by the audits" in found["verdict"]
    assert not found["differences"][0]["is_found"]


def test_the_truth_of_a_simulation_stands_beside_each_rate() -> None:
    logs = logs_of([*many("intent", 40, 30), *many("rag", 40, 10)])
    truth = {one.conversation_id: one.resolved for one in logs.rows}
    told = document(logs, truth=truth)["arms"][0]["truth"]
    assert told == {"n": 40, "rate": 0.75, "error": 0.0, "uncorrected_error": 0.0, "is_inside": True}


def test_changed_chains_and_weights_are_warned_of() -> None:
    first = Routing(1, (replace(ARMS[0], chain=("scripted",)), ARMS[1]))
    second = Routing(2, ARMS)
    third = Routing(3, (replace(ARMS[0], weight=2.0), ARMS[1]))
    rows = [row(number, ("intent", "rag")[number % 2], version=1 + number // 2) for number in range(6)]
    warnings = " ".join(document(logs_of(rows, first, second, third))["warnings"])
    assert "2 conversations are from times when an arm had another chain" in warnings
    assert "Weights have changed" in warnings
    assert "Nobody has audited" in warnings


def test_groups_by_backend_and_intent_are_listed_the_largest_first() -> None:
    found = document(logs_of([*many("intent", 10, 5), *many("rag", 20, 5)]))
    assert [group["backend"] for group in found["backends"]] == ["rag", "intent"]
    assert found["intents"][0]["intent"] == "(none)"


def test_the_page_needs_nothing_else_and_escapes_names() -> None:
    rows = [replace(one, backend="<b>") for one in [*many("intent", 80, 60), *many("rag", 80, 40)]]
    found = compare_arms(logs_of(rows), SPAN, ComparisonSection(), FREE)
    page = render(found.document, found.contrasts)
    assert page.count("<svg") == 2
    assert "&lt;b&gt;" in page
    assert "src=" not in page
    assert 'href="http' not in page
    assert len(list(tables(found.document))) == 5


def test_the_page_of_empty_logs_says_so() -> None:
    assert "No conversation has been judged yet." in render(document(EMPTY), ())


def test_figures_are_written_for_people() -> None:
    assert [dollars(None), dollars(0.0021), dollars(12.5)] == ["–", "$0.0021", "$12.50"]
    assert [points(None), points(-0.031)] == ["–", "−3.1"]
    assert [rounded(4), rounded(47), rounded(912), rounded(12345)] == ["10", "50", "910", "12,000"]
