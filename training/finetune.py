"""Fine-tunes an encoder with a linear head on labelled texts, through the transformers `Trainer`."""

import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from transformers import TrainerCallback

from training.head import fit_head
from training.lesson import Lesson
from training.model import IntentModel, Tokens, prototypes
from training.pretrained import Pretrained
from training.rows import Rows
from training.settings import PROMPTS, Recipe
from training.trainer import (
    Averaging,
    IntentTrainer,
    Measure,
    Reporting,
    Step,
    Stopping,
    arguments,
    fastest_device,
    last_checkpoint,
)


@dataclass(frozen=True, slots=True)
class Watch:
    """Who looks on while a model is trained."""

    on_step: Step = lambda _done, _all: None
    measure: Measure | None = None
    """With it, a training that does not get better ends early."""
    checkpoints: Path | None = None
    """Where to keep what is done, so that an interrupted training goes on there."""


def finetune(pretrained: Pretrained, lesson: Lesson, recipe: Recipe, watch: Watch | None = None) -> IntentModel:
    """Train a classifier, on a GPU if there is one, and leave it there; the pretrained encoder stays as it is.

    Args:
        pretrained: where to start from.
        lesson: what to learn; every output at least once.
        recipe: how to train; equal recipes on equal texts give equal models.
        watch: who looks on.
    """
    watch = watch or Watch()
    recipe = recipe.resolved(len(lesson.texts), lesson.outputs)
    torch.set_num_threads(min(recipe.threads, torch.get_num_threads()))  # OMP_NUM_THREADS of a nightly run holds
    torch.manual_seed(recipe.seed)
    tokens = Tokens(pretrained, lesson.texts, max_tokens=recipe.max_tokens)
    model = IntentModel(_encoder(pretrained, recipe), pretrained.dim, lesson.outputs, scale=recipe.scale)
    model.to(fastest_device())
    _prepare(model, recipe)
    if recipe.technique == "finetune":
        targets = torch.tensor(lesson.targets)
        with torch.no_grad():
            model.head.weight.copy_(prototypes(embed(model, tokens), targets, lesson.outputs))
            model.head.bias.zero_()
    if recipe.technique == "head":
        watch.on_step(1, 1)
    else:
        _train(model, tokens, lesson, recipe, watch)
    if recipe.technique == "contrastive":
        _go_back(model, pretrained, recipe.way)
    if recipe.technique != "finetune":
        refit(model, pretrained, lesson, recipe)
    return model.eval()


def refit(model: IntentModel, pretrained: Pretrained, lesson: Lesson, recipe: Recipe) -> IntentModel:
    """Fit the head anew on the embeddings as they are; the encoder stays.

    Args:
        model: it is changed.
        pretrained: where it came from.
        lesson: what the head learns; every output at least once.
        recipe: how it was trained.
    """
    if recipe.resolved(len(lesson.texts), lesson.outputs).technique == "head":
        embeddings = frozen(model, pretrained, lesson.texts, recipe)
    else:
        embeddings = embed(model, Tokens(pretrained, lesson.texts, max_tokens=recipe.max_tokens)).numpy()
    weight, bias = fit_head(embeddings, np.array(lesson.targets), lesson.weights, strength=recipe.strength)
    with torch.no_grad():
        model.head.weight.copy_(torch.from_numpy(weight / model.scale))
        model.head.bias.copy_(torch.from_numpy(bias / model.scale))
    return model.eval()


def _train(model: IntentModel, tokens: Tokens, lesson: Lesson, recipe: Recipe, watch: Watch) -> None:
    rows = Rows(tokens, lesson.targets, lesson.weights, range(len(tokens)))
    averaging = Averaging(model, recipe.averaged)
    callbacks: list[TrainerCallback] = [averaging, Reporting(watch.on_step)]
    if watch.measure is not None and recipe.patience is not None and recipe.technique == "finetune":
        callbacks.append(Stopping(watch.measure, recipe.patience))
    with _folder(watch.checkpoints) as folder:
        given = arguments(recipe, folder, is_kept=watch.checkpoints is not None)
        trainer = IntentTrainer(model, rows, recipe, given, outlier=lesson.outputs - 1 if lesson.has_outlier else None)
        for callback in callbacks:
            trainer.add_callback(callback)
        begun = last_checkpoint(folder)
        if begun is not None:
            averaging.go_on_from(begun)
        trainer.train(resume_from_checkpoint=str(begun) if begun else None)
    if averaging.averaged.n_averaged > 0:
        model.load_state_dict(averaging.averaged.module.state_dict())


