"""Finds backends by name: a table of our own and the entry points of others. Knows none of them."""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from backends.contract import Backend, Load, Place, UnknownBackend

GROUP = "switchboard.backends"
RESERVED = frozenset({"handoff", "auto"})
"""Words a chain or the OpenAI edge use for themselves."""
BUILT_IN: Mapping[str, str] = {
    "intent": "backends.intent.backend:load",
    "rag": "backends.rag.backend:load",
    "soft_prompt": "backends.soft_prompt.backend:load",
    "scripted": "backends.scripted:load",
}


def known() -> dict[str, str]:
    """Map each known backend name to its `module:factory`; ours win over a stranger's of the same name."""
    found = {point.name: point.value for point in entry_points(group=GROUP)}
    return {name: target for name, target in {**found, **BUILT_IN}.items() if name not in RESERVED}


def load(name: str, settings: Mapping[str, Any], place: Place) -> Backend:
    """Import and build one backend; nothing heavy is imported until it is chosen.

    Raises:
        UnknownBackend: the name is in no table.
        ValueError: its settings are wrong.
        BackendError: something it needs is missing.
    """
    table = known()
    if name not in table:
        raise UnknownBackend(f"no backend {name!r}; known: {', '.join(sorted(table))}")
    module, _, attribute = table[name].partition(":")
    factory: Load = getattr(import_module(module), attribute)
    return factory(settings, place)
