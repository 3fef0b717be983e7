"""Keeps slot values out of what is stored, and puts them back into what the customer sees while they are known.

Pure. `[email]` in a stored reply stands for the slot `email` of the same conversation.
"""

import re
from collections.abc import Callable, Mapping

PLACE = re.compile(r"\[([a-z][a-z0-9_]*)\]")


def hidden_values(slots: Mapping[str, str], private: frozenset[str], redact: Callable[[str], str]) -> dict[str, str]:
    """Those slot values that must not stand in a stored text: private slots, and whatever redaction would mask."""
    return {name: value for name, value in slots.items() if value and (name in private or redact(value) != value)}


def hide(text: str, values: Mapping[str, str]) -> str:
    """Replace slot values by `[name]`. The shop's own addresses and numbers stay: they are for the customer to read.

    Args:
        values: slot → value, see `hidden_values`.
    """
    for name, value in sorted(values.items(), key=lambda item: -len(item[1])):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", f"[{name}]", text, flags=re.IGNORECASE)
    return text


def show(text: str, slots: Mapping[str, str]) -> str:
    """Put known slot values back in their places; a place whose slot is gone stays as it is."""
    return PLACE.sub(lambda match: slots.get(match[1]) or match[0], text)
