"""The frozen encoder with prompts as inputs: one forward pass for training and for the exported model.

`peft` wraps an encoder in a model with one prompt for the whole batch; serving needs one for each row. So only its
prompt modules are taken (see `prompted.py`), and what its model does with them is written out here: soft tokens go in
front of the token embeddings, prefix rows in front of the keys and values of each layer. A test holds both to be equal.
"""

from typing import Any

import torch
from transformers import DynamicCache

from training.pretrained import UnknownEncoder

POSITIONS_FROM_PADDING = frozenset({"roberta", "xlm-roberta", "camembert"})
"""Architectures that count positions from the padding token on."""
KNOWN = frozenset({"bert"}) | POSITIONS_FROM_PADDING
"""Architectures that take key and value rows from outside."""


class Frozen(torch.nn.Module):
    """An encoder whose weights stay, with soft tokens and prefix rows for each row of the batch."""

    def __init__(self, encoder: torch.nn.Module) -> None:
        """Wrap a Hugging Face encoder; its parameters are frozen.

        Raises:
            UnknownEncoder: the architecture has no place for prefix rows.
        """
        super().__init__()
        config: Any = encoder.config
        if config.model_type not in KNOWN:
            raise UnknownEncoder(
                f"no soft prompts for a {config.model_type} encoder; take one of {', '.join(sorted(KNOWN))}"
            )
        self.encoder = encoder.requires_grad_(False)
        if getattr(encoder, "pooler", None) is not None:
            encoder.pooler = None  # type: ignore[assignment]
        self.layers, self.heads = int(config.num_hidden_layers), int(config.num_attention_heads)
        self.dim = int(config.hidden_size)
        self._first = int(config.pad_token_id) + 1 if config.model_type in POSITIONS_FROM_PADDING else 0

    def hidden(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, soft: torch.Tensor, prefix: torch.Tensor
    ) -> torch.Tensor:
        """Run the encoder.

        Soft tokens take positions, as in `peft`; prefix rows take none, so that an empty prefix and one of zeros
        leave the text where the encoder learned it (LOG.md).

        Args:
            input_ids: int64 (batch, n).
            attention_mask: int64 (batch, n).
            soft: float (batch, p, dim); p may be 0.
            prefix: float (batch, layers, 2, q, dim), keys and values; q may be 0.

        Returns:
            float (batch, n, dim): the text's last hidden states, without those of the soft tokens.
        """
        batch, p, q = soft.shape[0], soft.shape[1], prefix.shape[3]
        tokens = self.encoder.get_input_embeddings()(input_ids)  # type: ignore[operator]
        embedded = torch.cat([soft.to(tokens.dtype), tokens], dim=1)
        rows = prefix.reshape(batch, self.layers, 2, q, self.heads, self.dim // self.heads).permute(1, 2, 0, 4, 3, 5)
        seen = torch.ones(batch, q + p, dtype=attention_mask.dtype, device=attention_mask.device)
        output = self.encoder(
            inputs_embeds=embedded,
            attention_mask=torch.cat([seen, attention_mask], dim=1),
            position_ids=torch.arange(embedded.shape[1], device=input_ids.device)[None] + self._first,
            past_key_values=DynamicCache([(rows[layer, 0], rows[layer, 1]) for layer in range(self.layers)]),
        )
        hidden: torch.Tensor = output[0][:, p:]
        return hidden

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, soft: torch.Tensor, prefix: torch.Tensor
    ) -> torch.Tensor:
        """Embed: the mean over the text's tokens, scaled to length 1: float (batch, dim). Arguments as in `hidden`."""
        hidden = self.hidden(input_ids, attention_mask, soft, prefix)
        weights = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1e-9)
        unit: torch.Tensor = mean / torch.linalg.vector_norm(mean, dim=-1, keepdim=True).clamp(min=1e-12)
        return unit
