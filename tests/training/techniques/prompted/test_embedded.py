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


@pytest.fixture
def technique(tmp_path: Path) -> Prompted:
    built = build("constrained", Place(tmp_path))
    assert isinstance(built, Prompted)
    built.fit([Example(name, name, "") for name in INTENTS], seed=0, progress=lambda *_: None)
    return built


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
