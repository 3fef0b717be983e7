"""OpenAI's chat form over the same engine: `/v1/models`, `/v1/chat/completions`. Nothing is stored.

The client keeps the history and sends it along. The system message is the bot's own, so the client's is ignored; an
open question of a flow does not outlive a request, so nothing that has to be confirmed can be done here.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response, StreamingResponse

from backends.contract import Message, Role
from bot.api.access import Address, TheHouse, caller
from bot.api.faults import NotServed, fault
from bot.asking import Asked, Asker, Memory, keep_quiet, why
from bot.errors import Invalid, TooMany
from bot.house import House
from bot.ids import new_id
from bot.redact import redact
from bot.wire import MAX_CHARS

router = APIRouter(prefix="/v1", dependencies=[Depends(caller)], tags=["other clients"])

AUTO = "auto"
ROLES: Mapping[str, Role] = {"user": "customer", "assistant": "bot"}


class Loose(BaseModel):
    """A request of somebody else's client: parameters we do not know are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Part(Loose):
    """A piece of a message; only text is understood."""

    type: str
    text: str = ""


class ChatMessage(Loose):
    """One line of the history."""

    role: str
    content: str | tuple[Part, ...] | None = None

    @property
    def plain(self) -> str:
        """Its text."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content or () if part.type == "text")


class StreamOptions(Loose):
    """What a stream ends with."""

    include_usage: bool = False


class ChatIn(Loose):
    """A request for one reply."""

    model: str = AUTO
    messages: Annotated[tuple[ChatMessage, ...], Field(min_length=1, max_length=400)]
    stream: bool = False
    stream_options: StreamOptions | None = None


class ModelOut(Loose):
    """Something that answers."""

    id: str
    object: str
    created: int
    owned_by: str


class ModelList(Loose):
    """All of them."""

    object: str
    data: tuple[ModelOut, ...]


class Completion(Loose):
    """One reply; `switchboard` says where it comes from."""

    id: str
    object: str
    created: int
    model: str
    choices: tuple[dict[str, Any], ...]
    usage: dict[str, Any]
    switchboard: dict[str, Any]


@dataclass(slots=True)
class _Run:
    """One request on its way through the engine."""

    asker: Asker
    text: str
    memory: Memory
    backend: str | None
    model: str
    fallback: str
    id: str = field(default_factory=lambda: new_id("chatcmpl"))
    created: int = field(default_factory=lambda: int(time.time()))
    pieces: "asyncio.Queue[str | None]" = field(default_factory=asyncio.Queue)
    spoken_by: str | None = None

    async def whole(self) -> Asked:
        """Ask without streaming."""
        return await self.asker.ask(self.text, self.memory, backend=self.backend, emit=keep_quiet, started=keep_quiet)

    async def streaming(self) -> Asked:
        """Ask and put each piece of text into `pieces`, then None."""

        async def started(backend: str) -> None:
            self.spoken_by = backend

        try:
            return await self.asker.ask(
                self.text, self.memory, backend=self.backend, emit=self.pieces.put, started=started
            )
        finally:
            self.pieces.put_nowait(None)

    def headers(self, asked: Asked | None = None) -> dict[str, str]:
        """Which backend answers, and why that one."""
        chain = self.asker.chain(self.backend)
        if asked is not None:
            backend, reason = asked.answer.backend or "none", why(asked, chain, is_named=self.backend is not None)
        else:
            backend = self.spoken_by or "none"
            reason = "requested" if self.backend else "first_choice" if chain[0] == backend else "fell_through"
        return {"x-backend": backend, "x-route-reason": reason, "x-request-id": self.id}


@router.get("/models", response_model=ModelList)
async def models(house: TheHouse) -> dict[str, Any]:
    """List `auto` and the loaded backends."""
    rows = [
        {"id": name, "object": "model", "created": 0, "owned_by": "switchboard"}
        for name in (AUTO, *house.engine.backends)
    ]
    return {"object": "list", "data": rows}


@router.post(
    "/chat/completions",
    response_model=None,
    responses={200: {"model": Completion, "content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def complete(body: ChatIn, house: TheHouse, address: Address) -> Response:
    """Answer the last message, whole or as a stream of server-sent events."""
    if not house.limits.allow_http(address):
        raise TooMany("too many requests")
    run = _run(house, body)
    if body.stream:
        return await _stream(run, has_usage=bool(body.stream_options and body.stream_options.include_usage))
    asked = await run.whole()
    return JSONResponse(_completion(run, asked), headers=run.headers(asked))


def _run(house: House, body: ChatIn) -> _Run:
    if body.model != AUTO and body.model not in house.engine.backends:
        known = ", ".join((AUTO, *house.engine.backends))
        raise NotServed(f"The model {body.model!r} does not exist; known: {known}.")
    *earlier, last = body.messages
    text = last.plain
    if last.role != "user" or not text.strip():
        raise Invalid("The last message must be one of the user, with text.")
    if len(text) > MAX_CHARS:
        raise Invalid(f"A message may have at most {MAX_CHARS} characters, got {len(text)}.")
    language = house.settings.bot.languages[0]
    memory = Memory(history=_history(earlier, house.settings.engine.history), language=language)
    asker = Asker(house.engine, lambda: house.content.content, lambda: house.board.current)
    backend = None if body.model == AUTO else body.model
    return _Run(asker, text, memory, backend, body.model, house.phrases("fallback", language).text)


def _history(messages: list[ChatMessage], most: int) -> tuple[Message, ...]:
    """The last messages, masked; no more than a stored conversation would give, as masking takes its time."""
    said = [(message.role, text) for message in messages if message.role in ROLES and (text := message.plain.strip())]
    return tuple(Message(ROLES[role], redact(text[:MAX_CHARS])) for role, text in said[max(0, len(said) - most) :])


def _text(run: _Run, asked: Asked) -> str:
    return asked.reply.text if asked.reply else run.fallback


def _completion(run: _Run, asked: Asked) -> dict[str, Any]:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": _text(run, asked), "refusal": None},
        "logprobs": None,
        "finish_reason": "stop",
    }
    return {
        "id": run.id,
        "object": "chat.completion",
        "created": run.created,
        "model": run.model,
        "choices": [choice],
        "usage": _usage(asked),
        "switchboard": _evidence(asked),
    }


def _usage(asked: Asked) -> dict[str, Any]:
    usage = asked.reply.usage if asked.reply else None
    prompt, completion = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "cost_usd": usage.cost_usd if usage else 0.0,
    }


def _evidence(asked: Asked) -> dict[str, Any]:
    reply = asked.reply
    return {
        "backend": asked.answer.backend,
        "intent": reply and reply.intent,
        "confidence": reply and reply.confidence,
        "citations": [asdict(citation) for citation in reply.citations] if reply else [],
        "quick_replies": [asdict(button) for button in reply.quick_replies] if reply else [],
        "attempts": [
            {"backend": attempt.backend, "outcome": attempt.outcome, "ms": round(attempt.ms, 3)}
            for attempt in asked.answer.attempts
        ],
    }


async def _stream(run: _Run, *, has_usage: bool) -> Response:
    """Wait for the first piece, which tells who answers, and stream from there."""
    task = asyncio.create_task(run.streaming())
    try:
        first = await run.pieces.get()
        headers = run.headers(await task if first is None else None)
    except BaseException:
        task.cancel()
        raise
    events = _events(run, task, first, has_usage=has_usage)
    return StreamingResponse(events, media_type="text/event-stream", headers={**headers, "Cache-Control": "no-store"})


async def _events(run: _Run, task: "asyncio.Task[Asked]", first: str | None, *, has_usage: bool) -> AsyncIterator[str]:
    try:
        yield _chunk(run, {"role": "assistant", "content": ""})
        shown, piece = "", first
        while piece is not None:
            shown += piece
            yield _chunk(run, {"content": piece})
            piece = await run.pieces.get()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(outcome, BaseException) or (shown and outcome.reply is None):
            yield _event(json.loads(bytes(fault("internal", path="/v1/").body)))
        else:
            if rest := _text(run, outcome).removeprefix(shown) if _text(run, outcome).startswith(shown) else "":
                yield _chunk(run, {"content": rest})
            yield _chunk(run, {}, finish_reason="stop", switchboard=_evidence(outcome))
            if has_usage:
                yield _event({**_frame(run), "choices": [], "usage": _usage(outcome)})
        yield "data: [DONE]\n\n"
    finally:
        task.cancel()


def _chunk(run: _Run, delta: dict[str, Any], *, finish_reason: str | None = None, **more: Any) -> str:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return _event({**_frame(run), "choices": [choice], **more})


def _frame(run: _Run) -> dict[str, Any]:
    return {"id": run.id, "object": "chat.completion.chunk", "created": run.created, "model": run.model}


def _event(document: dict[str, Any]) -> str:
    return f"data: {json.dumps(document, ensure_ascii=False)}\n\n"
