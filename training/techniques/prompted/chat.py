"""Sends one request to an OpenAI-compatible chat endpoint, and says what went wrong in our words.

The only file here that knows the `openai` library. It knows neither retries nor money.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import httpx2
import openai
from openai import OpenAI

from backends.rag.llm import Address, is_loopback
from training.techniques.prompted.errors import CallFailed, EndpointRefused
from training.techniques.prompted.prompt import Message
from training.techniques.prompted.server import Server
from training.techniques.prompted.settings import EndpointSettings

CONNECT_S = 10.0
NO_ENTRY = {401: "the key is wrong", 402: "no credit is left", 403: "access is denied", 404: "no such model or address"}
PASSING = frozenset({408, 409, 425})
"""Beside all from 500 on: another try may help."""
_NO_SCHEMA = re.compile(r"response_format|json_schema|structured|grammar|logprobs", re.IGNORECASE)
_TOO_LONG = re.compile(
    r"context.{0,20}(?:length|size|window)|too (?:long|many tokens)|maximum.{0,20}tokens", re.IGNORECASE
)
_NO_CREDIT = re.compile(r"insufficient_quota|billing", re.IGNORECASE)


class Request(NamedTuple):
    """What is asked."""

    messages: Sequence[Message]
    max_tokens: int
    schema: Mapping[str, Any] | None = None
    """JSON schema of the answer, for endpoints that can keep to one."""


class Said(NamedTuple):
    """An answer as it came."""

    text: str
    finish: str
    """`stop`, `length`, `content_filter` or `refusal`."""
    confidence: float
    """Probability of a token of the label, as geometric mean; 1 where the endpoint does not tell."""
    tokens: tuple[int, int] | None
    """(prompt, completion) as the endpoint counted; None where it did not."""


class NoSchema(Exception):
    """The endpoint cannot constrain answers, or tell probabilities."""


class Passing(Exception):
    """A failure that another try may mend."""

    def __init__(self, failed: CallFailed, wait_s: float | None = None) -> None:
        """Keep what it is if no other try helps, and how long the endpoint says to wait."""
        super().__init__(str(failed))
        self.failed = failed
        self.wait_s = wait_s


class Chat:
    """A chat endpoint."""

    def __init__(self, settings: EndpointSettings, server: Server) -> None:
        """Connect to nothing yet."""
        self._settings, self._server = settings, server
        self._clients: dict[Address, OpenAI] = {}
        self._has_answered = False

    @property
    def model(self) -> str:
        """Its name at the endpoint."""
        return self._server.model

    def body(self, request: Request) -> dict[str, Any]:
        """The body of a request, which also tells it from others."""
        settings = self._settings
        is_openai = (settings.base_url or "").startswith("https://api.openai.com")
        body: dict[str, Any] = {
            "model": self.model,
            "messages": list(request.messages),
            "max_completion_tokens" if is_openai else "max_tokens": settings.max_tokens or request.max_tokens,
        }
        if settings.temperature is not None:
            body["temperature"] = settings.temperature
        if settings.logprobs:
            body["logprobs"] = True
        if request.schema is not None:
            named = {"name": "answer", "strict": True, "schema": request.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        return body | ({"extra_body": dict(settings.extra)} if settings.extra else {})

    def send(self, body: Mapping[str, Any]) -> Said:
        """Ask once.

        Raises:
            CallFailed: no answer, and another try would not help.
            Passing: no answer, and another try may help.
            NoSchema: ask again without a schema.
            EndpointRefused: no call of ours will ever be answered.
        """
        try:
            client = self._client()
        except CallFailed as exc:  # the embedded model could not be started just now
            raise Passing(exc) from exc
        try:
            completion = client.chat.completions.create(**body)
            said = _read(completion)
        except openai.APITimeoutError as exc:
            raise CallFailed("time_out", f"no answer within {self._settings.timeout_s:g} s", may_cost=True) from exc
        except openai.APIStatusError as exc:
            raise self._status(exc, "response_format" in body or "logprobs" in body) from exc
        except (openai.APIConnectionError, httpx2.HTTPError, OSError) as exc:
            self._server.lost()
            is_sent = not isinstance(exc.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout)
            raise Passing(CallFailed("unreachable", f"cannot be reached: {exc}", may_cost=is_sent)) from exc
        except (openai.OpenAIError, ValueError, TypeError, AttributeError, LookupError) as exc:
            said_what = f"an answer that is none: {type(exc).__name__}: {exc}"
            raise CallFailed("server_error", said_what, may_cost=True) from exc
        self._has_answered = True
        return said

    def close(self) -> None:
        """Close connections; safe to call twice."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def _status(self, exc: openai.APIStatusError, is_special: bool) -> Exception:
        status, message = exc.status_code, " ".join(f"{exc} {exc.code or ''} {exc.body or ''}".split())[:500]
        if status == 429 and not _NO_CREDIT.search(message):
            return Passing(CallFailed("rate_limit", message), _wait_s(exc.response.headers))
        if status in NO_ENTRY or status == 429:
            what = NO_ENTRY.get(status, NO_ENTRY[402])
            return EndpointRefused(f"{self._settings.base_url or 'embedded model'}: HTTP {status}, {what} ({message})")
        if status in PASSING or status >= 500:
            return Passing(CallFailed("server_error", message, may_cost=True), _wait_s(exc.response.headers))
        if "content_filter" in message or "content_policy" in message:
            return CallFailed("refusal", message)
        if _TOO_LONG.search(message):
            return CallFailed("too_long", message)
        if is_special and _NO_SCHEMA.search(message):
            return NoSchema(message)
        if not self._has_answered:
            return EndpointRefused(f"HTTP {status}: the endpoint takes no request of ours, see [endpoint] ({message})")
        return CallFailed("bad_request", message)

    def _client(self) -> OpenAI:
        address = self._server.address()
        if address not in self._clients:
            timeout = httpx2.Timeout(self._settings.timeout_s, connect=min(CONNECT_S, self._settings.timeout_s))
            self._clients[address] = OpenAI(
                base_url=address.base_url,
                api_key=address.api_key or "none",
                max_retries=0,
                timeout=timeout,
                http_client=httpx2.Client(timeout=timeout, trust_env=not is_loopback(address.base_url)),
            )
        return self._clients[address]


def _read(completion: Any) -> Said:
    choice = completion.choices[0]
    text, refusal = choice.message.content or "", getattr(choice.message, "refusal", None)
    finish = "refusal" if refusal else choice.finish_reason or "stop"
    usage = completion.usage
    tokens = None if usage is None else (usage.prompt_tokens, usage.completion_tokens)
    return Said(text, finish, _confidence(text, choice.logprobs), tokens)


def _confidence(text: str, logprobs: Any) -> float:
    """Geometric mean of the tokens' probabilities from the label on, so that long labels are not thought unsure."""
    pieces = getattr(logprobs, "content", None)
    if not pieces:
        return 1.0
    start, place, own = max(text.rfind('"intent"'), 0), 0, []
    for piece in pieces:
        if place >= start:
            own.append(piece.logprob)
        place += len(piece.token)
    return min(math.exp(sum(own) / len(own)), 1.0) if own else 1.0


def _wait_s(headers: Mapping[str, str]) -> float | None:
    try:
        return max(float(headers.get("retry-after", "")), 0.0)
    except ValueError:
        return None
