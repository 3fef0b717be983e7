"""A training that was killed goes on from its checkpoint, and comes to the same model."""

from pathlib import Path

import onnxruntime
import pytest

pytest.importorskip("torch")

from training.finetune import Watch, finetune
from training.lesson import Lesson
from training.model import IntentModel, Tokens, predict
from training.onnx_export import trace
from training.pretrained import Pretrained
from training.settings import Recipe, Technique

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::Warning")]

THINGS = ("tent", "rope", "stove", "boots", "map", "lamp")
TEXTS = [shape.format(thing) for shape in ("where is my {}", "cancel the {}") for thing in THINGS]
LESSON = Lesson(TEXTS, [0] * 6 + [1] * 6, [1.0] * 12)
RECIPE = Recipe(technique="finetune", names=False, epochs=6, batch=4, learning_rate=1e-3, threads=1, patience=None)


class Killed(Exception):
    """The end of a training from outside."""


def weights(model: IntentModel) -> list[float]:
    return [float(number) for value in model.state_dict().values() for number in value.flatten()]


def test_an_interrupted_training_goes_on_and_comes_to_the_same_model(tiny: Pretrained, tmp_path: Path) -> None:
    whole = finetune(tiny, LESSON, RECIPE)

    def kill(done: int, _all: int) -> None:
        if done == 14:  # in the fifth of six passes; averaging has begun
            raise Killed

    with pytest.raises(Killed):
        finetune(tiny, LESSON, RECIPE, Watch(kill, checkpoints=tmp_path))
    steps: list[int] = []
    again = finetune(tiny, LESSON, RECIPE, Watch(lambda done, _all: steps.append(done), checkpoints=tmp_path))
    assert steps == list(range(13, 19))
    assert weights(again) == pytest.approx(weights(whole), abs=1e-5)


def test_a_training_that_does_not_get_better_ends_early(tiny: Pretrained) -> None:
    steps: list[int] = []
    recipe = RECIPE.model_copy(update={"patience": 2})
    finetune(tiny, LESSON, recipe, Watch(lambda done, _all: steps.append(done), measure=lambda _model: 0.5))
    assert steps[-1] == 9


@pytest.mark.parametrize("technique", ["finetune", "contrastive"])
def test_a_model_trained_in_bfloat16_is_exported_in_float32(
    tiny: Pretrained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, technique: Technique
) -> None:
    monkeypatch.setattr("training.trainer.computes_in_bf16", lambda: True)
    model = finetune(tiny, LESSON, RECIPE.model_copy(update={"technique": technique}))
    trace(model, tmp_path / "model.onnx", outputs=["logits", "embedding"], pad_id=tiny.pad_id)
    tokens = Tokens(tiny, TEXTS, max_tokens=16)
    ids, mask = tokens.batch(range(len(tokens)))
    feed = {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
    served = onnxruntime.InferenceSession(tmp_path / "model.onnx").run(["logits"], feed)[0]
    assert served == pytest.approx(predict(model, tokens)[0].numpy(), abs=1e-4)
