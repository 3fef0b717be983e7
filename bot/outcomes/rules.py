"""The definition's version and its settings, under one name: outcomes of different names are not comparable."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta

from bot.outcomes.words import lists_hash
from bot.settings import OutcomeSection

VERSION = "resolution/1"
"""Of the rules in this package; rises with every change that can change an outcome."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What outcomes depend on beside what is stored."""

    definition: str
    silence: timedelta
    """After so long without a word, what the bot answered stands."""
    reopen: timedelta
    """Beyond the silence, in which the customer may come back."""
    similar: float
    small_talk: frozenset[str]
    """Intents that are no question."""

    @property
    def window(self) -> timedelta:
        """How long after its last word a conversation stays open to a change of its outcome."""
        return self.silence + self.reopen


def rules_of(section: OutcomeSection) -> Rules:
    """Make the rules of the settings."""
    values = section.model_dump(mode="json", exclude={"judge_minutes"})
    text = json.dumps([values, lists_hash()], sort_keys=True)
    return Rules(
        definition=f"{VERSION}+{hashlib.sha256(text.encode()).hexdigest()[:8]}",
        silence=timedelta(minutes=section.silence_minutes),
        reopen=timedelta(days=section.reopen_days),
        similar=section.similar,
        small_talk=frozenset(section.small_talk),
    )
