"""Prompts of several bots on one encoder: each text is answered as it would be alone."""

import gc
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.bundle import seal
from backends.contract import BackendError
from backends.soft_prompt.classifier import PROMPT, Asked, PromptClassifier, classify
from backends.soft_prompt.frozen import BATCH, Frozen, Prompt, Row, shared
from tests.backends.soft_prompt.conftest import DIM, ENCODER, INTENTS, LAYERS, MakePrompt

TEXTS = ("hello", "where is my parcel", "cancel", "refund money please", "zebra", "shipping cost of the order")
OTHERS = tuple(f"other_{name}" for name in INTENTS)


def pull(towards: str, *, rows: int = 2, strength: float = 0.4) -> np.ndarray:
    """Soft tokens that pull every text towards an intent."""
    soft = np.zeros((rows, DIM), dtype=np.float16)
    soft[:, INTENTS.index(towards)] = strength / rows
    return soft


class Counting:
    """A session that counts its calls."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.sizes: list[int] = []

    def run(self, outputs: Any, feed: Any) -> Any:
        self.sizes.append(len(feed["input_ids"]))
        return self.session.run(outputs, feed)


@pytest.fixture
def two(home: Path, make_prompt: MakePrompt) -> tuple[PromptClassifier, PromptClassifier]:
    """Prompts of two bots, with labels, pull and head of their own."""
    head = 20 * np.roll(np.eye(DIM, dtype=np.float16), 3, axis=0)
    a = make_prompt("a", soft=pull("greet"))
    b = make_prompt("b", intents=OTHERS, soft=pull("cancel_order", strength=1.5), weight=head)
    return PromptClassifier.load(a, home), PromptClassifier.load(b, home)


def test_a_prompt_changes_what_the_encoder_says(two: tuple[PromptClassifier, PromptClassifier]) -> None:
    a, b = two
    assert a.classify(["where is my parcel"])[0].intent == "order_status"
    assert a.classify(["zebra"])[0].intent == "greet"
    assert b.classify(["zebra"])[0].intent == OTHERS[(INTENTS.index("cancel_order") + 3) % DIM]


def test_texts_of_two_bots_in_one_batch_are_answered_as_alone(two: tuple[PromptClassifier, PromptClassifier]) -> None:
    asked = [Asked(text, classifier) for text in TEXTS for classifier in two]
    counting = Counting(two[0].frozen._session)
    two[0].frozen._session = counting
    mixed = classify(asked)
    assert counting.sizes == [len(asked)]
    alone = [classify([each])[0] for each in asked]
    assert [each.intent for each in mixed] == [each.intent for each in alone]
    for together, single in zip(mixed, alone, strict=True):
        assert together.ranking[0][0] == single.ranking[0][0]
        assert dict(together.ranking) == pytest.approx(dict(single.ranking), abs=1e-5)
        assert together.oos_score == pytest.approx(single.oos_score, abs=1e-5)


def test_prompts_of_other_shapes_share_the_encoder_in_calls_of_their_own(
    two: tuple[PromptClassifier, PromptClassifier], home: Path, make_prompt: MakePrompt
) -> None:
    prefix = np.zeros((LAYERS, 2, 3, DIM), dtype=np.float16)
    prefix[0, 1, :, INTENTS.index("deny")] = 2
    deep = PromptClassifier.load(make_prompt("deep", prefix=prefix), home)
    classifiers = [two[0], deep, two[1], deep]
    counting = Counting(deep.frozen._session)
    deep.frozen._session = counting
    parses = classify([Asked("hello", each) for each in classifiers])
    assert counting.sizes == [2, 2]
    assert [each.ranking[0][0] for each in parses] == [
        each.classify(["hello"])[0].ranking[0][0] for each in classifiers
    ]
    assert parses[1].ranking[0][0] == "deny"


def test_more_texts_than_a_batch_come_back_in_order(two: tuple[PromptClassifier, PromptClassifier]) -> None:
    texts = [TEXTS[place % len(TEXTS)] for place in range(2 * BATCH + 1)]
    intents = [each.ranking[0][0] for each in two[0].classify(texts)]
    assert intents == [intents[place % len(TEXTS)] for place in range(len(texts))]
    assert two[0].classify([]) == []


def test_the_encoder_is_in_memory_once_and_goes_with_its_last_prompt(home: Path, make_prompt: MakePrompt) -> None:
    a, b = (PromptClassifier.load(make_prompt(name), home) for name in "ab")
    assert a.frozen is b.frozen is shared(home, ENCODER)
    gone = weakref.ref(a.frozen)
    del a, b
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weight": np.zeros((3, DIM), np.float16)}, r"weight has the shape \(3, 10\), expected \(10, 10\)"),
        ({"bias": np.zeros(4, np.float16)}, "bias has the shape"),
        ({"soft": np.zeros((2, 4), np.float16)}, "soft has the shape"),
        ({"prefix": np.zeros((5, 2, 1, DIM), np.float16)}, "prefix has the shape"),
        ({"prefix": np.zeros((2, DIM), np.float16)}, "prefix has the shape"),
    ],
)
def test_a_prompt_that_does_not_fit_its_encoder_is_refused(
    home: Path, make_prompt: MakePrompt, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(BackendError, match=message):
        PromptClassifier.load(make_prompt("odd", **change), home)


def test_a_prompt_without_its_encoder_is_refused(home: Path, make_prompt: MakePrompt) -> None:
    folder = make_prompt("a")
    (home / "encoders" / ENCODER).rename(home / "encoders" / "aside")
    with pytest.raises(BackendError, match="no such bundle folder"):
        PromptClassifier.load(folder, home)


def test_an_encoder_that_takes_no_prompts_is_refused(home: Path) -> None:
    folder = home / "encoders" / ENCODER
    (folder / "encoder.json").write_text('{"hash": "tiny", "dim": 10}')
    seal(folder)
    with pytest.raises(BackendError, match="not an encoder that takes prompts"):
        Frozen.load(folder)


def test_a_broken_prompt_file_is_refused(home: Path, make_prompt: MakePrompt) -> None:
    folder = make_prompt("a")
    (folder / PROMPT).write_bytes(b"PK nonsense")
    seal(folder)
    with pytest.raises(BackendError, match="not a prompt this version reads"):
        PromptClassifier.load(folder, home)


def test_a_text_is_cut_where_its_prompt_says(home: Path) -> None:
    frozen = shared(home, ENCODER)
    prompts = [Prompt(np.zeros((0, DIM), "f4"), np.zeros((LAYERS, 2, 0, DIM), "f4"), limit) for limit in (2, 64)]
    short, long = frozen.embed([Row("hello hi cancel", prompt) for prompt in prompts])
    assert short[INTENTS.index("cancel_order")] == 0
    assert long[INTENTS.index("cancel_order")] > 0
