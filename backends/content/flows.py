"""The flows of `flows.yml`: intent → slots → check → confirm → action → reply by result code.

What a flow does next is `step`, a pure function; nothing here asks, calls or waits.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, HttpUrl, StringConstraints, model_validator

from backends.content.responses import ResponseName
from backends.content.words import Words
from backends.content.yaml_file import read_yaml
from backends.settings import Section

CONFIRM = "confirm"
"""What an open question waits for when it is the confirmation of a flow."""
OK = "ok"
"""Result code of an action that names none."""


def _compile(pattern: Any) -> Any:
    if not isinstance(pattern, str):
        return pattern
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as exc:
        raise ValueError(f"not a regular expression: {exc}") from exc


Regex = Annotated[re.Pattern[str], BeforeValidator(_compile)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class SlotSection(Section):
    """How one slot is asked for and recognised. Patterns ignore case."""

    patterns: tuple[Regex, ...] = Field((), description="recognise it in any message")
    asked: tuple[Regex, ...] = Field((), description="recognise it only in the answer to its question")
    any_text: bool = Field(False, description="every answer to its question is its value")
    refuse: Regex | None = Field(None, description="an answer that matches is no value")
    attempt: Regex = Field(
        re.compile(r"\d"), description="an answer that matches was meant as a value but does not fit"
    )
    form: str | None = Field(None, description=r"how it is written, with groups: `TF-\1`; None: as matched")
    lower: bool = Field(False, description="fold it to lower case")
    private: bool = Field(False, description="it is replaced by its name in the stored text")
    keep: bool = Field(False, description="it stays known for the next flow of the conversation")
    question: ResponseName | None = Field(None, description="reply that asks; None: utter_ask_<name>")
    invalid: ResponseName | None = Field(None, description="reply to a misfit; None: utter_invalid_<name>")
    tries: int = Field(3, ge=1, le=10, description="misfits in one flow before a person is offered")

    @model_validator(mode="after")
    def _recognisable(self) -> "SlotSection":
        if not (self.patterns or self.asked or self.any_text):
            raise ValueError("expected `patterns`, `asked` or `any_text`; without one it can never be filled")
        return self


class CheckSection(Section):
    """A look-up that changes nothing, made as soon as its slots are known, before more is asked."""

    action: Name
    needs: tuple[Name, ...] = Field(min_length=1)


class ResultReply(Section):
    """What is said to one result code."""

    say: ResponseName
    ask_again: tuple[Name, ...] = Field((), description="slots to forget and to ask for again")


class FlowSection(Section):
    """One flow; its name is the name of its intent."""

    slots: tuple[Name, ...] = ()
    starts_on: Name | None = Field(None, description="a message that is only this slot starts the flow")
    check: CheckSection | None = None
    confirm: ResponseName | None = Field(None, description="reply that asks for a yes before the action")
    action: Name
    replies: dict[Name, ResultReply]

    @model_validator(mode="before")
    @classmethod
    def _short_replies(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("replies"), dict):
            replies = {k: {"say": v} if isinstance(v, str) else v for k, v in value["replies"].items()}
            return {**value, "replies": replies}
        return value

    @model_validator(mode="after")
    def _consistent(self) -> "FlowSection":
        if OK not in self.replies:
            raise ValueError("expected a reply for `ok` under `replies`")
        wanted = {*(self.check.needs if self.check else ()), *((self.starts_on,) if self.starts_on else ())}
        again = {slot for reply in self.replies.values() for slot in reply.ask_again}
        if strange := sorted((wanted | again) - set(self.slots)):
            raise ValueError(f"not among the slots of this flow: {', '.join(strange)}")
        if CONFIRM in self.slots:
            raise ValueError(f"a slot cannot be called `{CONFIRM}`; choose another name")
        return self


class ActionSection(Section):
    """What is known of an action: a function of `actions.py`, or a webhook when it has a `url`."""

    url: HttpUrl | None = None
    timeout_s: float = Field(5.0, gt=0, le=60, description="seconds until it counts as failed")
    returns: tuple[Name, ...] = Field((), description="values that every `ok` result holds, for use in replies")


class FlowsFile(Section):
    """The file as written."""

    version: str | float | None = None
    handoff: Name = Field("talk_to_human", description="the intent that asks for a person")
    words: Words = Words()
    slots: dict[Name, SlotSection] = Field(default_factory=dict)
    actions: dict[Name, ActionSection] = Field(default_factory=dict)
    flows: dict[Name, FlowSection] = Field(default_factory=dict)


def load_flows(path: Path) -> FlowsFile:
    """Read `flows.yml`; a bot folder without one has no flows.

    Raises:
        ContentError: see `read_yaml`.
    """
    return read_yaml(path, FlowsFile) if path.exists() else FlowsFile()


@dataclass(frozen=True, slots=True)
class Ask:
    """A slot is missing."""

    slot: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """All is known; the customer has to agree."""

    reply: str


@dataclass(frozen=True, slots=True)
class Run:
    """All is known and agreed to."""

    action: str


def step(flow: FlowSection, slots: Mapping[str, str], *, confirmed: bool) -> Ask | Confirm | Run:
    """Tell what the flow does next with the slots known so far."""
    for slot in flow.slots:
        if slot not in slots:
            return Ask(slot)
    if flow.confirm is not None and not confirmed:
        return Confirm(flow.confirm)
    return Run(flow.action)
