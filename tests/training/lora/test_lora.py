"""An adapter is trained, written as GGUF, and served by llama.cpp as peft has it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch

from backends.rag.local_llm import EmbeddedEndpoint, Model, missing
from training.lora.fitting import LoraRecipe, fit_adapter, mean_loss
from training.lora.gguf_file import write_gguf
from training.lora.language_model import LanguageModel
from training.lora.lesson import Lesson
from training.lora.proof import Likeness, NotEqual, check, compare

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing() or "installed")]
ALPHA = 16.0


@pytest.fixture
def model(tiny_weights: Path) -> LanguageModel:
    """The tiny model with an adapter of rank 4 that does nothing yet."""
    return LanguageModel(tiny_weights, rank=4, alpha=ALPHA, seed=0)


@pytest.fixture
async def serve(tiny_weights: Path, tmp_path: Path) -> AsyncIterator[Callable[..., EmbeddedEndpoint]]:
    """Serves the tiny model with an adapter."""
    opened: list[EmbeddedEndpoint] = []

    def start(lora: Path | None) -> EmbeddedEndpoint:
        opened.append(EmbeddedEndpoint(tmp_path / "home", model=Model(lora, tiny_weights)))
        return opened[-1]

    yield start
    for endpoint in opened:
        await endpoint.aclose()


def stir(model: LanguageModel) -> None:
    """Give the adapter weights that move every layer."""
    torch.manual_seed(1)
    with torch.no_grad():
        for name, weight in model.model.named_parameters():
            if "lora_" in name:
                weight.copy_(0.2 * torch.randn_like(weight))


def test_what_is_served_equals_what_peft_says(
    model: LanguageModel,
    serve: Callable[..., EmbeddedEndpoint],
    tmp_path: Path,
    lesson: Callable[..., Lesson],
) -> None:
    stir(model)
    folder = tmp_path / "a1"
    folder.mkdir()
    write_gguf(model.model, folder / "adapter.gguf", alpha=ALPHA)
    lessons = [lesson(), lesson("NO ANSWER")]
    likeness = compare(serve(folder / "adapter.gguf").ensure(), model, lessons)
    assert likeness.max_difference < 0.05, "the server keeps keys and values in 16 bits"
    assert likeness.mean_from_plain > 200 * likeness.mean_difference, "the adapter matters"
    assert likeness.top_agreement == 1.0
    assert likeness.same_prompts
    check(likeness, most=0.01)

    plain = compare(serve(None).ensure(), model, lessons)
    with pytest.raises(NotEqual, match="differ"):
        check(plain, most=0.01)


def test_training_lowers_the_loss_and_leaves_the_model_as_it_was(
    model: LanguageModel, lesson: Callable[..., Lesson]
) -> None:
    rows = [model.row(lesson()), model.row(lesson("NO ANSWER"))]
    frozen = {name: weight.clone() for name, weight in model.model.named_parameters() if "lora_" not in name}
    before, seen = mean_loss(model, rows), []
    recipe = LoraRecipe(rank=4, epochs=20, learning_rate=2e-2, a_step=2)
    fit_adapter(model, rows, recipe, lambda done, total: seen.append((done, total)))
    after = mean_loss(model, rows)
    assert before is not None
    assert after is not None
    assert after < 0.8 * before
    assert seen[-1] == (20, 20)
    assert all(torch.equal(weight, frozen[name]) for name, weight in model.model.named_parameters() if name in frozen)


def test_only_the_answer_is_learned(model: LanguageModel, lesson: Callable[..., Lesson]) -> None:
    row = model.row(lesson("5"))
    assert model.tokenizer.decode(row.ids[row.answer_at :]) == "5<|im_end|>"
    assert model.tokenizer.decode(row.ids[: row.answer_at]).endswith("<|im_start|>assistant\n")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"same_prompts": False}, "writes conversations otherwise"),
        ({"mean_difference": 0.3}, "differ by 0.300"),
        ({"mean_from_plain": 0.1}, "has not been applied"),
        ({"mean_difference": float("nan")}, "differ by nan"),
        ({"mean_from_plain": float("nan")}, "has not been applied"),
    ],
)
def test_an_adapter_that_would_be_served_otherwise_is_refused(change: dict[str, float], why: str) -> None:
    fine = Likeness(3, 60, 0.1, 0.4, 1.0, 1.0, same_prompts=True)
    check(fine)
    with pytest.raises(NotEqual, match=why):
        check(fine._replace(**change))  # type: ignore[arg-type]