def absorb(
    model: IntentModel, pretrained: Pretrained, lesson: Lesson, fresh: Sequence[int], recipe: Recipe
) -> IntentModel:
    """Let a trained model learn the rows that were kept back to measure it, without forgetting the others.

    It sees each fresh row twice, among three times as many drawn from the others, at a tenth of the rate. That
    costs a fraction of an epoch instead of a second training.

    Args:
        model: what `finetune` gave for the other rows; it is changed.
        pretrained: where it came from.
        lesson: all rows.
        fresh: places of the rows it has not seen.
        recipe: how it was trained.
    """
    recipe = recipe.resolved(len(lesson.texts), lesson.outputs)
    tokens = Tokens(pretrained, lesson.texts, max_tokens=recipe.max_tokens)
    draw = random.Random(recipe.seed + 1)
    others = sorted(set(range(len(lesson.texts))) - set(fresh))
    places = [*fresh, *draw.sample(others, min(3 * len(fresh), len(others)))]
    rows = Rows(tokens, lesson.targets, lesson.weights, places)
    changes = {"num_train_epochs": 2, "learning_rate": (recipe.learning_rate or 0) / 10, "warmup_steps": 0}
    with _folder(None) as folder:
        given = arguments(recipe, folder, is_kept=False, lr_scheduler_type="linear", **changes)
        IntentTrainer(model, rows, recipe, given).train()
    return model.eval()


def embed(model: IntentModel, tokens: Tokens) -> torch.Tensor:
    """Embed all texts in order: float32 (n, dim), rows of length 1, in main memory."""
    model.eval()
    embeddings = torch.empty(len(tokens), model.head.in_features)
    with torch.inference_mode():
        for places in tokens.by_length(64):
            embeddings[places] = model.embed(*tokens.batch(places, model.head.weight.device)).cpu()
    return embeddings


def frozen(model: IntentModel, pretrained: Pretrained, texts: Sequence[str], recipe: Recipe) -> npt.NDArray[np.float32]:
    """Embed texts with an encoder that has not been trained, each text once for all trainings: float32 (n, dim)."""
    known = pretrained.embeddings
    new = sorted({text for text in texts if text not in known})
    if new:
        fresh = embed(model, Tokens(pretrained, new, max_tokens=recipe.max_tokens)).numpy()
        known.update(zip(new, fresh, strict=True))
    return np.stack([known[text] for text in texts]) if texts else np.empty((0, pretrained.dim), dtype=np.float32)


def _go_back(model: IntentModel, pretrained: Pretrained, way: float) -> None:
    """Put the encoder's weights between the pretrained ones (0) and the trained ones (1).

    Source: M. Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022.
    """
    before = dict(pretrained.model.named_parameters())
    with torch.no_grad():
        for name, value in model.encoder.named_parameters():
            value.lerp_(before[name].to(value.device), 1 - way)


def _encoder(pretrained: Pretrained, recipe: Recipe) -> torch.nn.Module:
    if recipe.technique not in PROMPTS:
        return pretrained.copy()
    from training.soft_prompt.prompted import Prompted  # brings peft, which takes seconds

    return Prompted(pretrained.copy(), recipe)


def _prepare(model: IntentModel, recipe: Recipe) -> None:
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = recipe.dropout
    if recipe.technique in PROMPTS:
        return
    if getattr(model.encoder, "pooler", None) is not None:
        model.encoder.pooler = None  # type: ignore[assignment]
    layers = getattr(getattr(model.encoder, "encoder", None), "layer", None)
    if recipe.frozen_layers and layers is not None:
        for layer in layers[: min(recipe.frozen_layers, len(layers) // 2)]:
            layer.requires_grad_(False)
        model.encoder.embeddings.requires_grad_(False)
    if recipe.freeze_embeddings:
        model.encoder.get_input_embeddings().requires_grad_(False)  # type: ignore[operator]


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory() as scratch:
        yield Path(scratch)
