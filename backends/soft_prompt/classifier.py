"""A prompt bundle in memory: masked texts in, ranked intents out, through the encoder that all prompts share."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np

from backends.bundle import verify
from backends.classified.calibration import Calibration, Thresholds
from backends.classified.ranking import rank
from backends.contract import BackendError, Parse
from backends.soft_prompt.frozen import Floats, Frozen, Prompt, Row, shared

PROMPT = "prompt.npz"


@dataclass(frozen=True, eq=False, slots=True)
class PromptClassifier:
    """A prompt and a linear head with their labels and calibration. Thread-safe."""

    bundle_id: str
    intents: tuple[str, ...]
    calibration: Calibration
    prompt: Prompt
    weight: Floats
    """(outputs, dim)"""
    bias: Floats
    """(outputs,)"""
    frozen: Frozen

    @classmethod
    def load(cls, folder: Path, home: Path, *, threads: int = 1) -> Self:
        """Verify a prompt bundle and open it.

        Args:
            folder: the bundle's folder.
            home: the `var/` folder that holds the encoder.
            threads: cores one call of the encoder may use.

        Raises:
            BackendError: the bundle or its encoder is not whole, or they do not fit together.
        """
        verify(folder)
        calibration = Calibration.load(folder)
        try:
            labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
            card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
            intents, limit = tuple(map(str, labels["intents"])), int(labels["max_tokens"])
            bundle_id, encoder = str(card["id"]), str(labels["encoder"])
            with np.load(folder / PROMPT, allow_pickle=False) as kept:
                soft, prefix, weight, bias = (
                    np.ascontiguousarray(kept[name], dtype=np.float32) for name in ("soft", "prefix", "weight", "bias")
                )
        except (OSError, ValueError, TypeError, KeyError, EOFError, BadZipFile) as exc:
            raise BackendError(f"{folder}: not a prompt this version reads ({exc}); train it again") from exc
        frozen = shared(home, encoder, threads=threads)
        opened = cls(bundle_id, intents, calibration, Prompt(soft, prefix, limit), weight, bias, frozen)
        opened._check_shapes(folder)
        return opened

    @property
    def thresholds(self) -> Thresholds:
        """When this bundle would rather abstain."""
        return self.calibration.thresholds

    def thresholds_for(self, error_budget: float) -> Thresholds:
        """When to abstain so that at most this share of canned answers, 0..1, is expected to be wrong."""
        return self.calibration.thresholds_for(error_budget)

    def classify(self, texts: Sequence[str]) -> list[Parse]:
        """Rank the intents of each text; see `Classifier.classify`.

        Raises:
            BackendError: the model failed.
        """
        return classify([Asked(text, self) for text in texts])

    def outputs(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """Raw outputs: logits (n, outputs) and unit embeddings (n, dim), both float32.

        Raises:
            BackendError: the model failed.
        """
        embeddings = self.frozen.embed([Row(text, self.prompt) for text in texts])
        return self.logits(embeddings), embeddings

    def logits(self, embeddings: Floats) -> Floats:
        """The head: (n, dim) → (n, outputs)."""
        return np.asarray(embeddings @ self.weight.T + self.bias)

    def _check_shapes(self, folder: Path) -> None:
        """Refuse what does not fit together before it serves."""
        outputs, dim, layers = len(self.intents) + self.calibration.has_outlier, self.frozen.dim, self.frozen.layers
        prompt = self.prompt
        wanted = {
            "weight": (self.weight.shape, (outputs, dim)),
            "bias": (self.bias.shape, (outputs,)),
            "soft": (prompt.soft.shape, (prompt.soft.shape[0], dim)),
            "prefix": (prompt.prefix.shape, (layers, 2, prompt.prefix.shape[2] if prompt.prefix.ndim == 4 else 0, dim)),
        }
        for name, (found, expected) in wanted.items():
            if found != expected:
                raise BackendError(f"{folder}: {name} has the shape {found}, expected {expected}; train it again")
        self.outputs(["hello"])


@dataclass(frozen=True, slots=True)
class Asked:
    """A text, and the prompt that it is for."""

    text: str
    classifier: PromptClassifier


def classify(asked: Sequence[Asked]) -> list[Parse]:
    """Rank intents, each text by its own prompt's labels, in as few calls of the encoder as there are shapes.

    Args:
        asked: any number; all of one encoder.

    Raises:
        BackendError: the model failed.
    """
    if not asked:
        return []
    frozen = asked[0].classifier.frozen
    embeddings = frozen.embed([Row(item.text, item.classifier.prompt) for item in asked])
    groups: dict[int, list[int]] = defaultdict(list)
    for place, item in enumerate(asked):
        groups[id(item.classifier)].append(place)
    parses: dict[int, Parse] = {}
    for places in groups.values():
        own = asked[places[0]].classifier
        parses.update(zip(places, rank(own.logits(embeddings[places]), own.calibration, own.intents), strict=True))
    return [parses[place] for place in range(len(asked))]
