"""The real embedded model."""

from pathlib import Path

import psutil
import pytest

from training.dataset import Example
from training.techniques.prompted.server import EmbeddedServer
from training.techniques.prompted.technique import Prompted
from training.techniques.table import Place, build

pytestmark = pytest.mark.slow
INTENTS = tuple(f"ask_about_{word}" for word in ("cards", "refunds", "delivery", "opening_hours"))


def opened(home: Path) -> Prompted:
    built = build("constrained", Place(home, cache=home))
    assert isinstance(built, Prompted)
    built.fit([Example(name, name, "") for name in INTENTS], seed=0, progress=lambda *_: None)
    return built


@pytest.fixture
def technique(tmp_path: Path) -> Prompted:
    return opened(tmp_path)


def test_it_answers_a_label_even_after_its_server_was_killed(technique: Prompted) -> None:
    server = technique._server
    assert isinstance(server, EmbeddedServer)
    try:
        assert technique.predict(["When do you open?"])[0].intent in INTENTS
        assert technique.meter.predict_cpu_s > 0
        assert technique.meter.peak_bytes > 100e6
        assert server._process is not None
        killed = server._process
        killed.kill()
        (guess,) = technique.predict(["Where is my parcel?"])
        assert guess.intent in INTENTS
        assert 0 < guess.confidence < 1
        last = server._process
    finally:
        technique.close()
    assert last.pid != killed.pid
    assert not psutil.pid_exists(last.pid)


def test_an_answer_is_computed_once_and_counts_what_it_took_each_time(technique: Prompted, tmp_path: Path) -> None:
    texts = ["When do you open?"]
    try:
        guesses, first, spent_s = technique.predict(texts), technique.meter, technique._server.cpu_s()
    finally:
        technique.close()
    again = opened(tmp_path)
    try:
        assert again.predict(texts) == guesses
        assert again._server.memory_bytes() == 0
        assert (again.meter.calls, again.meter.prompt_tokens) == (first.calls, first.prompt_tokens)
        assert again._asker.kept.cpu_s == pytest.approx(spent_s, abs=0.3)
        assert again.meter.predict_cpu_s >= again._asker.kept.cpu_s > 0
        assert first.peak_bytes > 100e6
        assert again.meter.peak_bytes == pytest.approx(first.peak_bytes, rel=0.05)
        assert again.meter.held_bytes == pytest.approx(first.held_bytes, rel=0.05)
        assert again.meter.kept_s > 0.1
    finally:
        again.close()
