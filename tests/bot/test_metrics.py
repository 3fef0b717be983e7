"""What Prometheus reads."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.metrics import MOST_VALUES, Metrics

LIVE = ("source", "live")


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted((k, v) for k, v in sample.labels.items() if k != "worker"))): sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
    }


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("w1")


def test_a_turn_is_counted_timed_and_priced(metrics: Metrics) -> None:
    metrics.turn("rag", "answered", "main", 1.5, 0.002, source="live")
    metrics.turn("rag", "answered", "main", 0.5, 0.001, source="live")
    metrics.turn("none", "fallback", "main", 0.1, 0.0, source="live")
    found = samples(metrics)
    assert found["chatbot_turns_total", (("backend", "rag"), ("outcome", "answered"), LIVE)] == 2
    assert found["chatbot_turns_total", (("backend", "none"), ("outcome", "fallback"), LIVE)] == 1
    assert found["chatbot_turn_latency_seconds_count", (("backend", "rag"), LIVE)] == 2
    assert found["chatbot_turn_latency_seconds_sum", (("backend", "rag"), LIVE)] == pytest.approx(2.0)
    assert found["chatbot_route_decisions_total", (("arm", "main"), ("reason", "fallback"), LIVE)] == 1
    assert found["chatbot_llm_cost_usd_total", (LIVE,)] == pytest.approx(0.003)


def test_simulated_customers_are_told_from_live_ones(metrics: Metrics) -> None:
    metrics.turn("rag", "answered", "main", 1.5, 0.002, source="live")
    metrics.turn("rag", "answered", "main", 0.5, 0.001, source="simulated")
    found = samples(metrics)
    simulated = ("source", "simulated")
    assert found["chatbot_llm_cost_usd_total", (LIVE,)] == pytest.approx(0.002)
    assert found["chatbot_llm_cost_usd_total", (simulated,)] == pytest.approx(0.001)
    assert found["chatbot_turn_latency_seconds_sum", (("backend", "rag"), LIVE)] == pytest.approx(1.5)
    assert found["chatbot_turns_total", (("backend", "rag"), ("outcome", "answered"), simulated)] == 1


def test_every_other_event_has_its_own_metric(metrics: Metrics) -> None:
    metrics.attempt("intent", "abstain:out_of_scope", 0.01, source="live")
    metrics.first_token("rag", 0.3, source="live")
    metrics.handoff("asked", source="live")
    metrics.given_back(source="live")
    metrics.feedback(1, source="live")
    metrics.feedback(-1, source="live")
    metrics.error("rate_limited")
    metrics.resolution("resolved", source="live")
    metrics.sockets(1)
    metrics.sockets(1)
    metrics.sockets(-1)
    found = samples(metrics)
    assert (
        found["chatbot_backend_attempts_total", (("backend", "intent"), ("outcome", "abstain:out_of_scope"), LIVE)] == 1
    )
    assert found["chatbot_backend_attempt_seconds_count", (("backend", "intent"), LIVE)] == 1
    assert found["chatbot_ttft_seconds_count", (("backend", "rag"), LIVE)] == 1
    assert found["chatbot_handoffs_total", (("reason", "asked"), LIVE)] == 1
    assert found["chatbot_given_back_total", (LIVE,)] == 1
    assert found["chatbot_feedback_total", (LIVE, ("value", "up"))] == 1
    assert found["chatbot_feedback_total", (LIVE, ("value", "down"))] == 1
    assert found["chatbot_errors_total", (("code", "rate_limited"),)] == 1
    assert found["chatbot_resolution_total", (("class", "resolved"), LIVE)] == 1
    assert found["chatbot_websocket_connections", ()] == 1
    assert found["chatbot_resident_memory_bytes", ()] > 1e6


def test_a_backend_is_in_one_state_at_a_time(metrics: Metrics) -> None:
    metrics.backend_state("rag", "ok")
    metrics.backend_state("rag", "down")
    found = samples(metrics)
    assert found["chatbot_backend_state", (("backend", "rag"), ("state", "down"))] == 1
    assert found["chatbot_backend_state", (("backend", "rag"), ("state", "ok"))] == 0


def test_only_the_bundle_in_use_is_named(metrics: Metrics) -> None:
    metrics.model("2026-01-01-aaa")
    metrics.model("2026-01-02-bbb")
    found = samples(metrics)
    assert [key for key in found if key[0] == "chatbot_model_info"] == [
        ("chatbot_model_info", (("version", "2026-01-02-bbb"),))
    ]


def test_two_processes_are_told_apart_and_two_registries_do_not_collide() -> None:
    first, second = Metrics("1"), Metrics("2")
    first.handoff("asked", source="live")
    assert b'worker="1"' in first.render()
    assert b'worker="2"' in second.render()
    assert b'reason="asked"' not in second.render()


def test_invented_labels_do_not_fill_the_memory(metrics: Metrics) -> None:
    for number in range(10 * MOST_VALUES):
        metrics.error(f"code_{number}")
    names = [key for key in samples(metrics) if key[0] == "chatbot_errors_total"]
    assert len(names) == MOST_VALUES + 1
    assert samples(metrics)["chatbot_errors_total", (("code", "other"),)] == 9 * MOST_VALUES
