"""The transformers `Trainer` for an intent model: its loss, two learning rates, averaged weights, early stop.

It runs on one processor or on many (`torchrun`), in bfloat16 where the hardware computes in it, with texts grouped
by length, and goes on from a checkpoint where there is one.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import Sampler
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_utils import get_last_checkpoint

from training.model import IntentModel
from training.rows import Rows
from training.settings import DRAWN_TOGETHER, Recipe

AVERAGE_EVERY = 4
"""Steps between two models that go into the average."""
AVERAGE_FILE = "average.pt"
CHECKPOINTS_KEPT = 1
Step = Callable[[int, int], None]
"""Told after each step: steps done, steps in all."""
Measure = Callable[[IntentModel], float]
"""How good a model is on rows it does not learn from; more is better."""


class IntentTrainer(Trainer):  # type: ignore[misc] # the library's types are not read
    """Smoothed, weighted cross entropy, or a contrastive loss; the head learns faster than the encoder."""

    optimizer: torch.optim.Optimizer | None

    def __init__(
        self,
        model: IntentModel,
        rows: Rows,
        recipe: Recipe,
        arguments: TrainingArguments,
        *,
        outlier: int | None = None,
    ) -> None:
        """Take a model, its rows, and a recipe with all figures filled in.

        Args:
            outlier: the output that stands for "none of these", if there is one.
        """
        super().__init__(model=model, args=arguments, train_dataset=rows, data_collator=rows.collate)
        self.remove_callback(PrinterCallback)  # standard output is the command's
        self._rows, self._recipe, self._outlier = rows, recipe, outlier

    def train(self, *args: Any, **kwargs: Any) -> Any:
        """Train; afterwards the model computes as before, and not in the bfloat16 that the Trainer puts around it."""
        try:
            return super().train(*args, **kwargs)
        finally:
            self.accelerator.unwrap_model(self.model, keep_fp32_wrapper=False)

    def compute_loss(self, model: Any, inputs: Any, *_: Any, **__: Any) -> Any:
        """Mean over the batch by weight; a text out of scope has the last output as its target."""
        logits, embeddings = model(inputs["input_ids"], inputs["attention_mask"])
        targets, weights = inputs["targets"], inputs["weights"]
        if self._recipe.technique in DRAWN_TOGETHER:
            alone = targets == (-1 if self._outlier is None else self._outlier)
            return contrast(embeddings.float(), targets, weights, alone=alone, temperature=self._recipe.temperature)
        smoothing = self._recipe.label_smoothing
        losses = functional.cross_entropy(logits.float(), targets, label_smoothing=smoothing, reduction="none")
        return (weights * losses).sum() / weights.sum()

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        """Batches with several texts of each intent, where these are to be drawn together."""
        if self._recipe.technique not in DRAWN_TOGETHER:
            return super()._get_train_sampler(train_dataset)
        return Together(self._rows.wanted, self._recipe)

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:  # noqa: ARG002 - the Trainer's signature
        """AdamW with two learning rates."""
        if self.optimizer is None:
            inner: IntentModel = self.model
            encoder = [value for value in inner.encoder.parameters() if value.requires_grad]
            rate = self.args.learning_rate
            groups = [
                {"params": encoder, "lr": rate},
                {"params": list(inner.head.parameters()), "lr": rate * self._recipe.head_factor},
            ]
            self.optimizer = torch.optim.AdamW(groups, weight_decay=self._recipe.weight_decay, fused=True)
        return self.optimizer


class Together(Sampler[int]):
    """Draws a few texts of one intent, a few of another, and so on; each pass in a new order."""

    def __init__(self, targets: Sequence[int], recipe: Recipe) -> None:
        """Take the output of each row."""
        self._by_target: dict[int, list[int]] = {}
        for number, target in enumerate(targets):
            self._by_target.setdefault(target, []).append(number)
        self._random, self._size, self._each = random.Random(recipe.seed), len(targets), recipe.together

    def __len__(self) -> int:
        """Rows a pass."""
        return self._size

    def __iter__(self) -> Iterator[int]:
        """Give row numbers, group by group."""
        given = 0
        while given < self._size:
            order = sorted(self._by_target)
            self._random.shuffle(order)
            for target in order:
                rows = self._by_target[target]
                for number in self._random.sample(rows, min(self._each, len(rows), self._size - given)):
                    yield number
                    given += 1


def contrast(
    embeddings: torch.Tensor,
    targets: torch.Tensor,
    weights: torch.Tensor,
    *,
    alone: torch.Tensor,
    temperature: float,
) -> torch.Tensor:
    """Supervised contrastive loss of one batch: texts of one intent attract, all others repel.

    Args:
        embeddings: float32 (batch, dim), rows of length 1.
        targets: int64 (batch,), the output wanted.
        weights: float32 (batch,), how much each row counts.
        alone: bool (batch,), rows that attract nobody: those out of scope.
        temperature: above 0; the smaller, the more the nearest strangers count.

    Source: P. Khosla et al., Supervised Contrastive Learning, NeurIPS 2020, equation 2.
    """
    itself = torch.eye(len(targets), dtype=torch.bool, device=targets.device)
    likeness = (embeddings @ embeddings.T / temperature).masked_fill(itself, -1e4)
    friends = (targets[:, None] == targets[None, :]) & ~itself & ~alone[:, None]
    share = likeness - torch.logsumexp(likeness, dim=1, keepdim=True)
    count = friends.sum(dim=1)
    losses = -(share * friends).sum(dim=1) / count.clamp(min=1)
    counted = weights * (count > 0)
    return (counted * losses).sum() / counted.sum().clamp(min=1e-9)


class Averaging(TrainerCallback):  # type: ignore[misc]
    """Averages the weights of many steps, which makes a model better and less a matter of luck.

    Source: P. Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization, UAI 2018.
    """

    def __init__(self, model: IntentModel, share: float) -> None:
        """Average the last `share` of the steps, 0..1."""
        self.averaged = AveragedModel(model)
        self._share = share

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:  # noqa: ARG002
        """Take the weights of every few steps."""
        if state.global_step > state.max_steps * (1 - self._share) and state.global_step % AVERAGE_EVERY == 0:
            self.averaged.update_parameters(getattr(model, "module", model))

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Put the average beside the checkpoint."""
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        if folder.is_dir() and state.is_world_process_zero:
            torch.save(self.averaged.state_dict(), folder / AVERAGE_FILE)

    def go_on_from(self, checkpoint: Path) -> None:
        """Read what `on_save` wrote."""
        if (checkpoint / AVERAGE_FILE).is_file():
            self.averaged.load_state_dict(torch.load(checkpoint / AVERAGE_FILE, weights_only=True, map_location="cpu"))


