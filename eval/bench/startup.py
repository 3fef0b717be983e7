"""From the start of the server's process to its first answer, and what it then holds in memory."""

import asyncio
import shutil
import time
from pathlib import Path

from eval.bench.children import Child, naive, serving
from eval.bench.row import Row, quantile
from eval.bench.stage import Stage
from eval.bench.talkers import Chat, HttpChat

READY_S, MEMORY_MB = 3.0, 450.0
"""Targets."""


def measure(stage: Stage) -> list[Row]:
    """Start both sides some times and ask each one question.

    Raises:
        ChildError: a server did not come up.
        ConnectionError: it answered with an error.
        BackendError: the bundle cannot be used.
    """
    home, chain = stage.server_home("startup"), ["intent"]
    if stage.articles is not None and _add_encoder(stage, home):
        chain.append("rag")
    bot, model, times = stage.bot(*chain), stage.pipeline_model(), stage.count(5, 1)
    stage.meter.begin("start-up", 2 * times + 1)
    _first_start(bot, home)
    stage.meter.tick()
    ready, memory, torch_mapped = [], [], False
    ready_other, memory_other = [], []
    for number in range(times):
        with serving(bot, home) as child:
            ready.append(asyncio.run(_ours(child)))
            memory.append(child.rss_mb())
            torch_mapped = torch_mapped or child.maps("libtorch")
        stage.meter.tick()
        with naive(model, stage.folder / f"naive-{number}.log") as child:
            ready_other.append(asyncio.run(_theirs(child)))
            memory_other.append(child.rss_mb())
        stage.meter.tick()
    loaded = " and ".join(chain)
    since = f"from exec to the first session, {loaded} loaded, bundle and index there already"
    held = f"resident after a first turn, {loaded} loaded, LLM server apart"
    return [
        _beside("ready", "s", ready, ready_other, READY_S, since),
        _beside("serving_memory", "MB", memory, memory_other, MEMORY_MB, held),
        Row("torch_mapped", times, "libraries", value=float(torch_mapped), target=0.0, note="0: not in the process"),
    ]


def _beside(name: str, unit: str, ours: list[float], theirs: list[float], target: float, note: str) -> Row:
    """Medians of both sides; the ratio says how many times less ours is."""
    median, baseline = quantile(ours, 0.5), quantile(theirs, 0.5)
    return Row(name, len(ours), unit, p50=median, baseline=baseline, ratio=baseline / median, target=target, note=note)


def _add_encoder(stage: Stage, home: Path) -> bool:
    """Give the server the retrieval encoder of the home folder, else a fresh export."""
    existing = stage.home / "encoders"
    if (existing / "current").is_file():
        shutil.copytree(existing, home / "encoders")
        return True
    from training.export import export_encoder

    stage.meter.begin("exporting the retrieval encoder", 1)
    export_encoder(None, home)
    stage.meter.tick()
    return True


def _first_start(bot: Path, home: Path) -> None:
    """The first start makes the store and the article index: not part of what is measured."""
    with serving(bot, home) as child:
        asyncio.run(_ours(child))


async def _ours(child: Child) -> float:
    chat = await Chat.open(child.port)
    seconds = time.perf_counter() - child.begun
    await chat.ask("where is my parcel?")
    await chat.aclose()
    return seconds


async def _theirs(child: Child) -> float:
    chat = await HttpChat.open(child.port)
    await chat.ask("where is my parcel?")
    seconds = time.perf_counter() - child.begun
    await chat.aclose()
    return seconds
