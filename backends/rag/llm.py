"""Speaks with an OpenAI-compatible chat endpoint: deadline, slots, retries, circuit breaker, cost.

The only file that knows the `openai` library; whatever it raises leaves as `LlmError`. It does not know articles.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

import httpx2
import openai
from openai import AsyncOpenAI

from backends.contract import BackendError, Usage
from backends.rag.breaker import Breaker, State
from backends.rag.prompt import Prompt, estimate_tokens
from backends.rag.settings import RagSettings

logger = logging.getLogger(__name__)

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""Hosts that no proxy of the environment stands before."""
RETRYABLE_STATUS = frozenset({408, 409, 425, 429})
"""Beside all from 500 on."""
FOREIGN = (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, OSError, ValueError)


class LlmError(BackendError):
    """The language model did not answer; `code` says why in a word."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        """`busy`, `timeout`, `down`, `refused`, `open` or `broken`."""


class Address(NamedTuple):
    """Where an endpoint is."""

    base_url: str
    api_key: str


def is_loopback(base_url: str) -> bool:
    """Whether an endpoint is on this machine."""
    return urlsplit(base_url).hostname in LOOPBACK


class Endpoint(Protocol):
    """Knows where the language model is, and brings it back where that is in our hands."""

    async def address(self) -> Address:
        """Give the address.

        Raises:
            BackendError: there is no endpoint now.
        """
        ...

    def lost(self) -> None:
        """It could not be reached: look again next time."""
        ...

    async def aclose(self) -> None:
        """Release what was started."""
        ...


class FixedEndpoint:
    """An endpoint somebody else runs."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._address = Address(base_url.rstrip("/"), api_key)

    async def address(self) -> Address:
        """Give the address."""
        return self._address

    def lost(self) -> None:
        """Nothing of ours could bring it back."""

    async def aclose(self) -> None:
        """Nothing was started."""


@dataclass(slots=True)
class Generation:
    """What is known of a generation so far; filled while it runs."""

    prompt: Prompt
    text: str = ""
    first_token_s: float | None = None
    reported: tuple[int, int] | None = None
    """(prompt, completion) tokens as the endpoint counted them."""

    def tokens(self) -> tuple[int, int]:
        """(prompt, completion) tokens; estimated where the endpoint did not say."""
        if self.reported is not None:
            return self.reported
        prompt = estimate_tokens(self.prompt.system + self.prompt.user)
        return prompt, estimate_tokens(self.text) if self.text else 0


