"""Carries out the actions of a flow: functions of the bot folder's `actions.py`, or webhooks.

An action is `async def name(slots, customer) -> dict | ActionError`. It is handed the slots of its flow and who
asks; `this_call()` tells the rest. It does not decide when an action is due, and knows no replies.
"""

import asyncio
import importlib.util
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

from backends.content.flows import OK, ActionSection
from backends.content.problem import ContentError, Problem
from backends.contract import ActionResult, Customer

logger = logging.getLogger(__name__)

FAILED = "failed"
"""Result code of an action that broke, took too long or returned something else than it declares."""


@dataclass(frozen=True, slots=True)
class ActionError:
    """An action says no: a value, not an exception. The flow has a reply for its code."""

    code: str
    """Lower-case word, e.g. `not_found`."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Facts its reply may use."""


@dataclass(frozen=True, slots=True)
class Call:
    """What an action may know of its own call beside the slots."""

    key: str | None = None
    """Idempotency key: the same key means the same wish, to be carried out once. None for look-ups."""
    home: Path | None = None
    """The `var/` folder, or None when there is none."""


Action = Callable[[Mapping[str, str], Customer], Awaitable["Mapping[str, Any] | ActionError"]]
_CALL: ContextVar[Call] = ContextVar("switchboard_action_call")


def this_call() -> Call:
    """Tell an action of which call it is part; an empty one outside of any."""
    return _CALL.get(Call())


@contextmanager
def calling(call: Call) -> Iterator[None]:
    """Make `this_call` return this call within the block; for the runtime and for tests of actions."""
    token = _CALL.set(call)
    try:
        yield
    finally:
        _CALL.reset(token)


BAD_MODULE = (
    SyntaxError,
    ImportError,
    NameError,
    AttributeError,
    TypeError,
    ValueError,
    LookupError,
    OSError,
    RuntimeError,
    ArithmeticError,
    AssertionError,
)
"""What a mistaken module raises while it is imported."""


def load_functions(path: Path) -> Mapping[str, Action]:
    """Import `actions.py` afresh and return its coroutine functions; none when there is no such file.

    Raises:
        ContentError: it cannot be imported, or a public function of it is not `async`.
    """
    if not path.exists():
        return {}
    loader = SourceFileLoader(f"switchboard_actions_{abs(hash(path.resolve())):x}", str(path))
    spec = importlib.util.spec_from_file_location(loader.name, path, loader=loader)
    if spec is None:
        raise ContentError([Problem(path.name, "cannot be imported")])
    module = importlib.util.module_from_spec(spec)
    try:
        # Not exec_module: its byte-code cache would miss an edit within the same second.
        exec(loader.source_to_code(path.read_bytes(), str(path)), module.__dict__)
    except BAD_MODULE as exc:
        raise ContentError([Problem(path.name, f"cannot be imported: {type(exc).__name__}: {exc}")]) from exc
    own = {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }
    problems = [
        Problem(f"{path.name}: {name}", "expected `async def`; make it one, or begin its name with `_`")
        for name, value in own.items()
        if not inspect.iscoroutinefunction(value)
    ]
    if problems:
        raise ContentError(problems)
    return own


@dataclass(frozen=True, slots=True)
class Actions:
    """All actions of a bot folder, by name."""

    functions: Mapping[str, Action] = field(default_factory=dict)
    sections: Mapping[str, ActionSection] = field(default_factory=dict)

    def __contains__(self, name: object) -> bool:
        return name in self.functions

    def section(self, name: str) -> ActionSection:
        """What is known of an action; the defaults when `flows.yml` says nothing of it."""
        return self.sections.get(name) or ActionSection()

    async def run(self, name: str, slots: Mapping[str, str], customer: Customer, call: Call) -> ActionResult:
        """Carry one out within its deadline.

        Whatever goes wrong in it becomes a result that is not ok, with the code `failed`, and is logged.
        """
        section = self.section(name)
        try:
            async with asyncio.timeout(section.timeout_s):
                # gather hands a bug of a foreign action over as a value, and passes a cancellation on to it.
                (outcome,) = await asyncio.gather(self._call(name, slots, customer, call), return_exceptions=True)
        except TimeoutError:
            outcome = TimeoutError(f"no answer within {section.timeout_s} s")
        if isinstance(outcome, BaseException):
            logger.error("action failed", extra={"event": "action_failed", "action": name}, exc_info=outcome)
            return ActionResult(name, ok=False, values={"code": FAILED})
        return self._result(name, outcome)

    async def _call(
        self, name: str, slots: Mapping[str, str], customer: Customer, call: Call
    ) -> "Mapping[str, Any] | ActionError":
        with calling(call):
            return await self.functions[name](dict(slots), customer)

    def _result(self, name: str, outcome: object) -> ActionResult:
        if isinstance(outcome, ActionError):
            return ActionResult(name, ok=False, values={**_texts(outcome.values), "code": outcome.code})
        wrong = f"of type {type(outcome).__name__} instead of a dict or an ActionError"
        if isinstance(outcome, dict):
            missing = set(self.section(name).returns) - outcome.keys()
            if not missing:
                return ActionResult(name, ok=True, values={"code": OK, **_texts(outcome)})
            wrong = f"without {', '.join(sorted(missing))}, which flows.yml declares"
        logger.error("action returned a result %s", wrong, extra={"event": "action_failed", "action": name})
        return ActionResult(name, ok=False, values={"code": FAILED})


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in values.items()}
