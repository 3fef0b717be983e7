"""Text to intent: our classifier beside a transformers pipeline, in turns, in one process."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import cycle, islice

from transformers import pipeline
from transformers.utils import logging as hf_logging

from backends.encoder import TextTokenizer
from backends.intent.classifier import Classifier
from eval.bench.row import Row, latency
from eval.bench.stage import Stage
from eval.bench.texts import TEXTS

TARGET_MS = 1.2
BLOCK = 8
"""Texts in a row for one side, so that each works from its own caches most of the time."""
WARM_UP = 20


def measure(stage: Stage) -> list[Row]:
    """Classify the same texts one by one, tokenising included: ours alone, then both sides in turns.

    Ours runs on one thread. The pipeline keeps its defaults, which means every core; its threads go on spinning for a
    while after each call and its weights push ours out of the cache, hence the first of the two rows.

    Raises:
        BackendError: the bundle cannot be used.
    """
    bundle = stage.bundle()
    classifier = Classifier.load(bundle)
    rounds = stage.count(150, 12)
    stage.meter.begin("text to intent", rounds)
    ours = partial(_ours, classifier)
    alone_ms = [_ms(ours, text) for text in islice(cycle(TEXTS), WARM_UP + rounds * BLOCK)][WARM_UP:]
    hf_logging.set_verbosity_error()
    theirs = pipeline("text-classification", model=str(stage.pipeline_model()))
    for text in TEXTS[:WARM_UP]:
        theirs(text)
    ours_ms: list[float] = []
    theirs_ms: list[float] = []
    texts = cycle(TEXTS)
    for _ in range(rounds):
        block = list(islice(texts, BLOCK))
        ours_ms += [_ms(ours, text) for text in block]
        theirs_ms += [_ms(theirs, text) for text in block]
        stage.meter.tick()
    alone = latency("text_to_intent_alone", alone_ms, target=TARGET_MS)
    beside = latency("text_to_intent", ours_ms, baseline=theirs_ms, target=TARGET_MS)
    tokens = TextTokenizer.load(bundle / "tokenizer.json", max_tokens=128).ids(list(TEXTS))
    mean = sum(map(len, tokens)) / len(tokens)
    trained = "current bundle" if stage.is_trained() else "untrained model of the same form"
    note = f"{trained}, {mean:.1f} tokens, one thread"
    return [replace(alone, note=note), replace(beside, note=f"{note}; in turns with the transformers pipeline")]


def _ours(classifier: Classifier, text: str) -> object:
    return classifier.classify([text])


def _ms(function: Callable[[str], object], text: str) -> float:
    begun = time.perf_counter()
    function(text)
    return (time.perf_counter() - begun) * 1000
