"""Texts a second with the batcher on every core, and what the batcher adds when there is nothing to batch."""

import asyncio
import os
import time
from dataclasses import replace
from itertools import cycle, islice

import numpy as np
from transformers import pipeline
from transformers.utils import logging as hf_logging

from backends.classified.batcher import Batcher
from backends.contract import Parse
from backends.intent.classifier import Classifier
from eval.bench.row import Row, latency
from eval.bench.stage import Stage
from eval.bench.texts import TEXTS

AT_ONCE = 64
"""Texts that wait for their answer at any time."""
BATCH = 32
ROUNDS = 5
"""Both sides take turns so often; the medians are reported."""


def measure(stage: Stage) -> list[Row]:
    """Measure throughput beside a pipeline with batches, and the batcher beside a direct call.

    Raises:
        BackendError: the bundle cannot be used.
    """
    bundle, cores = stage.bundle(), os.cpu_count() or 1
    texts = list(islice(cycle(TEXTS), stage.count(1600, 160)))
    hf_logging.set_verbosity_error()
    other = pipeline("text-classification", model=str(stage.pipeline_model()), batch_size=BATCH)
    classifier = Classifier.load(bundle, threads=cores)
    ours: list[float] = []
    theirs: list[float] = []
    stage.meter.begin("throughput", ROUNDS)
    for _ in range(ROUNDS):
        ours.append(len(texts) / asyncio.run(_drive(classifier, texts)))
        begun = time.perf_counter()
        other(texts[: len(texts) // 8])
        theirs.append(len(texts) // 8 / (time.perf_counter() - begun))
        stage.meter.tick()
    value, baseline = float(np.median(ours)), float(np.median(theirs))
    row = Row(
        "throughput",
        len(texts) * ROUNDS,
        "texts/s",
        value=value,
        baseline=baseline,
        ratio=value / baseline,
        target=1200.0,
        note=f"{cores} threads, {AT_ONCE} texts waiting; baseline: pipeline with batches of {BATCH}",
    )
    return [row, asyncio.run(_light_load(stage, Classifier.load(bundle)))]


async def _drive(classifier: Classifier, texts: list[str]) -> float:
    """Seconds for all texts, `AT_ONCE` of them under way at any time."""
    batcher: Batcher[str, Parse] = Batcher(classifier.classify, BATCH)
    left = iter(texts)

    async def worker() -> None:
        for text in left:
            await batcher.submit(text)

    begun = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    seconds = time.perf_counter() - begun
    await batcher.aclose()
    return seconds


async def _light_load(stage: Stage, classifier: Classifier) -> Row:
    """Alternate a direct call and one through the idle batcher; the row is the difference of each pair."""
    batcher: Batcher[str, Parse] = Batcher(classifier.classify, BATCH)
    added: list[float] = []
    for text in islice(cycle(TEXTS), stage.count(1000, 100)):
        begun = time.perf_counter()
        classifier.classify([text])
        between = time.perf_counter()
        await batcher.submit(text)
        added.append((time.perf_counter() - between - (between - begun)) * 1000)
    await batcher.aclose()
    row = latency("batcher_at_light_load", added, target=1.0)
    return replace(row, note="added to a direct call, one text at a time")
