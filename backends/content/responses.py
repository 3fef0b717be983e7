"""The replies of `responses.yml`: variants, `{slot}` places and buttons, in Rasa's `responses:` form.

It does not decide which reply is due.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from backends.content.yaml_file import read_yaml
from backends.contract import QuickReply
from backends.settings import Section

Nonempty = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
ResponseName = Annotated[str, StringConstraints(pattern=r"^utter_[a-z0-9_]+$")]
_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class Button(Section):
    """A quick reply under a reply."""

    title: Nonempty
    payload: Nonempty


class Variant(Section):
    """One way to say it."""

    text: Nonempty
    buttons: tuple[Button, ...] = ()


class ResponsesFile(Section):
    """The file as written."""

    version: str | float | None = None
    responses: dict[ResponseName, Annotated[tuple[Variant, ...], Field(min_length=1)]]
    titles: dict[str, Nonempty] = Field(default_factory=dict, description="intent → label on a button")
    deferred: tuple[str, ...] = Field((), description="intents left to the next backend: articles answer them better")


@dataclass(frozen=True, slots=True)
class Said:
    """A reply ready to show."""

    text: str
    quick_replies: tuple[QuickReply, ...] = ()


def places_in(variant: Variant) -> frozenset[str]:
    """Names of the `{slot}` places of one variant, its buttons included."""
    texts = [variant.text, *(part for b in variant.buttons for part in (b.title, b.payload))]
    return frozenset(name for text in texts for name in _PLACE.findall(text))


@dataclass(frozen=True, slots=True)
class Responses:
    """All replies of a bot folder, by name."""

    variants: Mapping[str, tuple[Variant, ...]] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    deferred: frozenset[str] = frozenset()
    """Intents that have no reply on purpose."""

    @classmethod
    def load(cls, path: Path) -> "Responses":
        """Read `responses.yml`.

        Raises:
            ContentError: see `read_yaml`.
        """
        file = read_yaml(path, ResponsesFile)
        return cls(file.responses, file.titles, frozenset(file.deferred))

    def __contains__(self, name: object) -> bool:
        return name in self.variants

    def __iter__(self) -> Iterator[str]:
        return iter(self.variants)

    def say(self, name: str, *, seed: str, values: Mapping[str, str] | None = None, avoid: Sequence[str] = ()) -> Said:
        """Choose a variant and fill it in.

        Args:
            name: the reply, e.g. `utter_greet`.
            seed: decides the variant: the turn id, so that a repeated turn says the same.
            values: what the places stand for; a variant with an unknown place is passed over.
            avoid: what the bot said of late, oldest first; of the variants, one not among them is taken, or
                else the one said longest ago.

        Raises:
            LookupError: no such reply, or none of its variants can be filled in.
        """
        known = values or {}
        if name not in self.variants:
            raise LookupError(f"no reply {name!r} in responses.yml; add it under `responses:`")
        usable = [v for v in self.variants[name] if places_in(v) <= known.keys()]
        if not usable:
            wanted = sorted(frozenset().union(*map(places_in, self.variants[name])) - known.keys())
            raise LookupError(f"{name} needs a value for {', '.join(wanted)}; none is known here")
        first = int.from_bytes(sha256(f"{seed}\0{name}".encode()).digest()[:4]) % len(usable)
        lines = [_filled(v, known) for v in usable[first:] + usable[:first]]
        return min(lines, key=lambda line: _last_said(line, avoid))

    def title(self, intent: str) -> str:
        """The label of an intent on a button; its name in plain letters when none is written."""
        return self.titles.get(intent) or intent.replace("_", " ").capitalize()


def _last_said(line: Said, said: Sequence[str]) -> int:
    """Place of the last message that begins with the line; -1 when there is none."""
    return max((place for place, text in enumerate(said) if text.startswith(line.text)), default=-1)


def _fill(text: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda match: values[match[1]], text)


def _filled(variant: Variant, values: Mapping[str, str]) -> Said:
    buttons = (QuickReply(_fill(b.title, values), _fill(b.payload, values)) for b in variant.buttons)
    return Said(_fill(variant.text, values), tuple(buttons))
