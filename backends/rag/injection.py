"""Recognises sentences of an article that talk to a language model instead of to a customer. Pure.

Such a sentence is neither put into a prompt nor quoted; `switchboard check` reports it. Questions get no such filter:
they are data, and nothing leaves but what articles support.
"""

import re
from collections.abc import Iterable

from backends.rag.articles import Article, Problem
from backends.rag.sentences import split_sentences

_ADDRESSES_A_MODEL = re.compile(
    r"<\|?\s*(?:im_start|im_end|system|endoftext)|\[/?INST\]|<<\s*SYS|^\s*(?:system|assistant)\s*:"
    r"|\b(?:ignore|disregard|forget|override|bypass|skip|drop|vergiss|ignoriere?)\b.{0,60}"
    r"\b(?:(?:previous|prior|above|earlier|preceding)\s+(?:instructions?|text|prompts?|rules|tasks?|orders|conversation)|"
    r"instructions?|prompts?|guidelines|training|told|said|everything|anweisungen|befehle|aufgaben|alles)\b"
    r"|\b(?:system|hidden|initial|original)\s+(?:prompt|instructions?|message)s?\b"
    r"|\b(?:you are|you're|act as|pretend|behave as|du bist)\s+(?:now\b|jetzt\b|(?:to be\s+|that\s+|as\s+)?(?:an?\s+)?"
    r"(?:ai|dan|assistant|chatbot|language model|bot|unrestricted|evil|hacker)\b)"
    r"|\b(?:language model|chatgpt|openai|jailbreak|developer mode|do anything now|as an ai|prompt injection|llm)\b"
    r"|\b(?:respond|reply|answer|say|output|print|repeat|write)\s+(?:only\s+)?"
    r"(?:with|exactly|the following|back|every)\b"
    r"|\bfrom now on\b.{0,60}\b(?:you|answer|respond|reply|act)\b"
    r"|\b(?:do not|don't|never)\s+(?:tell|reveal|mention|inform)\b.{0,40}\b(?:user|customer|anyone)\b"
    r"|\b(?:reveal|show|print|repeat|leak)\b.{0,40}\b(?:prompt|instructions|secret|api key|password list)\b",
    re.IGNORECASE | re.DOTALL,
)


def addresses_model(sentence: str) -> bool:
    """Tell whether a sentence reads like an instruction to a language model."""
    return _ADDRESSES_A_MODEL.search(sentence) is not None


def without_instructions(text: str) -> str:
    """Leave such sentences out of a passage; line breaks stay."""
    if not addresses_model(text):
        return text
    lines = []
    for line in text.split("\n"):
        kept = [span.text for span in split_sentences(line) if not addresses_model(span.text)]
        if kept:
            lines.append(" ".join(kept))
    return "\n".join(lines)


def suspicious(articles: Iterable[Article]) -> list[Problem]:
    """List the sentences that are left out, for `switchboard check`."""
    problems = []
    for article in articles:
        for span in split_sentences(article.body):
            if addresses_model(span.text):
                line = article.body_line + article.body[: span.start].count("\n")
                message = f"reads like an instruction to a language model and is never quoted: {span.text[:80]!r}"
                problems.append(Problem(f"{article.id}.md", line, message))
    return problems
