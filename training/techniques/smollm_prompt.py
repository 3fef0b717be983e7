"""`smollm_prompt`: the embedded language model, frozen, with trained soft tokens and a linear scorer of labels.

The model reads soft tokens, the text and a cue; the state it ends in is scored by a logistic head. It writes nothing,
so an answer is always a label. Its weights are those that serving uses, read through transformers.
"""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from peft import PromptTuningConfig, TaskType, get_peft_model
from pydantic import Field
from torch.nn import functional
from transformers import AutoModel, AutoTokenizer
from transformers.utils import logging as hf_logging

from backends.settings import Section
from bot.redact import redact
from training.dataset import OOS, Example
from training.head import Head, fit_head
from training.techniques.table import Place
from training.techniques.technique import Guess, Meter, Step
from training.trainer import contrast
from training.weights import find_weights

INSTRUCTION = "Say which topic the customer asks about."
"""The soft tokens begin as these words."""
CUE = "\nTopic:"
MAX_TOKENS = 64
STEPS, TEXTS_A_STEP, RATE = 60, 16, 3e-2
MOST_ROWS = 1500
"""Rows that head and prompt learn from, the same share of each intent: reading more takes over fifteen minutes."""
STRENGTH = 10.0

Floats = npt.NDArray[np.float32]
T = TypeVar("T")


class SmolPrompt:
    """A prompt and a head for the frozen language model."""

    def __init__(
        self, *, steps: int = STEPS, rows: int = MOST_ROWS, threads: int | None = None, reader: "Reader | None" = None
    ) -> None:
        """Choose the effort.

        Args:
            steps: of the prompt's training; 0 leaves the instruction as it is written.
            rows: most rows that head and prompt learn from.
            threads: cores to compute on; None leaves that to torch.
            reader: the model; that of the installation when None.
        """
        self.name = "smollm_prompt"
        self.meter = Meter()
        self._steps, self._rows, self._threads = steps, rows, threads
        self._intents: tuple[str, ...] = ()
        self._head: Head | None = None
        self._reader = reader

    def fit(self, examples: Sequence[Example], *, seed: int, progress: Step) -> None:
        """Train soft tokens by contrast and a logistic head on the states.

        Raises:
            NoWeights: there is no language model here.
        """
        torch.manual_seed(seed)
        if self._threads is not None:
            torch.set_num_threads(self._threads)
        rows = _share_of(examples, self._rows, seed)
        self._intents = tuple(sorted({row.intent for row in rows}))
        number = {intent: place for place, intent in enumerate(self._intents)}
        texts, targets = [redact(row.text) for row in rows], np.array([number[row.intent] for row in rows])
        with self.meter.training():
            self._reader = self._reader or Reader.load()
            self._reader.centre_on(texts)
            if self._steps:
                self._reader.learn(texts, targets, self._steps, seed, progress)
            self._head = fit_head(self._reader.read(texts), targets, [1.0] * len(rows), strength=STRENGTH)
        self.meter.disk_bytes = 2 * (self._reader.size + self._head.weight.size + self._head.bias.size)
        self.meter.held_bytes = self._reader.size_bytes

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        """Guess the label of each text.

        Raises:
            RuntimeError: it was not fitted.
        """
        if self._reader is None or self._head is None:
            raise RuntimeError(f"{self.name}: fit it first")
        with self.meter.predicting():
            states = self._reader.read([redact(text) for text in texts])
            logits = torch.from_numpy(states @ self._head.weight.T + self._head.bias)
            best, places = torch.softmax(logits, dim=1).max(dim=1)
        return [Guess(self._intents[place], value) for place, value in zip(places.tolist(), best.tolist(), strict=True)]

    def close(self) -> None:
        """Free the model."""
        self._reader, self._head = None, None


