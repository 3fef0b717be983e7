"""What the serving process is made of, and how fast it is there."""

from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from backends.bundle import promote
from tests.e2e.conftest import PARROT_BOT, Measured, OpenChat, Serve
from tests.e2e.demo_shop import ROPE_QUESTION, demo_server
from tests.e2e.running import Running

pytestmark = pytest.mark.slow

READY_S = 10.0
"""Bound on a busy machine; the aim is 3 seconds."""
HEAVY = ("torch", "transformers", "sentence_transformers", "sklearn", "scipy", "peft")
INTENT_BOT = PARROT_BOT.replace('chain = ["parrot"]', 'chain = ["intent", "parrot"]')


@pytest.fixture
def home_with_bundle(tmp_path: Path, make_tiny_bundle: Callable[..., Path]) -> Path:
    """A home that has a current bundle already, as at every start but the first."""
    home = tmp_path / "var0"
    make_tiny_bundle(home / "bundles" / "tiny-0001")
    promote(home, "tiny-0001")
    return home


def assert_light(server: Running) -> float:
    """Make sure that the process has loaded none of the heavy libraries; gives its memory in MiB."""
    process = psutil.Process(server.pid)
    mapped = {Path(region.path).parts for region in process.memory_maps() if region.path.startswith("/")}
    loaded = {part for parts in mapped for part in parts}
    assert {"onnxruntime", "tokenizers"} <= loaded  # the look into the process works
    assert loaded.isdisjoint(HEAVY)
    assert not [part for part in loaded if part.startswith("libtorch")]
    return float(process.memory_info().rss / 2**20)


async def test_the_serving_process_imports_nothing_heavy_and_is_ready_soon(
    serve: Serve, chat: OpenChat, measured: Measured, home_with_bundle: Path
) -> None:
    server = serve(INTENT_BOT)
    assert server.home == home_with_bundle
    customer = await chat(server)
    await customer.ask("hello there")
    (attempt,) = server.rows("SELECT backend, outcome, intent FROM attempts WHERE position = 0")
    assert (attempt["backend"], attempt["intent"]) == ("intent", "greet")
    measured(f"ready {server.ready_s:.2f} s after the start; {assert_light(server):.0f} MiB resident")
    assert server.ready_s < READY_S
    assert server.complaints() == []


async def test_the_demo_bot_is_light_and_ready_soon_too(
    tmp_path: Path, demo: Running, chat: OpenChat, measured: Measured
) -> None:
    server = demo_server(
        tmp_path / "var", index_of=demo.home, SWITCHBOARD__BACKENDS__RAG__BASE_URL="http://127.0.0.1:9"
    )
    try:
        server.start()
        customer = await chat(server)
        assert (await customer.ask("hello"))["backend"] == "intent"
        assert (await customer.ask(ROPE_QUESTION))["backend"] == "rag"
        measured(f"ready {server.ready_s:.2f} s after the start; {assert_light(server):.0f} MiB resident")
        assert server.ready_s < READY_S
    finally:
        server.end()
