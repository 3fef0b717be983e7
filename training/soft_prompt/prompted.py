"""A prompt being trained: peft's prompt modules before a frozen encoder, in the place of the encoder."""

from typing import Any

import torch
from peft import PeftType, PrefixEncoder, PrefixTuningConfig, PromptEmbedding, PromptTuningConfig, TaskType

from training.settings import Recipe
from training.soft_prompt.frozen import Frozen

NOISE = 0.1
"""Deviation of the values a prefix begins with: at zero all its rows would stay equal for ever (LOG.md)."""


class Prompted(torch.nn.Module):
    """Looks like an encoder, and is one with a trainable prompt."""

    def __init__(self, encoder: torch.nn.Module, recipe: Recipe) -> None:
        """Put a fresh prompt before an encoder, which is frozen.

        Args:
            encoder: a Hugging Face encoder of this object's own.
            recipe: whose technique says what is trained: `soft_prompt`, tokens before the text, or `prefix`, rows in
                every layer.

        Raises:
            UnknownEncoder: not with this encoder.
        """
        super().__init__()
        self.frozen = Frozen(encoder)
        shape = {
            "task_type": TaskType.FEATURE_EXTRACTION,
            "num_virtual_tokens": int(recipe.tokens or 0),
            "token_dim": self.frozen.dim,
            "num_layers": self.frozen.layers,
            "num_attention_heads": self.frozen.heads,
            "num_transformer_submodules": 1,
        }
        self.prompt: Any
        if recipe.technique == "prefix":
            self.prompt = PrefixEncoder(PrefixTuningConfig(peft_type=PeftType.PREFIX_TUNING, **shape))
            with torch.no_grad():
                self.prompt.embedding.weight.mul_(NOISE)
        else:
            config = PromptTuningConfig(peft_type=PeftType.PROMPT_TUNING, prompt_tuning_init="SAMPLE_VOCAB", **shape)
            words = encoder.get_input_embeddings()  # type: ignore[operator]
            self.prompt = PromptEmbedding(config, words)
        self.register_buffer("numbers", torch.arange(recipe.tokens or 0), persistent=False)
        self.is_deep = recipe.technique == "prefix"

    def rows(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The prompt as the frozen encoder takes it: soft (p, dim) and prefix (layers, 2, q, dim)."""
        frozen, values = self.frozen, self.prompt(self.numbers)
        if not self.is_deep:
            return values, values.new_zeros(frozen.layers, 2, 0, frozen.dim)
        prefix = values.view(-1, frozen.layers, 2, frozen.dim).permute(1, 2, 0, 3)
        return values.new_zeros(0, frozen.dim), prefix

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor]:
        """Give the last hidden states of the text, as an encoder does: int64 (batch, n) twice → (batch, n, dim)."""
        soft, prefix = self.rows()
        batch = input_ids.shape[0]
        all_soft, all_prefix = soft.expand(batch, -1, -1), prefix.expand(batch, -1, -1, -1, -1)
        return (self.frozen.hidden(input_ids, attention_mask, all_soft, all_prefix),)
