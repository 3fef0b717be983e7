"""Prompts are files: a system part, `---`, and what is asked."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "prompts"
CHARS_PER_TOKEN = 3.5
"""Of short English texts with their chat marks; used to fit examples into a limit, never for money."""
LABELS, TEXT, AGAIN = "{{ labels }}", "{{ text }}", "again"

Message = dict[str, str]
"""`role` and `content`, as chat endpoints want them."""


class Shot(NamedTuple):
    """An example in a prompt."""

    text: str
    answer: str


class Prompt(NamedTuple):
    """The words of one technique."""

    system: str
    asked: str

    def opening(self, labels: str, shots: Sequence[Shot] = ()) -> list[Message]:
        """The part that is the same for many texts: an endpoint that caches prefixes reads it once."""
        messages = [{"role": "system", "content": self.system.replace(LABELS, labels)}]
        for shot in shots:
            messages += [self.question(shot.text), {"role": "assistant", "content": shot.answer}]
        return messages

    def question(self, text: str) -> Message:
        """The text, as the last message."""
        return {"role": "user", "content": self.asked.replace(TEXT, text)}


@cache
def load_prompt(name: str) -> Prompt:
    """Read a prompt of ours."""
    written = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    system, _, asked = written.partition("\n---\n")
    return Prompt(system.strip(), asked.strip())


def correction(answer: str) -> list[Message]:
    """What follows an answer that was none."""
    return [
        {"role": "assistant", "content": answer},
        {"role": "user", "content": (FOLDER / f"{AGAIN}.md").read_text(encoding="utf-8").strip()},
    ]


def tokens_of(messages: Sequence[Message]) -> int:
    """Estimate tokens, with the marks around each message."""
    return sum(round(len(message["content"]) / CHARS_PER_TOKEN) + 5 for message in messages)
