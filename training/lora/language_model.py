"""The embedded language model as torch sees it: weights and tokeniser out of the GGUF file that serving loads."""

import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import torch
from peft import LoraConfig, TaskType, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as hf_logging

from training.lora.lesson import Lesson

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""Every linear layer but the output, which is the token embedding."""


class Row(NamedTuple):
    """A lesson in tokens."""

    ids: list[int]
    answer_at: int
    """Place of the answer's first token."""


class LanguageModel:
    """A frozen model with an adapter, and its tokeniser."""

    def __init__(self, file: Path, *, rank: int, alpha: float, seed: int) -> None:
        """Read a GGUF file and put a fresh adapter on it, which changes nothing yet."""
        hf_logging.disable_progress_bar()
        folder, name = str(file.parent), file.name
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, gguf_file=name)
        base = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32)
        torch.manual_seed(seed)
        config = LoraConfig(
            task_type=TaskType.CAUSAL_LM, r=rank, lora_alpha=alpha, lora_dropout=0.0, target_modules=list(TARGETS)
        )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="`is_gradient_checkpointing`", category=FutureWarning)
            self.model: Any = get_peft_model(base, config).eval()
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model.to(self.device)
        self.config: Any = base.config

    def prompt(self, lesson: Lesson) -> str:
        """The text that the model reads before it answers."""
        text: str = self.tokenizer.apply_chat_template(
            lesson.messages()[:-1], add_generation_prompt=True, tokenize=False
        )
        return text

    def row(self, lesson: Lesson) -> Row:
        """Write a lesson in tokens, the end of the answer included."""
        asked = self.tokenizer(self.prompt(lesson), add_special_tokens=False)["input_ids"]
        answer = self.tokenizer(lesson.answer, add_special_tokens=False)["input_ids"]
        return Row([*asked, *answer, self.tokenizer.eos_token_id], len(asked))

    def loss(self, row: Row) -> torch.Tensor:
        """Mean loss over the answer's tokens."""
        logits = self._logits(row.ids[:-1], keep=len(row.ids) - row.answer_at)
        wanted = torch.tensor(row.ids[row.answer_at :], device=self.device)
        return torch.nn.functional.cross_entropy(logits, wanted)

    def log_probabilities(self, row: Row, *, plain: bool = False) -> torch.Tensor:
        """What is likely at each place of an answer: float32 (answer, vocabulary); `plain` leaves the adapter aside."""
        with torch.inference_mode(), self.model.disable_adapter() if plain else nullcontext():
            logits = self._logits(row.ids[:-1], keep=len(row.ids) - row.answer_at)
        return torch.log_softmax(logits.float(), dim=-1).cpu()

    def _logits(self, ids: Sequence[int], *, keep: int) -> torch.Tensor:
        out = self.model(input_ids=torch.tensor([list(ids)], device=self.device), logits_to_keep=keep, use_cache=False)
        logits: torch.Tensor = out.logits[0]
        return logits