class Reader:
    """The frozen language model with soft tokens before what it reads."""

    def __init__(self, tokenizer: Any, base: torch.nn.Module) -> None:
        """Freeze a decoder and put soft tokens before what it reads, as many as the instruction has."""
        self._tokenizer = tokenizer
        self._cue = tokenizer(CUE)["input_ids"]
        start = tokenizer(INSTRUCTION)["input_ids"]
        config = PromptTuningConfig(task_type=TaskType.FEATURE_EXTRACTION, num_virtual_tokens=len(start))
        self._model: Any = get_peft_model(base, config).eval()
        self._soft = self._model.prompt_encoder["default"].embedding.weight
        self._written = base.get_input_embeddings()(torch.tensor(start)).detach()  # type: ignore[operator]
        self._centre = torch.zeros(base.config.hidden_size)  # type: ignore[union-attr, arg-type]

    @classmethod
    def load(cls, file: Path | None = None) -> Self:
        """Read a GGUF file with its tokeniser; that of the installation when None.

        Raises:
            NoWeights: there is none.
        """
        path = file or find_weights()
        hf_logging.disable_progress_bar()
        folder, name = str(path.parent), path.name
        tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name)
        return cls(tokenizer, AutoModel.from_pretrained(folder, gguf_file=name, dtype=torch.float32))

    @property
    def size(self) -> int:
        """Numbers in the prompt."""
        return int(self._soft.numel())

    @property
    def size_bytes(self) -> int:
        """Of the weights in memory."""
        return sum(weight.numel() * weight.element_size() for weight in self._model.parameters())

    def centre_on(self, texts: Sequence[str]) -> None:
        """Begin anew: the instruction as written, and states seen from the mean of some texts."""
        with torch.no_grad():
            self._soft.copy_(self._written)
            self._centre.zero_()
            self._centre = torch.cat([self._states(batch) for batch in _batches(texts[:128])]).mean(dim=0)

    def learn(
        self, texts: Sequence[str], targets: npt.NDArray[np.int64], steps: int, seed: int, progress: Step
    ) -> None:
        """Move the soft tokens so that texts of one intent end in like states."""
        draw = random.Random(seed)
        places: dict[int, list[int]] = {}
        for place, target in enumerate(targets.tolist()):
            places.setdefault(target, []).append(place)
        paired = [target for target, own in places.items() if len(own) > 1]
        if not paired:
            return
        optimizer = torch.optim.AdamW([self._soft], lr=RATE, weight_decay=0.0)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        for done in range(steps):
            drawn = draw.sample(paired, min(TEXTS_A_STEP // 2, len(paired)))
            chosen = [place for target in drawn for place in draw.sample(places[target], 2)]
            states = functional.normalize(self._states([texts[place] for place in chosen]) - self._centre, dim=-1)
            wanted, ones = torch.from_numpy(targets[chosen]), torch.ones(len(chosen))
            loss = contrast(states, wanted, ones, alone=torch.zeros(len(chosen), dtype=torch.bool), temperature=0.1)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call] # of torch
            optimizer.step()
            schedule.step()
            progress(done + 1, steps)

    def read(self, texts: Sequence[str]) -> Floats:
        """The state after each text: float32 (n, dim), rows of length 1."""
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        states = torch.empty(len(texts), len(self._centre))
        with torch.inference_mode():
            for chosen in _batches(order):
                batch = self._states([texts[place] for place in chosen]) - self._centre
                states[chosen] = functional.normalize(batch, dim=-1)
        return np.asarray(states.numpy())

    def _states(self, texts: Sequence[str]) -> torch.Tensor:
        rows = [self._tokenizer(text)["input_ids"][:MAX_TOKENS] + self._cue for text in texts]
        longest = max(map(len, rows))
        ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
        hidden: torch.Tensor = self._model(input_ids=ids, attention_mask=mask)[0]
        ends = mask.sum(dim=1) - 1 + len(self._soft)
        return hidden[torch.arange(len(rows)), ends]


class Options(Section):
    """The table `[techniques.smollm_prompt]`."""

    steps: int = Field(STEPS, ge=0)
    rows: int = Field(MOST_ROWS, ge=1)


def smollm_prompt(place: Place) -> SmolPrompt:
    """Build from `[techniques.smollm_prompt]`."""
    options = Options.model_validate(place.options)
    return SmolPrompt(threads=place.threads, steps=options.steps, rows=options.rows)


def _batches(rows: Sequence[T], size: int = 16) -> list[list[T]]:
    return [list(rows[start : start + size]) for start in range(0, len(rows), size)]


def _share_of(examples: Sequence[Example], most: int, seed: int) -> list[Example]:
    """At most so many rows, as many of each intent as of any other that has them; out of scope is an intent too."""
    by_intent: dict[str, list[Example]] = {}
    for row in examples:
        by_intent.setdefault(row.intent or OOS, []).append(row)
    each = max(most // max(len(by_intent), 1), 1)
    draw = random.Random(seed)
    return [row for own in by_intent.values() for row in (own if len(own) <= each else draw.sample(own, each))]
