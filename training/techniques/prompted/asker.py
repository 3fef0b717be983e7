"""Asks a chat endpoint with everything that may go wrong: retries, a dead endpoint, money, answers that are there."""

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from training.techniques.prompted.chat import Chat, NoSchema, Passing, Request, Said
from training.techniques.prompted.errors import CallFailed, EndpointRefused, NoPrice
from training.techniques.prompted.ledger import Answer, Ledger
from training.techniques.prompted.prompt import tokens_of
from training.techniques.prompted.server import Server
from training.techniques.prompted.settings import EndpointSettings, Price
from training.techniques.technique import BROKEN

logger = logging.getLogger(__name__)

DEAD_AFTER = 5
"""Texts in a row without an answer after which the endpoint is left alone for the rest of the cell."""
MAX_WAIT_S = 60.0
POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Purse:
    """What answers are kept in, and what new ones cost."""

    ledger: Ledger
    price: Price


@dataclass(slots=True)
class Kept:
    """What answers of the ledger had taken when they were asked for."""

    calls: int = 0
    cpu_s: float = 0.0
    wall_s: float = 0.0
    memory_bytes: int = 0

    def add(self, answer: Answer) -> Answer:
        """Count one, and give it back."""
        self.calls += 1
        self.cpu_s += answer.cpu_s
        self.wall_s += answer.wall_s
        self.memory_bytes = max(self.memory_bytes, answer.memory_bytes)
        return answer


@dataclass(slots=True)
class _Tries:
    """How often one request was sent."""

    lost: int = 0
    """Without an answer, though it may be charged."""


class Asker:
    """A chat endpoint that is asked with care. Safe to use from several threads."""

    def __init__(
        self,
        chat: Chat,
        settings: EndpointSettings,
        server: Server,
        purse: Purse,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Ask nothing yet."""
        self._chat, self._settings, self._server, self._purse, self._sleep = chat, settings, server, purse, sleep
        self._has_schema, self._has_logprobs = settings.json_schema, settings.logprobs
        self.guard = threading.Lock()
        self.calls = 0
        """Requests sent; answers of the ledger need none."""
        self.kept = Kept()
        self._in_a_row = 0
        self._stopped: EndpointRefused | None = None
        self._last = CallFailed("unreachable", "never asked")

    def ask(self, request: Request) -> Answer:
        """Get an answer, from the ledger or the endpoint.

        Raises:
            CallFailed: there is none for this request.
            StudyStopped: there will be none for any.
        """
        if self._stopped is not None:
            raise self._stopped
        while True:
            wanted = request if self._has_schema else request._replace(schema=None)
            body = self._chat.body(wanted)
            if not self._has_logprobs:
                body.pop("logprobs", None)
            try:
                return self._bought(body)
            except NoSchema as exc:
                logger.info("endpoint without schema", extra={"event": "no_schema", "error": str(exc)})
                if "logprobs" in body and (wanted.schema is None or "logprobs" in str(exc).lower()):
                    self._has_logprobs = False
                else:
                    self._has_schema = False
            except EndpointRefused as exc:
                self._stopped = exc
                raise

    def close(self) -> None:
        """Close what it asks and the ledger."""
        self._chat.close()
        self._purse.ledger.close()

    def _bought(self, body: Mapping[str, Any]) -> Answer:
        """As `_sent`, but not if the answer is there, and only as the budget allows."""
        ledger, key, most, tries = self._purse.ledger, self._key(body), self._most(body), _Tries()
        found = ledger.find(key)
        if found is not None:
            return self._known(found)
        claim = self._claimed(key, most * (self._settings.retries + 1))
        if isinstance(claim, Answer):
            return self._known(claim)
        try:
            answer = self._sent(body, tries)
        except (CallFailed, NoSchema, EndpointRefused):
            ledger.give_up(claim, lost_usd=most * tries.lost)
            raise
        except BaseException:
            ledger.give_up(claim, lost_usd=most * (tries.lost + 1))
            raise
        ledger.settle(claim, key, answer, lost_usd=most * tries.lost)
        return answer

    def _known(self, answer: Answer) -> Answer:
        self._chat.has_answered = True  # in an earlier run
        with self.guard:
            return self.kept.add(answer)

    def _claimed(self, key: str, usd: float) -> int | Answer:
        until = time.monotonic() + self._settings.timeout_s
        while (claim := self._purse.ledger.set_aside(key, usd)) is None:
            if time.monotonic() > until:
                raise CallFailed("time_out", "another process asks the same, and has no answer yet")
            self._sleep(POLL_S)
        return claim

    def _sent(self, body: Mapping[str, Any], tries: _Tries) -> Answer:
        """Ask until there is an answer or no try is left."""
        if self._in_a_row >= DEAD_AFTER:
            raise CallFailed(self._last.code, f"left alone after {DEAD_AFTER} failures in a row: {self._last}")
        for attempt in range(self._settings.retries + 1):
            with self.guard:
                self.calls += 1
            began, cpu_s = time.monotonic(), self._server.cpu_s()
            try:
                said = self._chat.send(body)
            except Passing as exc:
                failed, is_last = exc.failed, attempt == self._settings.retries
                wait_s = exc.wait_s if exc.wait_s is not None else self._settings.retry_base_s * 2.0**attempt
            except CallFailed as exc:
                failed, is_last, wait_s = exc, True, 0.0
            else:
                self._in_a_row = 0
                spent = self._server.cpu_s() - cpu_s, time.monotonic() - began, self._server.memory_bytes()
                return self._priced(said, body, spent)
            tries.lost += failed.may_cost
            if is_last:
                break
            self._sleep(min(wait_s, MAX_WAIT_S))
        if failed.code in BROKEN:
            self._in_a_row, self._last = self._in_a_row + 1, failed
        raise failed

    def _priced(self, said: Said, body: Mapping[str, Any], spent: tuple[float, float, int]) -> Answer:
        prompt, completion = said.tokens or (tokens_of(body["messages"]), max(len(said.text) // 3, 1))
        usd = self._purse.price.usd(prompt, completion)
        return Answer(said.text, said.finish, said.confidence, prompt, completion, usd, *spent)

    def _most(self, body: Mapping[str, Any]) -> float:
        """The most a call can cost: no tokeniser of those in use makes more than a token of two bytes of such text."""
        sent = len(json.dumps([body["messages"], body.get("response_format")], ensure_ascii=False).encode()) // 2
        most = int(body.get("max_tokens") or body.get("max_completion_tokens") or 0)
        return self._purse.price.usd(sent, most)

    def _key(self, body: Mapping[str, Any]) -> str:
        whole = json.dumps([self._server.identity, body], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(whole.encode()).hexdigest()


def price_of(prices: Mapping[str, Any], model: str, *, budget_usd: float | None) -> Price:
    """Look a model up in the price sheet.

    Raises:
        NoPrice: it is not there, but there is a budget to keep.
    """
    if model in prices:
        return Price.model_validate(prices[model])
    if budget_usd is not None:
        raise NoPrice(
            f"[budget] is set, but [prices] does not know {model!r}; known: {', '.join(sorted(prices)) or '-'}"
        )
    return Price.model_validate({"input_per_million": 0.0, "output_per_million": 0.0, "date": "1970-01-01"})
