"""Scenario files of a bot folder: what simulated customers want, how they say it, and when they have got it.

It reads and validates `scenarios/*.yml`, for `switchboard check` and for `switchboard simulate`; it plays nothing.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Container, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from backends.settings import Section

FOLDER = "scenarios"
LEAST_WAYS = 8
"""Different ways in which a goal must be said."""
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
LINE = re.compile(r"\bline (\d+)")

Text = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]
Texts = Annotated[tuple[Text, ...], Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]


class Met(Section):
    """What must be true for a wish to be fulfilled; all that is given has to hold."""

    facts: tuple[Text, ...] = ()
    """Regular expressions without case that must all match one reply as shown; `{name}` is a value of the customer."""
    action: Name | None = None
    """An action of the flows that the shop must have carried out."""
    of: Name | None = None
    """Slot that must hold the customer's own value then: the right order."""
    person: bool = False
    """The customer must have reached the queue or a person."""

    @field_validator("facts")
    @classmethod
    def _compiles(cls, facts: tuple[str, ...]) -> tuple[str, ...]:
        for fact in facts:
            try:
                re.compile(PLACEHOLDER.sub("x", fact))
            except re.error as exc:
                raise ValueError(f"expected a regular expression, got {fact!r}: {exc}") from exc
        return facts

    @model_validator(mode="after")
    def _says_something(self) -> "Met":
        if not (self.facts or self.action or self.person):
            raise ValueError("expected facts, an action or `person: true`; else nobody can tell whether it was met")
        if self.of and not self.action:
            raise ValueError("`of` says whom an action was for; give the action too")
        return self


class Evidence(Section):
    """The second opinion, from the server's record instead of the shown text."""

    intents: tuple[Name, ...] = ()
    """Intents whose reply holds the facts, in every variant; and whose buttons lead to it."""
    also: tuple[Name, ...] = ()
    """Intents whose reply may hold them."""
    articles: tuple[Annotated[str, Field(pattern=r"^[\w-]+$")], ...] = ()
    """Articles in which the facts can be found."""


class Wish(Section):
    """Something a customer wants, and how it is said."""

    say: Texts
    met: Met
    evidence: Evidence = Evidence()


class Scenario(Wish):
    """A customer's errand."""

    id: Name
    goal: Text
    """In a few words, for reports."""
    weight: float = Field(1.0, gt=0)
    """How often it comes up, in relation to the others."""
    brief: tuple[Text, ...] = ()
    """How people say it who type as little as possible."""
    values: tuple[Mapping[Name, Text], ...] = ()
    """What the customer knows, one set a customer: values of slots, and words for the facts."""
    follow_ups: tuple[Wish, ...] = ()
    """Questions some ask when the first one has been answered."""

    @model_validator(mode="after")
    def _is_whole(self) -> "Scenario":
        if len({text.casefold() for text in self.say}) < LEAST_WAYS:
            raise ValueError(f"say: expected {LEAST_WAYS} or more different texts, got {len(self.say)}")
        if len({frozenset(values) for values in self.values}) > 1:
            raise ValueError("values: every set needs the same names")
        known = set(self.values[0]) if self.values else set()
        used: set[str] = set()
        for wish in (self, *self.follow_ups):
            used.update(name for text in (*wish.say, *wish.met.facts) for name in PLACEHOLDER.findall(text))
            used.update([wish.met.of] if wish.met.of else [])
        used.update(name for text in self.brief for name in PLACEHOLDER.findall(text))
        if strange := used - known:
            raise ValueError(
                f"{{{min(strange)}}} is none of the values: {', '.join(sorted(known)) or 'there are none'}"
            )
        return self


class Endings(Section):
    """How customers leave, as weights."""

    thanks: float = Field(0.0, ge=0)
    button: float = Field(0.0, ge=0)
    """They press "that solved it", or that it did not."""
    thumbs: float = Field(0.0, ge=0)
    silent: float = Field(0.0, ge=0)
    grumble: float = Field(0.0, ge=0)
    """A complaint in words."""
    person: float = Field(0.0, ge=0)
    """They ask for a person; only after a miss."""

    @model_validator(mode="after")
    def _is_some(self) -> "Endings":
        if sum(self.model_dump().values()) <= 0:
            raise ValueError("expected at least one weight above 0")
        return self


class Persona(Section):
    """A kind of customer. Shares are probabilities for one customer or one message."""

    name: Name
    difficult: bool = False
    weight: float = Field(1.0, gt=0)
    patience: Annotated[tuple[Annotated[int, Field(ge=1, le=6)], ...], Field(min_length=1)] = (1, 2, 2, 3)
    """Bad answers after which they have enough; one is drawn."""
    typos: Annotated[float, Field(ge=0, le=0.2)] = 0.0
    """Slips a letter."""
    greets: Share = 0.0
    """Begin with a message that is only a greeting."""
    brief: Share = 0.0
    """Type as little as possible."""
    angry: Share = 0.0
    """Swear after a bad answer."""
    wanders: Share = 0.0
    """Say something that has nothing to do with it."""
    crams: Share = 0.0
    """Ask two things in one message."""
    presses: Share = 0.8
    """Press a button that fits, instead of typing."""
    mistypes: Share = 0.05
    """Answer a question in a form that cannot be read, first."""
    follows_up: Share = 0.3
    believes: Share = 0.1
    """Take an answer that is beside the point for the right one."""
    returns_met: Share = 0.1
    """Come back later with another question."""
    returns_missed: Share = 0.3
    """Come back later because it was not solved."""
    when_met: Endings = Endings(thanks=4, button=1.5, thumbs=1, silent=2.5, grumble=0.7)
    when_missed: Endings = Endings(silent=4.5, grumble=1.5, button=0.8, thumbs=0.8, person=2.4)


