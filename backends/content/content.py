"""The content of a bot folder as one immutable object, checked against itself when it is loaded.

It knows no classifier: `Content.check` is handed the labels of one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from backends.content.accepted import merged
from backends.content.actions import Action, Actions, load_functions
from backends.content.flows import OK, FlowsFile, load_flows
from backends.content.problem import ContentError, Problem
from backends.content.responses import Responses, Said, places_in
from backends.content.slots import SlotReader
from backends.content.webhook import webhook

FILES = ("responses.yml", "flows.yml", "actions.py")
NONE_OF_THESE = "none_of_these"
"""Payload word of the "something else" button under a "did you mean"."""
COMMON = (
    "utter_flow_cancelled",
    "utter_action_failed",
    "utter_did_you_mean",
    "utter_fallback",
    "utter_fallback_again",
    "utter_handoff_queued",
    "utter_handoff_nobody",
    "utter_unsupported_language",
)
"""Replies that every bot folder has: the runtime and the host say them by name."""


@dataclass(frozen=True, slots=True)
class Content:
    """Replies, flows, slots and actions of one bot folder."""

    responses: Responses = field(default_factory=Responses)
    file: FlowsFile = field(default_factory=FlowsFile)
    actions: Actions = field(default_factory=Actions)
    reader: SlotReader = field(default_factory=SlotReader)

    @classmethod
    def load(cls, bot_dir: Path, *, webhook_secret: str | None = None, accepted: Path | None = None) -> "Content":
        """Read a bot folder.

        Args:
            bot_dir: holds `responses.yml`, and may hold `flows.yml` and `actions.py`.
            webhook_secret: key that signs calls of webhooks; None leaves them unsigned.
            accepted: file of replies that people accepted since, added where they fit; None adds none.

        Raises:
            ContentError: a file is broken, or they do not fit together; lists every problem.
        """
        responses = Responses.load(bot_dir / "responses.yml")
        file = load_flows(bot_dir / "flows.yml")
        functions = {**load_functions(bot_dir / "actions.py"), **_webhooks(file, webhook_secret)}
        content = cls(
            responses=responses,
            file=file,
            actions=Actions(functions, file.actions),
            reader=SlotReader(file.slots, file.flows, file.words),
        )
        if problems := tuple(_inner_problems(content)):
            raise ContentError(problems)
        if accepted is None:
            return content
        return replace(content, responses=merged(responses, file.flows, accepted))

    def say(self, name: str, *, seed: str, values: Mapping[str, str] | None = None, avoid: Sequence[str] = ()) -> Said:
        """See `Responses.say`."""
        return self.responses.say(name, seed=seed, values=values, avoid=avoid)

    def question_of(self, slot: str) -> str:
        """Name of the reply that asks for a slot."""
        return self.file.slots[slot].question or f"utter_ask_{slot}"

    def invalid_of(self, slot: str) -> str:
        """Name of the reply to a misfit; the question itself where none is written."""
        name = self.file.slots[slot].invalid or f"utter_invalid_{slot}"
        return name if name in self.responses else self.question_of(slot)

    def can_answer(self, intent: str) -> bool:
        """Tell whether there is a flow or a reply for an intent."""
        return intent in self.file.flows or f"utter_{intent}" in self.responses

    def check(self, labels: Iterable[str]) -> list[Problem]:
        """Compare with the intents of a classifier; errors are turns that would stay unanswered."""
        known = set(labels)
        return [*_label_problems(self, known), *_deferred_problems(self, known), *_unused(self, known)]


def _webhooks(file: FlowsFile, secret: str | None) -> dict[str, Action]:
    return {
        name: webhook(name, str(section.url), section.timeout_s, secret)
        for name, section in file.actions.items()
        if section.url is not None
    }


def _inner_problems(content: Content) -> Iterator[Problem]:
    for name in COMMON:
        if name not in content.responses:
            yield Problem("responses.yml", f"the reply {name} is missing; every bot needs it")
    for name, flow in content.file.flows.items():
        where = f"flows.yml: flows.{name}"
        for action in sorted({flow.action, *((flow.check.action,) if flow.check else ())}):
            if action not in content.actions:
                known = _list(content.actions.functions)
                yield Problem(where, f"no action {action!r} in actions.py and no url for it; known: {known}")
        for slot in flow.slots:
            if slot not in content.file.slots:
                yield Problem(where, f"the slot {slot!r} is not under `slots:`; known: {_list(content.file.slots)}")
        asked = [content.question_of(slot) for slot in flow.slots if slot in content.file.slots]
        for reply in (*asked, *_replies_of(content, name)):
            if reply not in content.responses:
                yield Problem(where, f"the reply {reply} is not in responses.yml; add it")
    yield from _place_problems(content)


def _replies_of(content: Content, name: str) -> list[str]:
    flow = content.file.flows[name]
    return [*((flow.confirm,) if flow.confirm else ()), *(reply.say for reply in flow.replies.values())]


def _place_problems(content: Content) -> Iterator[Problem]:
    """Places that nothing can fill: unknown ones, and ones outside of the flow that knows them."""
    given = _given(content)
    for name, variants in content.responses.variants.items():
        allowed = given.get(name, frozenset())
        for number, variant in enumerate(variants):
            if strange := sorted(places_in(variant) - allowed):
                known = _list(allowed) if allowed else "none, as no flow says it"
                yield Problem(
                    f"responses.yml: responses.{name}.{number}",
                    f"nothing fills in {{{'}, {'.join(strange)}}}; known here: {known}",
                )


def _given(content: Content) -> dict[str, frozenset[str]]:
    """For each reply of a flow: the places that are filled in every flow that says it."""
    given: dict[str, frozenset[str]] = {}
    for flow in content.file.flows.values():
        agreed = set(flow.slots) | _returns(content, flow.check.action if flow.check else None)
        refused = set(flow.check.needs if flow.check else flow.slots)
        said = [(reply.say, refused) for code, reply in flow.replies.items() if code != OK]
        said.append((flow.replies[OK].say, agreed | _returns(content, flow.action)))
        if flow.confirm:
            said.append((flow.confirm, agreed))
        for name, places in said:
            given[name] = given.get(name, frozenset(places)) & places
    return given


def _returns(content: Content, action: str | None) -> set[str]:
    return set(content.actions.section(action).returns) if action else set()


def _label_problems(content: Content, labels: set[str]) -> Iterator[Problem]:
    for label in sorted(labels):
        if not content.can_answer(label) and label not in content.responses.deferred:
            yield Problem("responses.yml", f"no reply utter_{label} and no flow for the intent {label!r}; add one")
        if label not in content.responses.titles:
            yield Problem(
                "responses.yml: titles", f"no title for the intent {label!r}; `did you mean` needs one", "warning"
            )
    for name in sorted(content.file.flows.keys() - labels):
        yield Problem(f"flows.yml: flows.{name}", "no intent of that name; add examples under nlu/")
    if content.file.handoff not in labels:
        yield Problem("flows.yml: handoff", f"no intent {content.file.handoff!r}; nobody can ask for a person")
    for name in sorted(content.responses.titles.keys() - labels - {NONE_OF_THESE}):
        yield Problem("responses.yml: titles", f"no intent {name!r}; remove its title", "warning")
    known = {f"/{label}" for label in labels | {NONE_OF_THESE}}
    for name, variants in content.responses.variants.items():
        for payload in {b.payload for v in variants for b in v.buttons if b.payload.startswith("/")} - known:
            yield Problem(f"responses.yml: responses.{name}", f"the payload {payload} names no intent")


def _deferred_problems(content: Content, labels: set[str]) -> Iterator[Problem]:
    for name in sorted(content.responses.deferred):
        if content.can_answer(name):
            yield Problem(
                "responses.yml: deferred", f"{name!r} has a reply or a flow of its own; remove one of the two"
            )
        if name not in labels:
            yield Problem("responses.yml: deferred", f"no intent {name!r}; add examples under nlu/ or remove it")


def _unused(content: Content, labels: set[str]) -> Iterator[Problem]:
    used = {f"utter_{label}" for label in labels} | set(COMMON)
    for name in content.file.flows:
        used.update(_replies_of(content, name))
    for slot in content.file.slots:
        used.update((content.question_of(slot), content.invalid_of(slot)))
    for name in sorted(set(content.responses) - used):
        yield Problem(f"responses.yml: responses.{name}", "nothing says this reply; remove it", "warning")


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
