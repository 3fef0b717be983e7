"""The labels as a language model sees them, and what its answers mean. Pure; knows no endpoint."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from training.dataset import OOS

OUTSIDE = "out of scope"
"""How the intent `oos` is shown."""
_FENCE = re.compile(r"^```\w*\s*|\s*```$")
_LEAD = re.compile(r"^(?:the )?(?:intent|label|answer)(?: is)?\s*:?\s+", re.IGNORECASE)
_QUOTES = "\"'`*.“”‘’ \n\t"
SHORT_WORDS = 8
"""An answer of more words is prose."""


class Parsed(NamedTuple):
    """What an answer means."""

    intent: str | None
    failure: str | None = None
    """`unknown_label` or `prose` where there is no intent."""


class Labels:
    """Intents by the words they are shown in: `card_arrival` as `card arrival`, which is shorter and reads well."""

    def __init__(self, intents: Iterable[str]) -> None:
        """Find words for each; the names themselves where two would look alike."""
        names = sorted(set(intents))
        words = {name: OUTSIDE if name == OOS else _plain(name) for name in names}
        if len(set(words.values())) < len(words):
            words = {name: name for name in names}
        self._words = words
        self._exact = {shown: name for name, shown in words.items()}
        self._intents = {_key(shown): name for name, shown in words.items()} | {_key(name): name for name in names}

    def _meant(self, text: str) -> str | None:
        """The intent of these words; of names that differ in case or spaces alone, the one written so."""
        return self._exact.get(text) or self._intents.get(_key(text))

    @property
    def intents(self) -> Sequence[str]:
        """All of them, sorted."""
        return tuple(self._words)

    def shown(self, intent: str) -> str:
        """How an intent is shown."""
        return self._words[intent]

    def listed(self) -> str:
        """All of them in one line, those out of scope last."""
        return "; ".join(self._words[name] for name in sorted(self._words, key=lambda name: (name == OOS, name)))

    def answer(self, intent: str, *, is_json: bool) -> str:
        """The answer that an example shows."""
        return json.dumps({"intent": self.shown(intent)}, ensure_ascii=False) if is_json else self.shown(intent)

    def schema(self, intents: Sequence[str], *, reason_chars: int | None = None) -> dict[str, Any]:
        """JSON schema of an answer that names one of some intents.

        Args:
            intents: those allowed.
            reason_chars: longest reason that comes first; None for no reason.
        """
        fields: dict[str, Any] = {}
        if reason_chars is not None:
            fields["reason"] = {"type": "string", "maxLength": reason_chars}
        fields["intent"] = {"type": "string", "enum": [self.shown(name) for name in intents]}
        return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}

    def parse(self, answer: str, *, is_json: bool) -> Parsed:
        """Read an answer strictly: a label and nothing beside it, or an object that has one.

        Case, quotes, a full stop and `Intent:` before it do not matter; a label inside a sentence is prose.
        """
        text = _FENCE.sub("", answer.strip())
        named = _named(text) if is_json else None
        plain = named if named is not None else text.strip(_QUOTES)
        if named is None and self._meant(plain) is None:  # a name may begin with such a word itself
            plain = _LEAD.sub("", plain)
        intent = self._meant(plain)
        if intent is not None:
            return Parsed(intent)
        is_label = named is not None or (0 < len(plain.split()) <= SHORT_WORDS and "\n" not in plain)
        return Parsed(None, "unknown_label" if is_label else "prose")


def _plain(name: str) -> str:
    return " ".join(re.split(r"[_\s]+", name)).strip().lower() or name


def _key(text: str) -> str:
    return " ".join(re.split(r"[_\s]+", text.strip(_QUOTES))).casefold()


def _named(text: str) -> str | None:
    """The intent of a JSON object, alone or at the end of the text."""
    for start in (place for place, sign in enumerate(text) if sign == "{"):
        try:
            found = json.loads(text[start:])
        except ValueError:
            continue
        value = found.get("intent") if isinstance(found, dict) else None
        return value if isinstance(value, str) else None
    return None
