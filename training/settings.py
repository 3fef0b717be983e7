"""How a classifier is trained: one frozen recipe, written into every bundle's card."""

from typing import Self

from pydantic import Field

from backends.settings import Section


class Recipe(Section):
    """Everything beside data and encoder that decides what comes out of a training."""

    epochs: int | None = Field(None, ge=1, le=200, description="passes over the data; by its size when absent")
    batch: int = Field(32, ge=1, description="texts a step")
    learning_rate: float = Field(2e-4, gt=0, description="highest rate of the encoder; the schedule is one-cycle")
    head_factor: float = Field(10.0, gt=0, description="how many times faster the head learns")
    warmup: float = Field(0.1, gt=0, lt=1, description="share of the steps in which the rate rises")
    weight_decay: float = Field(0.01, ge=0, description="of AdamW")
    label_smoothing: float = Field(0.1, ge=0, lt=1, description="share of the target spread over all intents")
    scale: float = Field(20.0, gt=0, description="factor on the head's outputs: inverse softmax temperature")
    dropout: float = Field(0.0, ge=0, lt=1, description="of the encoder while training")
    freeze_embeddings: bool | None = Field(
        None, description="leave token embeddings as they are; with few examples when absent"
    )
    prototype_head: bool = Field(True, description="begin with the mean embedding of each intent as its head")
    averaged: float = Field(0.7, ge=0, lt=1, description="share of the steps, at the end, whose weights are averaged")
    max_tokens: int = Field(128, ge=8, description="longer texts are cut, in training and serving alike")
    seed: int = Field(0, ge=0, description="of every random choice")
    threads: int = Field(2, ge=1, description="cores to train on")

    def resolved(self, examples: int) -> Self:
        """Fill in what depends on the number of training rows. Why these figures: LOG.md."""
        epochs = min(max(-(-FULL_STEPS * self.batch // max(examples, 1)), LEAST_EPOCHS), MOST_EPOCHS)
        return self.model_copy(
            update={
                "epochs": self.epochs or epochs,
                "freeze_embeddings": examples < MANY if self.freeze_embeddings is None else self.freeze_embeddings,
            }
        )


MANY = 5000
"""Training rows from which token embeddings are worth training."""
FULL_STEPS, LEAST_EPOCHS, MOST_EPOCHS = 400, 6, 20
"""Steps that a small data set gets, within these limits of passes over it."""
