"""Reads slot values from what the customer wrote, before anything of it is stored.

The only place that sees the raw text beside the host's redaction. It keeps nothing.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from backends.content.flows import CONFIRM, FlowSection, SlotSection
from backends.content.words import Words
from backends.contract import FlowState

_MASK = re.compile(r"\[\w+\]")
ATTEMPT_WORDS = 8
"""A longer answer that holds no value was not meant as one."""
_BARE_WORDS = 3
"""A message with at most so many words beside its slot values says nothing else."""


@dataclass(frozen=True, slots=True)
class SlotReading:
    """What was found in one message."""

    text: str
    """The message with private slot values replaced by `[slot]`; e-mails and the like are left as they are."""
    found: Mapping[str, str]
    """Slot → value in its written form."""


@dataclass(frozen=True, slots=True)
class SlotReader:
    """Finds the slots of a bot folder in a text."""

    slots: Mapping[str, SlotSection] = field(default_factory=dict)
    flows: Mapping[str, FlowSection] = field(default_factory=dict)
    words: Words = field(default_factory=Words)

    @property
    def private(self) -> frozenset[str]:
        """Names of the slots whose values are kept out of stored texts."""
        return frozenset(name for name, slot in self.slots.items() if slot.private)

    def read(self, raw: str, flow: FlowState | None) -> SlotReading:
        """Find slot values.

        Args:
            raw: the message as typed, unmasked.
            flow: the open question, or None; it decides what bare answers mean.
        """
        asked = self._asked(flow)
        found: dict[str, str] = {}
        text = raw
        for name, slot in self.slots.items():
            match = _first(slot, raw, asked=name in asked)
            if match is None:
                continue
            found[name] = _written(slot, match)
            if slot.private:
                text = text.replace(_value(match).strip(), f"[{name}]")
        for name in asked - found.keys():
            slot = self.slots[name]
            if flow is None or flow.awaiting != name:
                continue
            if self._is_open_answer(slot, raw):
                found[name] = " ".join(raw.split())
            if slot.private and (name in found or is_attempt(slot, raw)):
                text = f"[{name}]"  # a misspelt address is an address too
        return SlotReading(text, found)

    def words_beside(self, text: str) -> int:
        """Count the words of a masked message that are no slot values."""
        for slot in self.slots.values():
            for pattern in (*slot.patterns, *slot.asked):
                text = pattern.sub(" ", text, count=1)
        return len(re.findall(r"\w+", _MASK.sub(" ", text)))

    def is_bare(self, text: str) -> bool:
        """Tell whether a masked message is slot values and hardly a word more."""
        return self.words_beside(text) <= _BARE_WORDS

    def _asked(self, flow: FlowState | None) -> frozenset[str]:
        """Slots whose `asked` patterns apply: the one asked for; at a confirmation, private ones to correct."""
        if flow is None:
            return frozenset()
        if flow.awaiting != CONFIRM:
            return frozenset({flow.awaiting} & self.slots.keys())
        named = self.flows[flow.flow].slots if flow.flow in self.flows else ()
        return frozenset(n for n in named if n in self.slots and self.slots[n].private)

    def _is_open_answer(self, slot: SlotSection, raw: str) -> bool:
        if not slot.any_text or not raw.strip() or self.words.is_any(raw):
            return False
        return slot.refuse is None or slot.refuse.search(raw) is None


def is_attempt(slot: SlotSection, text: str) -> bool:
    """Tell whether a short answer was meant as a value of the slot though it is none."""
    is_short = len(text.split()) <= ATTEMPT_WORDS and "?" not in text
    return is_short and slot.attempt.search(text) is not None


def _first(slot: SlotSection, raw: str, *, asked: bool) -> re.Match[str] | None:
    patterns: Iterable[re.Pattern[str]] = (*slot.patterns, *(slot.asked if asked else ()))
    for pattern in patterns:
        match = pattern.search(raw)
        if match is None or not _value(match).strip():
            continue
        if slot.refuse is None or slot.refuse.search(match[0]) is None:
            return match
    return None


def _value(match: re.Match[str]) -> str:
    """The group called `value` if the pattern has one, else all of it."""
    return (match["value"] or "") if "value" in match.re.groupindex else match[0]


def _written(slot: SlotSection, match: re.Match[str]) -> str:
    value = match.expand(slot.form) if slot.form is not None else _value(match)
    lines = (" ".join(line.split()).strip(" ,;") for line in value.splitlines())
    value = ", ".join(line for line in lines if line)
    return value.lower() if slot.lower else value
