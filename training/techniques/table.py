"""The techniques a study can compare, by name. Nothing of a technique is imported until it is chosen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

from training.techniques.technique import Technique

Amount = Literal["nothing", "one", "few", "all"]


class UnknownTechnique(ValueError):
    """No technique has this name."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a technique runs, and what it may use and spend there."""

    home: Path
    """The `var/` folder: encoders, the embedded language model, caches."""
    encoder: str | None = None
    """As `train --encoder`; None for the encoder of the installation."""
    threads: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)
    """The table `[techniques.NAME]` of the protocol."""
    endpoint: Mapping[str, Any] = field(default_factory=dict)
    """The table `[endpoint]`: base_url, model, api_key_env, timeout_s; empty for the embedded model."""
    prices: Mapping[str, Any] = field(default_factory=dict)
    """The table `[prices]`."""
    budget_usd: float | None = None
    """No paid call is made beyond it, in the whole study; None for no limit."""
    cache: Path | None = None
    """Folder of answers that were paid for; None to keep none."""


class Entry(NamedTuple):
    """One technique."""

    factory: str
    """`module:function`, a function of `Place`."""
    title: str
    """As the report calls it."""
    learns_from: Amount
    """How many examples change what it does: `nothing` makes one cell of the whole study."""
    is_llm: bool
    """Whether a language model reads the texts, here or behind an endpoint: such cells take the small set of rows."""


TABLE: dict[str, Entry] = {
    "tfidf": Entry("training.techniques.tfidf:tfidf", "TF-IDF + logistic regression", "all", False),
    "neighbours": Entry("training.techniques.neighbours:neighbours", "Nearest neighbour", "all", False),
    "head": Entry("training.techniques.served:head", "Linear head, frozen encoder", "all", False),
    "contrastive": Entry("training.techniques.served:contrastive", "Contrastive fine-tuning", "all", False),
    "finetune": Entry("training.techniques.served:finetune", "Full fine-tuning (int8)", "all", False),
    "soft_prompt": Entry("training.techniques.served:soft_prompt", "Soft prompt, frozen encoder", "all", False),
    "prefix": Entry("training.techniques.served:prefix", "Prefix (P-tuning v2), frozen encoder", "all", False),
    "smollm_prompt": Entry("training.techniques.smollm_prompt:smollm_prompt", "Soft prompt, frozen LLM", "all", True),
    "zero_shot": Entry("training.techniques.prompted:zero_shot", "LLM, zero-shot", "nothing", True),
    "constrained": Entry("training.techniques.prompted:constrained", "LLM, zero-shot, labels only", "nothing", True),
    "one_shot": Entry("training.techniques.prompted:one_shot", "LLM, one example", "one", True),
    "few_shot": Entry("training.techniques.prompted:few_shot", "LLM, fixed examples", "few", True),
    "retrieved": Entry("training.techniques.prompted:retrieved", "LLM, retrieved examples", "all", True),
    "chain_of_thought": Entry("training.techniques.prompted:chain_of_thought", "LLM, reasons first", "nothing", True),
    "hybrid_50": Entry("training.techniques.hybrid:hybrid_50", "Classifier, LLM below 0.5", "all", True),
    "hybrid_70": Entry("training.techniques.hybrid:hybrid_70", "Classifier, LLM below 0.7", "all", True),
    "hybrid_90": Entry("training.techniques.hybrid:hybrid_90", "Classifier, LLM below 0.9", "all", True),
}


def build(name: str, place: Place) -> Technique:
    """Build a technique for one cell.

    Raises:
        UnknownTechnique: no technique has this name; the message lists those there are.
    """
    if name not in TABLE:
        raise UnknownTechnique(f"no technique {name!r}; known: {', '.join(sorted(TABLE))}")
    module, _, attribute = TABLE[name].factory.partition(":")
    factory = cast(Callable[[Place], Technique], getattr(import_module(module), attribute))
    return factory(place)
