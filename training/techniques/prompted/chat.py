"""Sends one request to an OpenAI-compatible chat endpoint, and says what went wrong in our words.

The only file here that knows the `openai` library. It knows neither retries nor money.
"""

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

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
    r"context.{0,20}(?:length|size|window)|too (?:long|many tokens)|maximum.{0,20}tokens"
    r"|tokens.{0,40}(?:exceed|must be <)",
    re.IGNORECASE,
)
_REFUSAL = re.compile(r"content_filter|content_policy|flagged|moderation|invalid_prompt|usage polic", re.IGNORECASE)
REFUSED = 3
"""Requests without any answer after which it is not the texts that are refused."""
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
        self.has_answered = False
        """Whether any request of ours was, so that one that is not is refused for what it says."""
        self._refused = 0

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
        self.has_answered = True
        return said

    def close(self) -> None:
        """Close connections; safe to call twice."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def _status(self, exc: openai.APIStatusError, is_special: bool) -> Exception:
        status, message = exc.status_code, self._masked(f"{exc} {exc.code or ''} {exc.body or ''}")
        if status == 429 and not _NO_CREDIT.search(message):
            return Passing(CallFailed("rate_limit", message), _wait_s(exc.response.headers))
        if status in {400, 403} and _REFUSAL.search(message):
            return CallFailed("refusal", message)
        if status in NO_ENTRY or status == 429:
            what, where = NO_ENTRY.get(status, NO_ENTRY[402]), _place(self._settings.base_url)
            return EndpointRefused(f"{where}: HTTP {status}, {what} ({message})")
        if status in PASSING or status >= 500:
            return Passing(CallFailed("server_error", message, may_cost=True), _wait_s(exc.response.headers))
        if _TOO_LONG.search(message):
            return CallFailed("too_long", message)
        if is_special and _NO_SCHEMA.search(message):
            return NoSchema(message)
        self._refused += 1
        if not self.has_answered and self._refused >= REFUSED:
            return EndpointRefused(f"HTTP {status}: the endpoint takes no request of ours, see [endpoint] ({message})")
        return CallFailed("bad_request", message)

    def _masked(self, message: str) -> str:
        """In one line and without the key, which some endpoints repeat: reasons stand in reports."""
        with suppress(CallFailed):
            if key := self._server.address().api_key:
                message = message.replace(key, "[key]")
        return " ".join(message.split())[:500]

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
    text, refusal = _text(choice.message.content), getattr(choice.message, "refusal", None)
    finish = "refusal" if refusal else str(choice.finish_reason or "stop")
    prompt, written = (_count(completion.usage, name) for name in ("prompt_tokens", "completion_tokens"))
    tokens = None if prompt is None or written is None else (prompt, written)
    return Said(text, finish, _confidence(text, choice.logprobs), tokens)


def _count(usage: Any, name: str) -> int | None:
    """A number of tokens; None for what is none."""
    found = getattr(usage, name, None)
    return found if type(found) is int and 0 <= found < 2**40 else None


def _text(content: Any) -> str:
    """Of a message: alone, or in parts; half characters, which no file takes, become question marks."""
    parts = content if isinstance(content, list) else [content]
    texts = [part.get("text") if isinstance(part, Mapping) else part for part in parts]
    return "".join(text for text in texts if isinstance(text, str)).encode("utf-8", "replace").decode()


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
    mean = sum(own) / len(own) if own else 0.0
    return min(math.exp(min(mean, 0.0)), 1.0) if math.isfinite(mean) else 1.0


def _wait_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, as the endpoint says: a number or a date (RFC 9110, section 10.2.3); None where it does not."""
    said = headers.get("retry-after", "")
    try:
        wait_s = float(said)
    except ValueError:
        try:
            wait_s = (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return max(wait_s, 0.0) if math.isfinite(wait_s) else None


def _place(base_url: str | None) -> str:
    """An address without name and password."""
    if base_url is None:
        return "embedded model"
    parts = urlsplit(base_url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
