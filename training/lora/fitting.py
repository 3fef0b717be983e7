"""The training itself: answers' tokens alone count, one lesson at a time, several a step."""

import math
import random
from collections.abc import Callable, Sequence

import torch
from pydantic import Field

from backends.settings import Section
from training.lora.language_model import LanguageModel, Row

Step = Callable[[int, int], None]


class LoraRecipe(Section):
    """How an adapter is trained; written into its card."""

    rank: int = Field(8, ge=1, le=256, description="of each pair of matrices")
    alpha: float = Field(16.0, gt=0, description="the adapter counts alpha / rank")
    learning_rate: float = Field(5e-4, gt=0, description="highest; rises over a tenth of the steps, then a cosine")
    epochs: int = Field(1, ge=1, le=200, description="passes over the lessons")
    lessons: int = Field(160, ge=1, description="most lessons of a pass; one core reads about one in five seconds")
    a_step: int = Field(4, ge=1, description="lessons a step")
    judged: int = Field(12, ge=0, description="lessons of articles kept apart that it is judged by")
    seed: int = Field(0, ge=0, description="of every random choice")


def fit_adapter(model: LanguageModel, rows: Sequence[Row], recipe: LoraRecipe, progress: Step) -> None:
    """Train the adapter of a model in place.

    Args:
        model: with a fresh adapter.
        rows: lessons in tokens.
        recipe: how.
        progress: told the steps done, and steps in all.
    """
    draw = random.Random(recipe.seed)
    passes = [draw.sample(range(len(rows)), len(rows)) for _ in range(recipe.epochs)]
    order = [place for one in passes for place in one]
    batches = [order[start : start + recipe.a_step] for start in range(0, len(order), recipe.a_step)]
    weights = [weight for weight in model.model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=recipe.learning_rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, len(batches)))
    model.model.train()
    for done, batch in enumerate(batches, start=1):
        for place in batch:
            (model.loss(rows[place]) / len(batch)).backward()  # type: ignore[no-untyped-call] # of torch
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        progress(done, len(batches))
    model.model.eval()


def mean_loss(model: LanguageModel, rows: Sequence[Row]) -> float | None:
    """Mean loss of the answers' tokens; None without rows."""
    if not rows:
        return None
    with torch.inference_mode():
        return sum(float(model.loss(row)) for row in rows) / len(rows)


def _rate(step: int, steps: int) -> float:
    warm = max(steps // 10, 1)
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(steps - warm, 1)))
