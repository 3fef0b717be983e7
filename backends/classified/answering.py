"""A classifier in front of the bot folder's content, as a backend.

It decides how sure the classifier is, and leaves what follows from an intent to `backends.content`. Which classifier
that is, it does not know.
"""

import time
from dataclasses import replace
from pathlib import Path

from backends.classified.live import Live, Model
from backends.content.content import Content
from backends.content.dialogue import respond
from backends.content.heard import Heard, Thresholds, judge, pressed
from backends.content.reload import Reloading
from backends.contract import Abstain, Emit, Parse, Reason, Reply, Status, Turn


class Classified:
    """Answers what its classifier is sure of; asks "did you mean" where two intents are close."""

    name: str

    def __init__(
        self, live: Live, content: Reloading, *, languages: tuple[str, ...] = ("en",), home: Path | None = None
    ) -> None:
        """Put the parts together.

        Args:
            live: the bundle in service, which changes.
            content: the bot folder's content.
            languages: primary subtags of the languages the bundle knows.
            home: the `var/` folder, for actions that keep something.
        """
        self._live = live
        self._content = content
        self._languages = languages
        self._home = home
        self._checked: tuple[Content, tuple[str, ...], str | None] | None = None

    async def reply(self, turn: Turn, emit: Emit) -> Reply | Abstain:  # noqa: ARG002  # a template is whole at once
        """Classify the text, or take the pressed button at its word, and answer from the content.

        Raises:
            BackendError: there is no usable bundle, or the model failed.
        """
        content = await self._content.fresh()
        heard = pressed(turn.payload, content.can_answer)
        served = self._live.served
        stages_ms: dict[str, float] = {}
        if heard is None:
            served = await self._live.get()
            began = time.perf_counter()
            parse = await served.batcher.submit(turn.text)
            stages_ms["encode"] = (time.perf_counter() - began) * 1000
            heard = self._in_language(turn, judge(parse, _limits(served.model, turn.error_budget)))
        began = time.perf_counter()
        outcome = await respond(content, turn, heard, home=self._home)
        stages_ms["content"] = (time.perf_counter() - began) * 1000
        bundle_id = served.model.bundle_id if served is not None else None
        provenance = replace(outcome.provenance, bundle_id=bundle_id)
        return replace(outcome, provenance=provenance, stages_ms=stages_ms)

    async def parse(self, text: str) -> Parse:
        """Rank the intents of one masked text.

        Raises:
            BackendError: there is no usable bundle, or the model failed.
        """
        served = await self._live.get()
        return await served.batcher.submit(text)

    def least_confidence(self, intent: str, error_budget: float) -> float | None:
        """The confidence below which the bundle in service does not answer with this intent."""
        served = self._live.served
        return None if served is None else served.model.thresholds_for(error_budget).confidence_for(intent)

    def status(self) -> Status:
        """Tell how the bundle and the content are doing, from memory."""
        status = self._live.status()
        if status.state == "down":
            return status
        problem = self._content.problem or self._mismatch()
        return Status("degraded", f"{status.detail}; content: {problem}") if problem else status

    async def aclose(self) -> None:
        """Stop following the bundle and free the model."""
        await self._live.aclose()

    def _in_language(self, turn: Turn, heard: Heard) -> Heard:
        """An out-of-scope text of a customer whose language the bundle does not know is taken to be in it."""
        is_foreign = turn.language.partition("-")[0].lower() not in self._languages
        if is_foreign and heard.reason == Reason.OUT_OF_SCOPE and heard.intent is None:
            return replace(heard, reason=Reason.UNSUPPORTED_LANGUAGE)
        return heard

    def _mismatch(self) -> str | None:
        """What the labels in service and the content do not have in common; worked out once per pair."""
        content, served = self._content.content, self._live.served
        if served is None:
            return None
        intents = served.model.intents
        if self._checked is None or self._checked[0] is not content or self._checked[1] is not intents:
            errors = [problem for problem in content.check(intents) if problem.level == "error"]
            summary = f"{len(errors)} problems, the first: {errors[0]}" if errors else None
            self._checked = (content, intents, summary)
        return self._checked[2]


def _limits(model: Model, error_budget: float | None) -> Thresholds:
    return model.thresholds if error_budget is None else model.thresholds_for(error_budget)
