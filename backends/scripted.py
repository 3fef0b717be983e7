"""A table of replies: for demos, tests and the baselines of peers."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from backends.contract import Abstain, Backend, Emit, Place, Reason, Reply, Turn
from backends.settings import Section


class ScriptedSettings(Section):
    """The `[backends.scripted]` table."""

    replies: dict[str, str] = Field(default_factory=dict, description="customer text → reply text")
    stream: bool = Field(True, description="show the reply word by word")


def key_of(text: str) -> str:
    """Fold case, white space and closing punctuation, so that "Hello!" finds "hello"."""
    return re.sub(r"\s+", " ", text).strip(" \t\n.!?").casefold()


class Scripted:
    """Answers what is in its table and abstains from the rest."""

    name = "scripted"

    def __init__(self, replies: Mapping[str, str], *, stream: bool = False) -> None:
        self._replies = {key_of(text): reply for text, reply in replies.items()}
        self._stream = stream

    async def reply(self, turn: Turn, emit: Emit) -> Reply | Abstain:
        """Look the text up."""
        text = self._replies.get(key_of(turn.text))
        if text is None:
            return Abstain(Reason.NO_REPLY)
        if self._stream:
            for piece in re.findall(r"\S+\s*", text):
                await emit(piece)
        return Reply(text)

    async def aclose(self) -> None:
        """Nothing is open."""


def load(settings: Mapping[str, Any], _place: Place) -> Backend:
    """Build from `[backends.scripted]`."""
    section = ScriptedSettings.model_validate(settings)
    return Scripted(section.replies, stream=section.stream)
