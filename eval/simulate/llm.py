"""A language model that words what the script says. The script decides; whatever looks unsafe is said as scripted.

It speaks to any OpenAI-compatible endpoint and knows no goals, only the text to be put differently.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import openai

PROMPT = (
    "You play a customer who types into the chat of an online shop. Put the message below into other words, as this"
    " customer would: {manner}. Keep its meaning exactly; add no facts, no names, no numbers. Copy numbers, e-mail"
    " addresses and codes letter by letter. Answer with the message alone."
)
TIMEOUT_S = 20.0
HERE = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that no proxy of the environment stands before."""
MOST_TIMES = 3.0
"""A wording may be so many times longer than what was meant, and 80 letters more."""
VALUE = re.compile(r"\S*\d\S*|\S+@\S+")
WORD = re.compile(r"[^\W\d_]{4,}")
STEM = 5
"""Letters by which two forms of a word are told to be the same."""
LEAST_ALIKE = 0.4
"""Share of a wording's longer words that must be known from the ways in which it can be said."""
META = re.compile(r"\b(as an ai|language model|rephras|here is|here's|sure[,!])", re.IGNORECASE)


class Model:
    """A model behind an endpoint."""

    is_model = True

    def __init__(
        self, base_url: str, model: str, api_key: str | None = None, client: openai.AsyncOpenAI | None = None
    ) -> None:
        """Connect lazily, or use a client that is there."""
        self._model = model
        self._client = client or openai.AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            timeout=TIMEOUT_S,
            max_retries=1,
            http_client=openai.DefaultAsyncHttpxClient(trust_env=urlsplit(base_url).hostname not in HERE),
        )

    async def phrase(self, text: str, manner: str, keep: Sequence[str], ways: Sequence[str]) -> str | None:
        """See `Phraser`; a failing endpoint or an unsafe wording is None."""
        try:
            answer = await self._client.chat.completions.create(
                model=self._model,
                messages=[
                    {"role": "system", "content": PROMPT.format(manner=manner)},
                    {"role": "user", "content": text},
                ],
                max_tokens=120,
                temperature=0.9,
            )
        except (openai.OpenAIError, ValueError):
            return None
        wording = " ".join((answer.choices[0].message.content or "").split()).strip('"') if answer.choices else ""
        return wording if is_safe(text, wording, keep) and is_alike(wording, [text, *ways]) else None

    async def aclose(self) -> None:
        """See `Phraser`."""
        await self._client.close()


def is_safe(text: str, wording: str, keep: Sequence[str]) -> bool:
    """Whether a wording can stand for a text: same values, no new numbers, of like length, not about itself."""
    if not wording or len(wording) > len(text) * MOST_TIMES + 80 or META.search(wording):
        return False
    if any(value in text and value not in wording for value in keep):
        return False
    meant = {part.strip(".,!?;:()'\"") for part in VALUE.findall(text)}
    said = {part.strip(".,!?;:()'\"") for part in VALUE.findall(wording)}
    return said <= meant


def is_alike(wording: str, ways: Sequence[str]) -> bool:
    """Whether a wording is about the same: it has longer words, and enough of them occur in other ways to say it."""
    words = _stems(wording)
    known = {stem for way in ways for stem in _stems(way)}
    return bool(words) and len(words & known) / len(words) >= LEAST_ALIKE


def _stems(text: str) -> set[str]:
    return {word.casefold()[:STEM] for word in WORD.findall(text)}
