"""A fine-tuning beside the plain transformers `Trainer` with its defaults, to the same accuracy, in one process."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from backends.contract import BackendError
from eval.bench.row import Row
from eval.bench.stage import Stage
from training.dataset import DataError, Dataset, read_bot
from training.finetune import Watch, finetune
from training.lesson import Lesson, lesson_of
from training.model import Tokens, predict
from training.pretrained import load_pretrained, locate
from training.settings import Recipe
from training.split import hold_out

MOST_PASSES = 15
"""Passes over the data after which the other side is given up."""
LEAST_ROWS = 30


@dataclass(frozen=True, slots=True)
class Sides:
    """What both sides learn, and what both are judged by."""

    learned: Lesson
    held: Lesson


def measure(stage: Stage) -> list[Row]:
    """Train ours as `switchboard train` would; then the other side, pass after pass, until it is as good.

    The plain side keeps the library's defaults (batch 8, rate 5e-5, dropout, float32), with padding to the longest of a
    batch; looking how good it is does not count as training time.

    Raises:
        BackendError: there is no bot folder to take texts from.
    """
    sides = _sides(stage)
    recipe = Recipe(technique="finetune", names=False, patience=None)
    pretrained = load_pretrained()
    stage.meter.begin("training, ours", 1)
    begun = time.perf_counter()
    model = finetune(pretrained, sides.learned, recipe, Watch())
    ours_s = time.perf_counter() - begun
    tokens = Tokens(pretrained, sides.held.texts, max_tokens=recipe.max_tokens)
    wanted = _share(predict(model, tokens)[0], sides.held)
    stage.meter.tick()
    stage.meter.begin("training, the plain Trainer", MOST_PASSES)
    theirs_s, reached = _plain(sides, wanted, stage.meter.tick)
    ended = "" if reached >= wanted else f"; given up after {MOST_PASSES} passes, so the ratio is a lower bound"
    note = (
        f"{len(sides.learned.texts)} texts; held-out accuracy {100 * wanted:.1f} %, the plain Trainer's "
        f"{100 * reached:.1f} %, n = {len(sides.held.texts)}{ended}"
    )
    return [Row("training", 1, "s", value=ours_s, baseline=theirs_s, ratio=theirs_s / ours_s, note=note)]


def _sides(stage: Stage) -> Sides:
    if stage.articles is None:
        raise BackendError("the training needs a bot folder with nlu/ to take texts from; give one with --bot")
    try:
        dataset = read_bot(stage.articles.parent)
    except DataError as exc:
        raise BackendError(str(exc)) from exc
    if stage.is_quick:
        dataset = Dataset(tuple(row for row in dataset.examples if row.intent in dataset.intents[:6]))
    lesson = lesson_of(Dataset(dataset.examples))
    split = hold_out(dataset.examples, 0.2, seed=0)
    if len(split.held_out) < LEAST_ROWS:
        raise BackendError(f"the training needs {5 * LEAST_ROWS} texts in nlu/, got {len(dataset.examples)}")
    return Sides(lesson.only(split.train), lesson.only(split.held_out))


class _Until(TrainerCallback):  # type: ignore[misc] # the library's types are not read
    """Looks after each pass, and ends the training when it is good enough."""

    def __init__(self, share: Callable[[Any], float], wanted: float, tick: Callable[[], None]) -> None:
        self._share, self._wanted, self._tick = share, wanted, tick
        self.looking_s, self.reached = 0.0, 0.0

    def on_epoch_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:  # noqa: ARG002
        """Measure without counting the time."""
        begun = time.perf_counter()
        self.reached = max(self.reached, self._share(model))
        model.train()
        self.looking_s += time.perf_counter() - begun
        self._tick()
        control.should_training_stop = self.reached >= self._wanted


def _plain(sides: Sides, wanted: float, tick: Callable[[], None]) -> tuple[float, float]:
    """Seconds of training, and the accuracy it came to."""
    source = locate(None)
    tokenizer = AutoTokenizer.from_pretrained(source)
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_pretrained(source, num_labels=sides.learned.outputs)
    rows = [
        {**tokenizer(text, truncation=True), "labels": target}
        for text, target in zip(sides.learned.texts, sides.learned.targets, strict=True)
    ]

    def share(trained: Any) -> float:
        trained.eval()
        parts = []
        with torch.inference_mode():
            for start in range(0, len(sides.held.texts), 32):
                texts = list(sides.held.texts[start : start + 32])
                batch = tokenizer(texts, padding=True, truncation=True, return_tensors="pt").to(trained.device)
                parts.append(trained(**batch).logits)
        return _share(torch.cat(parts).cpu(), sides.held)

    until = _Until(share, wanted, tick)
    with tempfile.TemporaryDirectory() as scratch:
        given = TrainingArguments(
            output_dir=scratch,
            num_train_epochs=MOST_PASSES,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            logging_strategy="no",
            use_cpu=not torch.cuda.is_available(),
        )
        trainer = Trainer(model=model, args=given, train_dataset=rows, data_collator=DataCollatorWithPadding(tokenizer))
        trainer.remove_callback(PrinterCallback)
        trainer.add_callback(until)
        begun = time.perf_counter()
        trainer.train()
    return time.perf_counter() - begun - until.looking_s, until.reached


def _share(logits: torch.Tensor, lesson: Lesson) -> float:
    return float((logits.argmax(dim=1) == torch.tensor(lesson.targets)).float().mean())