class Llm:
    """A chat endpoint with everything that may go wrong with one."""

    def __init__(
        self,
        settings: RagSettings,
        endpoint: Endpoint,
        *,
        breaker: Breaker | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._endpoint = endpoint
        self._breaker = breaker or Breaker(settings.breaker_failures, settings.breaker_open_s)
        self._sleep = sleep
        self._transport = transport
        self._slots = asyncio.Semaphore(settings.slots)
        self._clients: dict[Address, AsyncOpenAI] = {}
        self.last_error = ""
        """What went wrong last, for operators; empty after a success."""

    @property
    def state(self) -> State:
        """State of the circuit breaker."""
        return self._breaker.state

    async def stream(self, generation: Generation, *, deadline_at: float) -> AsyncGenerator[str]:
        """Yield the pieces of an answer as they come.

        Args:
            generation: the prompt; text, timing and token counts are filled in.
            deadline_at: event-loop time by which the last piece must be here; waiting for a slot counts.

        Raises:
            LlmError: no slot, no endpoint, too late, refused, or broken off.
        """
        start = asyncio.get_running_loop().time()
        async with _Slot(self._slots, deadline_at):
            if not self._breaker.allow():
                raise LlmError("open", f"language model left alone after failures: {self.last_error}")
            is_judged = False
            try:
                async with aclosing(self._open(generation, deadline_at)) as pieces:
                    async for piece in pieces:
                        if generation.first_token_s is None:
                            generation.first_token_s = asyncio.get_running_loop().time() - start
                        generation.text += piece
                        yield piece
                self._succeed()
                is_judged = True
            except LlmError as exc:
                self._breaker.failed()
                self.last_error, is_judged = str(exc), True
                raise
            finally:
                # A reader who has heard enough leaves early: what came is proof that the endpoint works.
                if not is_judged and generation.text:
                    self._succeed()
                elif not is_judged:
                    self._breaker.released()

    def cost_of(self, generation: Generation) -> Usage:
        """Price a generation by the settings."""
        prompt, completion = generation.tokens()
        price = prompt * self._settings.usd_per_million_prompt + completion * self._settings.usd_per_million_completion
        return Usage(prompt, completion, price / 1e6)

    async def aclose(self) -> None:
        """Close connections and whatever the endpoint started."""
        for client in self._clients.values():
            await client.close()
        self._clients.clear()
        await self._endpoint.aclose()

    def _succeed(self) -> None:
        self._breaker.succeeded()
        self.last_error = ""

    async def _open(self, generation: Generation, deadline_at: float) -> AsyncGenerator[str]:
        """Try until a first piece is here, then never again."""
        for attempt in range(self._settings.retries + 1):
            try:
                async with aclosing(self._attempt(generation, deadline_at)) as pieces:
                    async for piece in pieces:
                        yield piece
                return
            except _Foreign as exc:
                is_last = attempt == self._settings.retries or not exc.is_retryable or generation.text
                wait_s = random.uniform(0, self._settings.retry_base_s * 2**attempt)
                if is_last or asyncio.get_running_loop().time() + wait_s >= deadline_at:
                    raise exc.error from exc.__cause__
                logger.info("llm retry", extra={"event": "llm_retry", "attempt": attempt + 1})
                await self._sleep(wait_s)

    async def _attempt(self, generation: Generation, deadline_at: float) -> AsyncGenerator[str]:
        try:
            async with asyncio.timeout_at(deadline_at):
                address = await self._endpoint.address()
                stream = await self._client(address).chat.completions.create(**self._request(generation.prompt))
            async with stream:
                chunks = aiter(stream)
                while True:
                    async with asyncio.timeout_at(deadline_at):
                        chunk = await anext(chunks, None)
                    if chunk is None:
                        return
                    if chunk.usage is not None:
                        generation.reported = (chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
                    if chunk.choices and chunk.choices[0].delta.content:
                        yield chunk.choices[0].delta.content
        except TimeoutError as exc:
            raise _Foreign(LlmError("timeout", "language model: the deadline has passed"), False) from exc
        except FOREIGN as exc:
            raise self._mapped(exc) from exc
        except BackendError as exc:
            raise _Foreign(LlmError("down", str(exc)), False) from exc

    def _mapped(self, exc: Exception) -> "_Foreign":
        match exc:
            case openai.APITimeoutError():
                return _Foreign(LlmError("timeout", "language model: no answer in time"), True)
            case openai.APIStatusError(status_code=status):
                is_retryable = status in RETRYABLE_STATUS or status >= 500
                return _Foreign(LlmError("refused", f"language model: HTTP {status}"), is_retryable)
            case openai.APIConnectionError() | httpx2.HTTPError() | OSError():
                self._endpoint.lost()
                return _Foreign(
                    LlmError("down", f"language model: cannot be reached ({exc or type(exc).__name__})"), True
                )
            case _:
                return _Foreign(LlmError("broken", f"language model: {type(exc).__name__}: {exc}"), False)

    def _client(self, address: Address) -> AsyncOpenAI:
        if address not in self._clients:
            timeout = httpx2.Timeout(self._settings.deadline_s, connect=self._settings.connect_s)
            is_far = self._transport is None and not is_loopback(address.base_url)
            http = httpx2.AsyncClient(timeout=timeout, transport=self._transport, trust_env=is_far)
            self._clients[address] = AsyncOpenAI(
                base_url=address.base_url,
                api_key=address.api_key or "none",
                max_retries=0,
                timeout=timeout,
                http_client=http,
            )
        return self._clients[address]

    def _request(self, prompt: Prompt) -> dict[str, Any]:
        is_openai = (self._settings.base_url or "").startswith("https://api.openai.com")
        limit = "max_completion_tokens" if is_openai else "max_tokens"
        return {
            "model": self._settings.model,
            "messages": [{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}],
            "temperature": self._settings.temperature,
            limit: self._settings.max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
        }


class _Foreign(Exception):
    """A mapped error, and whether another try could help."""

    def __init__(self, error: LlmError, is_retryable: bool) -> None:
        super().__init__(str(error))
        self.error = error
        self.is_retryable = is_retryable


class _Slot:
    """Holds a place at the endpoint; waits for one until the deadline at most."""

    def __init__(self, slots: asyncio.Semaphore, deadline_at: float) -> None:
        self._slots = slots
        self._deadline_at = deadline_at

    async def __aenter__(self) -> None:
        try:
            async with asyncio.timeout_at(self._deadline_at):
                await self._slots.acquire()
        except TimeoutError as exc:
            raise LlmError("busy", "language model: no free slot before the deadline") from exc

    async def __aexit__(self, *_: object) -> None:
        self._slots.release()
