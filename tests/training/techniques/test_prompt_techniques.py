"""Prompts as techniques of a study: fit, guess, and count what it costs."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

torch = pytest.importorskip("torch")
pytest.importorskip("peft")
transformers = pytest.importorskip("transformers")

from training.dataset import OOS, Example  # noqa: E402 - after the check for torch
from training.techniques.smollm_prompt import INSTRUCTION, Reader, SmolPrompt  # noqa: E402
from training.techniques.table import Place, build  # noqa: E402
from training.techniques.technique import Technique  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::Warning")]

THINGS = ("tent", "rope", "stove", "boots", "map", "lamp")
SHAPES = {"order_status": "where is my {}", "cancel_order": "cancel the {} please", "refund": "my money for the {}"}
ROWS = [Example(shape.format(thing), intent) for intent, shape in SHAPES.items() for thing in THINGS]
STRANGE = [Example(f"sing of {thing} and summer rain", OOS) for thing in THINGS]
QUESTIONS = [shape.format("kettle") for shape in SHAPES.values()]


@pytest.fixture(scope="module")
def roberta(small_roberta: Callable[[Path, Sequence[str]], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_roberta(tmp_path_factory.mktemp("roberta"), [row.text for row in (*ROWS, *STRANGE)])


@pytest.mark.parametrize(("kind", "strange"), [("soft_prompt", []), ("prefix", STRANGE)])
def test_a_prompt_is_trained_asked_and_metered(
    kind: str, strange: list[Example], roberta: Path, tmp_path: Path
) -> None:
    place = Place(tmp_path, encoder=str(roberta), options={"tokens": 2, "epochs": 2, "batch": 8})
    technique = build(kind, place)
    steps: list[tuple[int, int]] = []
    technique.fit([*ROWS, *strange], seed=1, progress=lambda done, total: steps.append((done, total)))
    guesses = technique.predict(QUESTIONS)
    wanted = [{intent, OOS} if strange else {intent} for intent in SHAPES]
    assert all(guess.intent in expected for guess, expected in zip(guesses, wanted, strict=True))
    assert all(0 < guess.confidence <= 1 and guess.failure is None for guess in guesses)
    assert steps[-1][0] == steps[-1][1] > 1
    meter = technique.meter
    assert min(meter.train_cpu_s, meter.predict_cpu_s, meter.peak_bytes) > 0
    assert 1_000 < meter.disk_bytes < 30_000
    (weights,) = (tmp_path / "encoders").glob("*/model.onnx")
    assert meter.held_bytes == meter.disk_bytes + weights.stat().st_size  # one bot pays for the frozen model too
    technique.close()
    technique.close()
    with pytest.raises(RuntimeError, match="fit it first"):
        technique.predict(QUESTIONS)


@pytest.fixture
def reader() -> Reader:
    """A decoder of one layer and random weights that knows the words of the rows."""
    texts = [INSTRUCTION, "Topic:", *(row.text for row in ROWS)]
    words = sorted({word for text in texts for word, _ in pre_tokenizers.Whitespace().pre_tokenize_str(text)})
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(["[UNK]", *words])}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(words) + 1,
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
    )
    fast: Any = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer)
    return Reader(fast, transformers.LlamaModel(config))


def test_a_frozen_language_model_scores_labels(reader: Reader) -> None:
    technique: Technique = SmolPrompt(steps=4, reader=reader)
    before = {name: value.clone() for name, value in reader._model.base_model.named_parameters()}
    steps: list[int] = []
    technique.fit(ROWS, seed=0, progress=lambda done, _all: steps.append(done))
    guesses = technique.predict([row.text for row in ROWS])
    assert {guess.intent for guess in guesses} <= set(SHAPES)
    assert sum(guess.intent == row.intent for guess, row in zip(guesses, ROWS, strict=True)) > len(ROWS) / 2
    assert steps == [1, 2, 3, 4]
    assert not torch.equal(reader._soft, reader._written)
    assert all(torch.equal(value, before[name]) for name, value in reader._model.base_model.named_parameters())
    assert technique.meter.disk_bytes < 10_000


def test_a_text_is_read_alike_alone_and_beside_longer_ones(reader: Reader) -> None:
    together = reader.read([row.text for row in ROWS[:7]])
    alone = reader.read([ROWS[0].text])
    assert together[0] == pytest.approx(alone[0], abs=1e-5)


def test_one_example_an_intent_leaves_the_instruction_as_it_is(reader: Reader) -> None:
    technique = SmolPrompt(steps=4, reader=reader)
    technique.fit(ROWS[:: len(THINGS)], seed=0, progress=lambda _done, _all: None)
    assert torch.equal(reader._soft, reader._written)
    assert technique.predict([ROWS[0].text])[0].intent == "order_status"
