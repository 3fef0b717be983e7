"""What Prometheus reads: the counters of one worker process, in a registry of their own.

Every series has the label `worker` (the process id), so that several workers behind one port do not overwrite each
other: sum over it. What customers do has the label `source` too (`live`, `simulated`, …): alerts look at `live`. Labels
are bounded: past `MOST_VALUES` different values a label says `other`.
"""

import os
from collections.abc import Iterable
from typing import Literal

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST
MOST_VALUES = 64
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0)
"""Upper bounds of the latency buckets."""
STATES = ("ok", "degraded", "down")


class Metrics:
    """Everything this process counts; the core calls it with plain values."""

    def __init__(self, worker: str | None = None) -> None:
        self._worker = worker or str(os.getpid())
        self._registry = CollectorRegistry()
        self._seen: dict[str, set[str]] = {}
        self._turns = self._counter(
            "turns", "Customer messages, by what answered them.", "backend", "outcome", "source"
        )
        self._latency = self._histogram(
            "turn_latency_seconds", "From the start of a turn to its end.", "backend", "source"
        )
        self._first_token = self._histogram(
            "ttft_seconds", "Until the first piece of a reply was shown.", "backend", "source"
        )
        self._attempts = self._counter("backend_attempts", "Tries of single backends.", "backend", "outcome", "source")
        self._attempt = self._histogram(
            "backend_attempt_seconds", "Time one backend took for one try.", "backend", "source"
        )
        self._decisions = self._counter(
            "route_decisions", "Turns by arm, and how they ended.", "arm", "reason", "source"
        )
        self._cost = self._counter("llm_cost_usd", "US dollars spent on model calls.", "source")
        self._handoffs = self._counter("handoffs", "Conversations passed to a person.", "reason", "source")
        self._given_back = self._counter(
            "given_back", "Conversations that nobody answered, given back to the bot.", "source"
        )
        self._removed = self._counter("removed_rows", "Rows removed because they were kept long enough.", "kind")
        self._resolution = self._counter("resolution", "Conversations whose resolution was decided.", "class", "source")
        self._feedback = self._counter("feedback", "Thumbs on bot messages.", "value", "source")
        self._trainings = self._counter("training_runs", "Nightly runs that this worker started.", "result")
        self._errors = self._counter("errors", "Errors told to clients.", "code")
        self._refused = self._counter("refused_requests", "Requests and sockets that were turned away.", "code")
        self._sockets = self._gauge("websocket_connections", "Open customer sockets.")
        self._states = self._gauge("backend_state", "1 for the state a backend is in.", "backend", "state")
        self._model = self._gauge("model_info", "1 for the model bundle in use.", "version")
        memory = self._gauge("resident_memory_bytes", "Memory of the process.")
        memory.labels(self._worker).set_function(lambda: float(psutil.Process().memory_info().rss))
        for counter in (self._cost, self._given_back):
            counter.labels("live", self._worker)  # shown at 0 from the start
        self._sockets.labels(self._worker)

    def turn(self, backend: str, outcome: str, arm: str, seconds: float, cost_usd: float, *, source: str) -> None:
        """Count an answered, or not answered, customer message."""
        ends = (*self._of("source", source), self._worker)
        self._turns.labels(*self._of("backend", backend), *self._of("outcome", outcome), *ends).inc()
        self._latency.labels(*self._of("backend", backend), *ends).observe(seconds)
        self._decisions.labels(*self._of("arm", arm), *self._of("outcome", outcome), *ends).inc()
        self._cost.labels(*ends).inc(max(0.0, cost_usd))

    def suggested(self, cost_usd: float, *, source: str) -> None:
        """Count what answers that were suggested to an operator cost."""
        self._cost.labels(*self._of("source", source), self._worker).inc(max(0.0, cost_usd))

    def attempt(self, backend: str, outcome: str, seconds: float, *, source: str) -> None:
        """Count one try of one backend."""
        ends = (*self._of("source", source), self._worker)
        self._attempts.labels(*self._of("backend", backend), *self._of("attempt", outcome), *ends).inc()
        self._attempt.labels(*self._of("backend", backend), *ends).observe(seconds)

    def first_token(self, backend: str, seconds: float, *, source: str) -> None:
        """Note how long a customer waited for the first piece of a streamed reply."""
        ends = (*self._of("source", source), self._worker)
        self._first_token.labels(*self._of("backend", backend), *ends).observe(seconds)

    def handoff(self, reason: str, *, source: str) -> None:
        """Count a conversation passed to a person."""
        self._handoffs.labels(*self._of("handoff", reason), *self._of("source", source), self._worker).inc()

    def given_back(self, *, source: str) -> None:
        """Count a conversation that nobody answered in time."""
        self._given_back.labels(*self._of("source", source), self._worker).inc()

    def removed(self, kind: str, count: int) -> None:
        """Count what was removed because it was kept long enough."""
        self._removed.labels(*self._of("kind", kind), self._worker).inc(count)

    def resolution(self, resolved: str, *, source: str) -> None:
        """Count a conversation whose resolution was decided (`resolved`, `unresolved`, …)."""
        self._resolution.labels(*self._of("class", resolved), *self._of("source", source), self._worker).inc()

    def feedback(self, value: int, *, source: str) -> None:
        """Count a thumb up (1) or down (-1)."""
        self._feedback.labels("up" if value > 0 else "down", *self._of("source", source), self._worker).inc()

    def training_run(self, result: str) -> None:
        """Count a nightly run that has ended (`promoted`, `kept`, `refused`, `failed`, …)."""
        self._trainings.labels(*self._of("training", result), self._worker).inc()

    def sockets(self, delta: int) -> None:
        """Note that customer sockets were opened (1) or closed (-1)."""
        self._sockets.labels(self._worker).inc(delta)

    def error(self, code: str) -> None:
        """Count an error told to a client."""
        self._errors.labels(*self._of("code", code), self._worker).inc()

    def refused(self, code: str) -> None:
        """Count a request or socket that was turned away (`unauthorized`, `forbidden`, `too_large`, …)."""
        self._refused.labels(*self._of("refusal", code), self._worker).inc()

    def backend_state(self, name: str, state: Literal["ok", "degraded", "down"]) -> None:
        """Note how a backend is doing."""
        for known in STATES:
            self._states.labels(*self._of("backend", name), known, self._worker).set(float(known == state))

    def model(self, bundle_id: str) -> None:
        """Note which model bundle is in use; an earlier one is forgotten."""
        self._model.clear()
        self._model.labels(bundle_id, self._worker).set(1)

    def render(self) -> bytes:
        """Write everything in Prometheus' text form."""
        return generate_latest(self._registry)

    def _of(self, label: str, value: str) -> Iterable[str]:
        seen = self._seen.setdefault(label, set())
        if value not in seen and len(seen) >= MOST_VALUES:
            return ("other",)
        seen.add(value)
        return (value,)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"chatbot_{name}", text, (*labels, "worker"), registry=self._registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"chatbot_{name}", text, (*labels, "worker"), registry=self._registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(f"chatbot_{name}", text, (*labels, "worker"), registry=self._registry, buckets=SECONDS)
