"""The network that is fine-tuned: an encoder, the mean of its tokens, and a linear head."""

from collections.abc import Sequence

import torch
from tokenizers import Tokenizer
from torch.nn import functional

from training.pretrained import Pretrained


class IntentModel(torch.nn.Module):
    """Encoder and head; the embedding has length 1, so logits are bounded and calibrate well."""

    def __init__(self, encoder: torch.nn.Module, dim: int, outputs: int, *, scale: float) -> None:
        """Put a fresh head of `outputs` rows on an encoder of width `dim`."""
        super().__init__()
        self.encoder = encoder
        self.head = torch.nn.Linear(dim, outputs)
        self.scale = scale

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Classify: int64 (batch, tokens) twice → float32 logits (batch, outputs), embedding (batch, dim)."""
        embedding = self.embed(input_ids, attention_mask)
        return self.scale * self.head(embedding), embedding

    def embed(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Mean over tokens, scaled to length 1: int64 (batch, tokens) twice → float32 (batch, dim)."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask)[0].float()
        weights = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1e-9)
        unit: torch.Tensor = mean / torch.linalg.vector_norm(mean, dim=-1, keepdim=True).clamp(min=1e-12)
        return unit


class Tokens:
    """Texts as token ids, and batches of them."""

    def __init__(self, pretrained: Pretrained, texts: Sequence[str], *, max_tokens: int) -> None:
        """Tokenise all texts once."""
        tokenizer = Tokenizer.from_str(pretrained.tokenizer)
        tokenizer.no_padding()
        tokenizer.enable_truncation(min(max_tokens, pretrained.max_tokens))
        self.rows = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
        self._pad_id = pretrained.pad_id

    def __len__(self) -> int:
        """Number of texts."""
        return len(self.rows)

    def batch(self, places: Sequence[int], device: torch.device | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Pad these texts to their longest: ids and mask, int64 (batch, tokens), on a device."""
        longest = max(len(self.rows[place]) for place in places)
        ids = torch.full((len(places), longest), self._pad_id, dtype=torch.int64)
        mask = torch.zeros((len(places), longest), dtype=torch.int64)
        for number, place in enumerate(places):
            row = self.rows[place]
            ids[number, : len(row)] = torch.tensor(row)
            mask[number, : len(row)] = 1
        return ids.to(device), mask.to(device)

    def by_length(self, size: int) -> list[list[int]]:
        """Cut all places into batches of texts of like length."""
        order = sorted(range(len(self.rows)), key=lambda place: len(self.rows[place]))
        return [order[start : start + size] for start in range(0, len(order), size)]


def predict(model: IntentModel, tokens: Tokens, *, size: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    """Run the model over all texts, in order: logits (n, outputs) and embeddings (n, dim), float32, in main memory."""
    model.eval()
    device = model.head.weight.device
    logits = torch.empty(len(tokens), model.head.out_features)
    embeddings = torch.empty(len(tokens), model.head.in_features)
    with torch.inference_mode():
        for places in tokens.by_length(size):
            some, vectors = model(*tokens.batch(places, device))
            logits[places], embeddings[places] = some.cpu(), vectors.cpu()
    return logits, embeddings


def prototypes(embeddings: torch.Tensor, labels: torch.Tensor, count: int) -> torch.Tensor:
    """Mean embedding of each label, scaled to length 1: (n, dim), (n,) → (count, dim)."""
    sums = torch.zeros(count, embeddings.shape[1]).index_add_(0, labels, embeddings)
    return functional.normalize(sums, dim=-1)
