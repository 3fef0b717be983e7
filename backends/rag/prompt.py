"""Puts the request to the language model together: the fixed part first, then passages, the question last. Pure.

The fixed part never changes within a bot, so an endpoint that caches prefixes reads it once.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from backends.rag.grounding import Source
from backends.rag.vocabulary import words_of

PROMPTS = Path(__file__).parent / "prompts"
MAX_TOKENS = 400
"""Prompt budget; a small model on a busy processor reads about 160 tokens a second."""
CHARS_PER_TOKEN = 4.0
"""English prose; used where an endpoint does not report its own count."""
NO_ANSWER = "NO ANSWER"


class Prompt(NamedTuple):
    """A request to a chat endpoint."""

    system: str
    user: str
    shown: int
    """How many of the passages fitted."""


WORDS = "{{ words }}"


class Template(NamedTuple):
    """The parts of a prompt that do not change from turn to turn."""

    system: str
    closing: str
    """Last line: a small model heeds what it read last. With `{{ words }}` in it the question itself is left out."""


def load_template(shop_name: str, *, is_small: bool = False) -> Template:
    """Read our templates and put the shop's name in.

    Args:
        shop_name: whom the bot speaks for.
        is_small: for a model that answers a question by inventing, but copies a sentence about given words well.
    """
    names = ("answer.md", "closing_small.md" if is_small else "closing.md")
    system, closing = ((PROMPTS / name).read_text(encoding="utf-8").strip() for name in names)
    return Template(system.replace("{{ shop_name }}", shop_name), closing)


def hash_prompt(template: Template, model: str) -> str:
    """Name what was asked of which model, for the record of a turn."""
    return hashlib.sha256("\0".join((*template, model)).encode()).hexdigest()[:12]


def build_prompt(template: Template, sources: Sequence[Source], question: str, asked: str = "") -> Prompt:
    """Fill the template with as many passages as the budget holds, one at least.

    Args:
        template: the fixed parts.
        sources: passages, best first.
        question: what the customer wrote.
        asked: the customer's line before, for a question that points back to it.
    """
    tail = _tail(template, question, asked)
    left = int(MAX_TOKENS * CHARS_PER_TOKEN) - len(template.system) - len(tail) - 40
    blocks: list[str] = []
    for number, source in enumerate(sources, start=1):
        block = _block(number, source)
        if blocks and len(block) > left:
            break
        blocks.append(block[: max(left, 200)])
        left -= len(block)
    return Prompt(template.system, "\n".join(blocks) + "\n" + tail, len(blocks))


def estimate_tokens(text: str) -> int:
    """Guess how many tokens a text has, where nobody counted."""
    return max(1, round(len(text) / CHARS_PER_TOKEN))


def _tail(template: Template, question: str, asked: str) -> str:
    """What stands behind the passages."""
    if WORDS in template.closing:
        words = " ".join(words_of(f"{_line(asked, 160)} {_line(question, 400)}")) or _line(question, 400)
        return "\n" + template.closing.replace(WORDS, words)
    before = f"Earlier question: {_line(asked, 160)}\n" if asked else ""
    return f"\n{before}Question: {_line(question, 400)}\n{template.closing}"


def _block(number: int, source: Source) -> str:
    # No title: a small model copies that instead of a sentence.
    return f"[{number}] {source.text}"


def _line(text: str, max_chars: int) -> str:
    return " ".join(text.split())[:max_chars]
