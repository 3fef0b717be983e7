"""Fine-tunes an encoder with a linear head on labelled texts. Reads no files and writes none."""

import copy
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from training.model import IntentModel, Tokens, prototypes
from training.pretrained import Pretrained
from training.settings import Recipe

AVERAGE_EVERY = 4
"""Steps between two models that go into the average."""
Step = Callable[[int, int], None]
"""Told after each step: steps done, steps in all."""


def finetune(
    pretrained: Pretrained,
    texts: Sequence[str],
    labels: Sequence[int],
    recipe: Recipe,
    *,
    oos: Sequence[str] = (),
    on_step: Step = lambda _done, _all: None,
) -> IntentModel:
    """Train a classifier; the pretrained encoder stays as it is.

    Args:
        pretrained: where to start from.
        texts: the training texts.
        labels: the intent of each, 0..k-1, every number at least once.
        recipe: how to train; equal recipes on equal texts give equal models.
        oos: texts of no intent; with them the head gets one more output, "none of these".
        on_step: told how far it is.
    """
    recipe = recipe.resolved(len(texts) + len(oos))
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    count = max(labels) + 1
    targets = torch.tensor([*labels, *([count] * len(oos))])
    tokens = Tokens(pretrained, [*texts, *oos], max_tokens=recipe.max_tokens)
    model = IntentModel(copy.deepcopy(pretrained.model), pretrained.dim, count + bool(oos), scale=recipe.scale)
    _prepare(model, recipe)
    if recipe.prototype_head:
        _start_from_prototypes(model, tokens, targets)
    batches = _Batches(tokens, recipe)
    total = batches.per_epoch * (recipe.epochs or 1)
    optimiser = _optimiser(model, recipe, 1.0)
    schedule = _one_cycle(optimiser, recipe, total)
    averaged = AveragedModel(model)
    model.train()
    for done, places in enumerate(batches.take(total), start=1):
        _learn(model, tokens.batch(places), targets[places], optimiser, recipe)
        schedule.step()
        if done > total * (1 - recipe.averaged) and done % AVERAGE_EVERY == 0:
            averaged.update_parameters(model)
        on_step(done, total)
    if averaged.n_averaged > 0:
        model.load_state_dict(averaged.module.state_dict())
    return model.eval()


def absorb(
    model: IntentModel,
    pretrained: Pretrained,
    texts: Sequence[str],
    targets: Sequence[int],
    fresh: Sequence[int],
    recipe: Recipe,
) -> IntentModel:
    """Let a trained model learn the rows that were kept back to measure it, without forgetting the others.

    It sees each fresh row twice, among three times as many drawn from the others, at a tenth of the rate. That
    costs a fraction of an epoch instead of a second training.

    Args:
        model: what `finetune` gave for the other rows; it is changed.
        pretrained: where it came from.
        texts: all rows.
        targets: their outputs, "none of these" included.
        fresh: places of the rows it has not seen.
        recipe: how it was trained.
    """
    recipe = recipe.resolved(len(texts))
    tokens = Tokens(pretrained, texts, max_tokens=recipe.max_tokens)
    draw = random.Random(recipe.seed + 1)
    others = sorted(set(range(len(texts))) - set(fresh))
    optimiser = _optimiser(model, recipe, 0.1)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, 2 * (-(-4 * len(fresh) // recipe.batch)))
    wanted = torch.tensor(targets)
    model.train()
    for _ in range(2):
        places = [*fresh, *draw.sample(others, min(3 * len(fresh), len(others)))]
        draw.shuffle(places)
        for start in range(0, len(places), recipe.batch):
            chosen = places[start : start + recipe.batch]
            _learn(model, tokens.batch(chosen), wanted[chosen], optimiser, recipe)
            schedule.step()
    return model.eval()


class _Batches:
    """Batches of texts of like length, drawn anew each epoch."""

    def __init__(self, tokens: Tokens, recipe: Recipe) -> None:
        self._lengths = [len(row) for row in tokens.rows]
        self._size = recipe.batch
        self._random = random.Random(recipe.seed)
        self.per_epoch = -(-len(tokens) // recipe.batch)

    def take(self, count: int) -> Iterator[list[int]]:
        """Give this many batches."""
        while count > 0:
            for places in self._epoch()[:count]:
                yield places
                count -= 1

    def _epoch(self) -> list[list[int]]:
        """Shuffle, sort within pools of some dozen batches, cut, shuffle the batches."""
        places = list(range(len(self._lengths)))
        self._random.shuffle(places)
        pool = 50 * self._size
        ordered = [
            place
            for start in range(0, len(places), pool)
            for place in sorted(places[start : start + pool], key=self._lengths.__getitem__)
        ]
        batches = [ordered[start : start + self._size] for start in range(0, len(ordered), self._size)]
        self._random.shuffle(batches)
        return batches


def _prepare(model: IntentModel, recipe: Recipe) -> None:
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = recipe.dropout
    if getattr(model.encoder, "pooler", None) is not None:
        model.encoder.pooler = None  # type: ignore[assignment]
    if recipe.freeze_embeddings:
        model.encoder.get_input_embeddings().requires_grad_(False)  # type: ignore[operator]


def _start_from_prototypes(model: IntentModel, tokens: Tokens, targets: torch.Tensor) -> None:
    model.eval()
    embeddings = torch.empty(len(tokens), model.head.in_features)
    with torch.no_grad(), _autocast():
        for places in tokens.by_length(64):
            embeddings[places] = model.embed(*tokens.batch(places))
    with torch.no_grad():
        model.head.weight.copy_(prototypes(embeddings, targets, model.head.out_features))
        model.head.bias.zero_()


def _learn(
    model: IntentModel,
    batch: tuple[torch.Tensor, torch.Tensor],
    targets: torch.Tensor,
    optimiser: torch.optim.Optimizer,
    recipe: Recipe,
) -> None:
    """Take one step on the smoothed cross entropy; a text out of scope has the last output as its target."""
    with _autocast():
        logits, _ = model(*batch)
    loss = functional.cross_entropy(logits.float(), targets, label_smoothing=recipe.label_smoothing)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()


def _autocast() -> AbstractContextManager[object]:
    """bfloat16 where the processor computes in it; elsewhere it would only be slower."""
    if torch.cpu.get_capabilities().get("avx512_bf16") or torch.cpu.get_capabilities().get("amx_bf16"):
        return torch.autocast("cpu", dtype=torch.bfloat16)
    return nullcontext()


def _optimiser(model: IntentModel, recipe: Recipe, factor: float) -> torch.optim.Optimizer:
    encoder = [value for value in model.encoder.parameters() if value.requires_grad]
    groups = [
        {"params": encoder, "lr": factor * recipe.learning_rate},
        {"params": list(model.head.parameters()), "lr": factor * recipe.learning_rate * recipe.head_factor},
    ]
    return torch.optim.AdamW(groups, weight_decay=recipe.weight_decay, fused=True)


def _one_cycle(optimiser: torch.optim.Optimizer, recipe: Recipe, total: int) -> torch.optim.lr_scheduler.LRScheduler:
    peaks = [group["lr"] for group in optimiser.param_groups]
    return torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=peaks, total_steps=total + 1, pct_start=recipe.warmup, cycle_momentum=False
    )
