"""Tokenised texts with their targets, as the `Trainer` wants them. It knows no model."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.utils.data import Dataset

from training.model import Tokens


class Rows(Dataset[Mapping[str, Any]]):
    """Training rows: token ids, the output wanted, and how much the row counts."""

    def __init__(self, tokens: Tokens, targets: Sequence[int], weights: Sequence[float], places: Sequence[int]) -> None:
        """Choose some rows of tokenised texts.

        Args:
            tokens: all texts.
            targets: output of each text, 0..k-1.
            weights: how much each text counts, above 0.
            places: the texts that are in; one named twice is in twice.
        """
        self._tokens, self._targets, self._weights, self._places = tokens, targets, weights, list(places)

    @property
    def wanted(self) -> list[int]:
        """Output of each row."""
        return [self._targets[place] for place in self._places]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._places)

    def __getitem__(self, number: int) -> Mapping[str, Any]:
        """Give one row; the sampler groups rows by the length of `input_ids`."""
        place = self._places[number]
        row = self._tokens.rows[place]
        return {"input_ids": row, "place": place, "target": self._targets[place], "weight": self._weights[place]}

    def collate(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
        """Pad to the longest: ids and mask int64 (batch, tokens), targets int64 and weights float32 (batch,)."""
        ids, mask = self._tokens.batch([row["place"] for row in rows])
        return {
            "input_ids": ids,
            "attention_mask": mask,
            "targets": torch.tensor([row["target"] for row in rows]),
            "weights": torch.tensor([row["weight"] for row in rows], dtype=torch.float32),
        }
