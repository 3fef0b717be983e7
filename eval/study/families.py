"""The ways the study's question tells apart, and which technique goes which way."""

from collections.abc import Mapping

from training.techniques.table import TABLE

TRIVIAL, TUNING, PROMPT_TUNING, PROMPTING, HYBRID = "trivial", "fine-tuning", "prompt-tuning", "prompting", "hybrid"
FAMILIES: Mapping[str, str] = {
    TRIVIAL: "without training a network",
    TUNING: "fine-tuning a small model",
    PROMPT_TUNING: "tuning a prompt",
    PROMPTING: "prompting a language model",
    HYBRID: "a small model first, a language model where it is unsure",
}
"""In words."""
MEMBERS: Mapping[str, str] = {
    "tfidf": TRIVIAL,
    "neighbours": TRIVIAL,
    "head": TUNING,
    "contrastive": TUNING,
    "finetune": TUNING,
    "soft_prompt": PROMPT_TUNING,
    "prefix": PROMPT_TUNING,
    "smollm_prompt": PROMPT_TUNING,
}
LANGUAGE_MODELS = {"smollm_prompt"}
"""Techniques with a language model of their own that ask no endpoint."""


def family(technique: str) -> str:
    """The way a technique goes."""
    if technique.startswith("hybrid"):
        return HYBRID
    if technique in MEMBERS:
        return MEMBERS[technique]
    return PROMPTING if technique in TABLE and TABLE[technique].is_llm else TUNING


def title(technique: str) -> str:
    """What people call it."""
    return TABLE[technique].title if technique in TABLE else technique


def asks_endpoint(technique: str) -> bool:
    """Whether it asks a chat endpoint."""
    return technique in TABLE and TABLE[technique].is_llm and technique not in LANGUAGE_MODELS