class Remarks(Section):
    """What all customers say alike."""

    greet: Texts
    thanks: Texts
    grumble: Texts
    """Of somebody who was helped."""
    complain: Texts
    """Of somebody who was not."""
    person: Texts
    anger: Texts
    yes: Texts
    beside: Texts
    """The bot asked for something that has nothing to do with it."""
    aside: Texts
    join: Texts
    """How two questions become one message: `{first}` and `{second}`."""
    message: Texts
    """Left for the people in the queue."""
    give: Mapping[Name, Texts]
    """Answers to the question for a slot: `{value}`."""
    wrong: Mapping[Name, Texts] = Field(default_factory=dict)
    """Answers that no pattern reads."""


class Customers(Section):
    """Who they are, and what they have in common."""

    questions: Mapping[Name, Text]
    """Slot → pattern in the last paragraph of a bot message that asks for it."""
    personas: Annotated[tuple[Persona, ...], Field(min_length=1)]
    remarks: Remarks

    @model_validator(mode="after")
    def _is_whole(self) -> "Customers":
        if all(persona.difficult for persona in self.personas):
            raise ValueError("personas: expected at least one that is not difficult")
        if lacking := self.questions.keys() - self.remarks.give.keys():
            raise ValueError(f"remarks.give lacks {', '.join(sorted(lacking))}, which `questions` names")
        return self


class _File(Section):
    version: Literal["1.0"]
    customers: Customers | None = None
    scenarios: tuple[Scenario, ...] = ()


class _Read(NamedTuple):
    name: str
    """Path within the bot folder."""
    content: _File
    root: yaml.Node | None


@dataclass(frozen=True, slots=True)
class Book:
    """All scenarios of a bot folder."""

    customers: Customers
    scenarios: tuple[Scenario, ...]
    digest: str
    """Short hash of the files: another one means other customers."""
    places: Mapping[str, tuple[str, int | None]] = field(default_factory=dict)
    """Scenario → its file's path within the bot folder, and its line there."""


class Flaw(NamedTuple):
    """Something wrong with the scenario files."""

    file: str
    """Path within the bot folder."""
    line: int | None
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class ScenarioError(ValueError):
    """The scenarios cannot be used; carries every flaw."""

    def __init__(self, flaws: Collection[Flaw]) -> None:
        self.flaws = tuple(flaws)
        super().__init__("\n".join(map(str, self.flaws)))


def load_scenarios(bot: Path) -> Book:
    """Read all scenarios of a bot folder.

    Raises:
        ScenarioError: there are none, or some are wrong; names file and line.
    """
    paths = sorted(path for path in (bot / FOLDER).glob("*.y*ml") if path.suffix in {".yml", ".yaml"})
    if not paths:
        raise ScenarioError([Flaw(FOLDER, None, f"no scenarios in {bot / FOLDER}; see docs/simulation.md")])
    flaws: list[Flaw] = []
    files = [file for path in paths if (file := _read(path, flaws))]
    customers = [file.content.customers for file in files if file.content.customers]
    scenarios = tuple(scenario for file in files for scenario in file.content.scenarios)
    if not flaws:
        flaws += _together(customers, scenarios)
    if flaws:
        raise ScenarioError(flaws)
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()[:12]
    places = {
        scenario.id: (file.name, _line(file.root, ("scenarios", number)))
        for file in files
        for number, scenario in enumerate(file.content.scenarios)
    }
    return Book(customers[0], scenarios, digest, places)


def unknown_names(
    book: Book, *, intents: Container[str], articles: Container[str], actions: Container[str]
) -> Iterator[Flaw]:
    """Name what the scenarios rely on and the bot folder does not have."""
    for scenario in book.scenarios:
        for wish in (scenario, *scenario.follow_ups):
            for kind, used, known in (
                ("intent", (*wish.evidence.intents, *wish.evidence.also), intents),
                ("article", wish.evidence.articles, articles),
                ("action", [wish.met.action] if wish.met.action else [], actions),
            ):
                yield from (
                    Flaw(*book.places[scenario.id], f"{scenario.id}: no {kind} {name!r} in this bot folder")
                    for name in used
                    if name not in known
                )


def _together(customers: list[Customers], scenarios: tuple[Scenario, ...]) -> Iterator[Flaw]:
    if len(customers) != 1:
        yield Flaw(FOLDER, None, f"expected one file with `customers:`, got {len(customers)}")
    if not scenarios:
        yield Flaw(FOLDER, None, "expected at least one scenario")
    for name, count in Counter(scenario.id for scenario in scenarios).items():
        if count > 1:
            yield Flaw(FOLDER, None, f"the scenario id {name!r} is given {count} times")


def _read(path: Path, flaws: list[Flaw]) -> _Read | None:
    name = f"{FOLDER}/{path.name}"
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        found = LINE.search(str(exc))
        flaws.append(Flaw(name, int(found[1]) if found else None, f"not readable: {' '.join(str(exc).split())[:200]}"))
        return None
    try:
        return _Read(name, _File.model_validate(document), root)
    except ValidationError as exc:
        for error in exc.errors(include_url=False):
            keys = ".".join(map(str, error["loc"]))
            told = error["msg"].removeprefix("Value error, ")
            given = "" if isinstance(error["input"], dict | list) else f" (got {error['input']!r:.80})"
            flaws.append(Flaw(name, _line(root, error["loc"]), f"{keys or 'file'}: {told}{given}"))
        return None


def _line(node: Any, keys: tuple[int | str, ...]) -> int | None:
    """Line of the deepest node that a path of keys leads to, counted from 1."""
    line: int | None = None
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == key), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
        else:
            break
    return line or (node.start_mark.line + 1 if node is not None else None)