class Stopping(TrainerCallback):  # type: ignore[misc]
    """Ends a training that has not become better for some passes over the data."""

    def __init__(self, measure: Measure, patience: int) -> None:
        """Measure after each pass; stop after `patience` passes without gain."""
        self._measure, self._patience = measure, patience
        self._best, self._waited = float("-inf"), 0

    def on_epoch_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:  # noqa: ARG002
        """Measure, and ask for the end."""
        if state.global_step >= state.max_steps:
            return
        value = self._measure(getattr(model, "module", model))
        model.train()
        self._waited = 0 if value > self._best else self._waited + 1
        self._best = max(value, self._best)
        control.should_training_stop = control.should_training_stop or self._waited >= self._patience


class Reporting(TrainerCallback):  # type: ignore[misc]
    """Tells how far a training is."""

    def __init__(self, on_step: Step) -> None:
        """Call `on_step` after each step."""
        self._on_step = on_step

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Report."""
        self._on_step(state.global_step, state.max_steps)


def arguments(recipe: Recipe, folder: Path, *, is_kept: bool, **changes: Any) -> TrainingArguments:
    """Translate a recipe.

    Args:
        recipe: with all figures filled in.
        folder: where checkpoints go.
        is_kept: whether to write checkpoints, one a pass.
        changes: arguments that differ from the recipe.
    """
    has_gpu = torch.cuda.is_available()
    given: dict[str, Any] = {
        "output_dir": str(folder),
        "per_device_train_batch_size": recipe.batch,
        "num_train_epochs": recipe.epochs,
        "learning_rate": recipe.learning_rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": recipe.warmup,
        "max_grad_norm": 1.0,
        "bf16": computes_in_bf16(),
        "use_cpu": not has_gpu,
        "train_sampling_strategy": "group_by_length",
        "save_strategy": "epoch" if is_kept else "no",
        "save_total_limit": CHECKPOINTS_KEPT,
        "seed": recipe.seed,
        "dataloader_pin_memory": has_gpu,
        "remove_unused_columns": False,
        "report_to": "none",
        "logging_strategy": "no",
        "disable_tqdm": True,
    }
    return TrainingArguments(**{**given, **changes})


def fastest_device() -> torch.device:
    """The GPU that the Trainer gives this process, or the processor."""
    return PartialState().device if torch.cuda.is_available() else torch.device("cpu")


def computes_in_bf16() -> bool:
    """Whether bfloat16 is faster here: a GPU or processor that computes in it; elsewhere it is slower."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint in a folder, or None."""
    found = get_last_checkpoint(str(folder)) if folder.is_dir() else None
    return Path(found) if found else None


def is_first_process() -> bool:
    """Whether this process, of all that train together, is the one that writes."""
    together = torch.distributed.is_available() and torch.distributed.is_initialized()
    return not together or torch.distributed.get_rank() == 0
