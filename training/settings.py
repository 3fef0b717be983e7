"""How a classifier is trained: one frozen recipe, written into every bundle's card."""

from typing import Literal, Self

from pydantic import Field

from backends.settings import Section

Technique = Literal["head", "contrastive", "finetune", "soft_prompt", "prefix"]
"""`head`: a logistic head on the frozen encoder. `contrastive`: texts of one intent are drawn together first, then a
logistic head. `finetune`: encoder and head together. `soft_prompt`, `prefix`: as `contrastive`, but the encoder stays:
what is trained are tokens before the text, or rows in every layer."""
PROMPTS: frozenset[str | None] = frozenset({"soft_prompt", "prefix"})
"""Techniques whose outcome is a prompt for the frozen encoder."""
DRAWN_TOGETHER: frozenset[str | None] = PROMPTS | {"contrastive"}
"""Techniques that draw texts of one intent together."""


class Recipe(Section):
    """Everything beside data and encoder that decides what comes out of a training.

    What is None depends on the number of training rows, and is filled in by `resolved`.
    """

    technique: Technique | None = Field(None, description="what is trained; by the number of rows when absent")
    epochs: int | None = Field(None, ge=1, le=200, description="passes over the data; by its size when absent")
    batch: int = Field(32, ge=1, description="texts a step, on each processor")
    learning_rate: float | None = Field(
        None, gt=0, description="highest rate of the encoder; by the number of rows when absent"
    )
    head_factor: float = Field(10.0, gt=0, description="how many times faster the head learns")
    warmup: float = Field(0.1, gt=0, lt=1, description="share of the steps in which the rate rises; then a cosine")
    weight_decay: float = Field(0.01, ge=0, description="of AdamW")
    label_smoothing: float = Field(0.1, ge=0, lt=1, description="share of the target spread over all intents")
    scale: float = Field(20.0, gt=0, description="factor on the head's outputs: inverse softmax temperature")
    dropout: float = Field(0.0, ge=0, lt=1, description="of the encoder while training")
    freeze_embeddings: bool | None = Field(
        None, description="leave token embeddings as they are; with few examples when absent"
    )
    frozen_layers: int | None = Field(
        None, ge=0, description="first layers left as they are, at most half; by the technique when absent"
    )
    way: float = Field(
        0.5, gt=0, le=1, description="how far a contrastive training moves the weights; 1 is all the way"
    )
    tokens: int | None = Field(None, ge=1, le=64, description="length of a prompt; by the technique when absent")
    temperature: float = Field(0.1, gt=0, description="of the contrastive loss")
    together: int = Field(2, ge=2, description="texts of each intent in a contrastive batch")
    strength: float = Field(10.0, gt=0, description="inverse L2 penalty of a logistic head")
    names: bool | None = Field(None, description="learn an intent's name as one more example; by rows when absent")
    averaged: float = Field(0.7, ge=0, lt=1, description="share of the steps, at the end, whose weights are averaged")
    patience: int | None = Field(3, ge=1, description="passes without gain that end a training; absent: none do")
    max_tokens: int = Field(128, ge=8, description="longer texts are cut, in training and serving alike")
    certify_confidence: float = Field(0.95, gt=0.5, lt=1, description="how sure a certified threshold is")
    seed: int = Field(0, ge=0, description="of every random choice")
    threads: int = Field(2, ge=1, description="cores to train on")

    def resolved(self, rows: int, outputs: int) -> Self:
        """Fill in what depends on the amount of data. Why these figures: LOG.md.

        Args:
            rows: training rows.
            outputs: intents, and one more with rows out of scope.
        """
        full = min(max(-(-FULL_STEPS * self.batch // max(rows, 1)), LEAST_EPOCHS), MOST_EPOCHS)
        technique = self.technique or ("contrastive" if rows < FEW * outputs else "finetune")
        if technique in PROMPTS:
            steps = max(rows // self.batch, 1)
            full = min(max(-(-PROMPT_STEPS // steps), 1), MOST_PROMPT_EPOCHS)
        usual = {
            "technique": technique,
            "epochs": FEW_EPOCHS if technique == "contrastive" else full,
            "learning_rate": RATES[technique],
            "tokens": TOKENS.get(technique),
            "freeze_embeddings": rows < MANY,
            "frozen_layers": 3 if technique == "contrastive" else 0,
            "names": rows < FEW * outputs,
        }
        return self.model_copy(update={key: value for key, value in usual.items() if getattr(self, key) is None})


FEW = 15
"""Rows an intent below which texts of one intent are drawn together before a head is fitted (LOG.md)."""
RATES = {"finetune": 2e-4, "head": 2e-4, "contrastive": 6e-5, "soft_prompt": 2e-2, "prefix": 1e-2}
FEW_EPOCHS = 7
PROMPT_STEPS, MOST_PROMPT_EPOCHS = 240, 12
"""Steps that a prompt is trained for, within so many passes over the data."""
TOKENS = {"soft_prompt": 8, "prefix": 4}
MANY = 5000
"""Training rows from which token embeddings are worth training."""
FULL_STEPS, LEAST_EPOCHS, MOST_EPOCHS = 400, 6, 20
"""Steps that a small data set gets, within these limits of passes over it."""
