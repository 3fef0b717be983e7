"""An OpenAI-compatible chat endpoint for tests: copies sentences out of the passages it is shown, when it is let.

It speaks HTTP on loopback from threads of its own, so that the server under test meets a real endpoint.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from threading import Condition, Event

from tests.loopback import listening

HOLD_S = 30.0
"""Longest hold, so that a test that forgets to let go ends."""
_MARK = re.compile(r"^\[\d+\] ", re.MULTILINE)
_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])")


class StubLlm:
    """Words stream out one at a time; `holding` stops every answer behind its first so many sentences."""

    def __init__(self) -> None:
        self.url = ""
        self.requests = 0
        self.at_once = 0
        """Most requests that were open at the same time."""
        self._open = 0
        self._hold_after: int | None = None
        self._go = Event()
        self._change = Condition()

    @contextmanager
    def holding(self, after: int) -> Iterator[None]:
        """Hold every answer after so many sentences; when the block ends, they go on."""
        self._go.clear()
        self._hold_after = after
        try:
            yield
        finally:
            self._hold_after = None
            self._go.set()

    def words(self, prompt: str) -> Iterator[str]:
        """The sentence of the passages that is most like the question, and the one after it, held where told.

        The hold comes behind the first word of the next sentence, which is when the one before is known to be over.
        """
        for number, sentence in enumerate(_answer(prompt)):
            for place, word in enumerate(sentence.split()):
                if number == self._hold_after and place == (1 if number else 0):
                    self._go.wait(HOLD_S)
                yield f"{word} "

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count a request while it is open."""
        with self._change:
            self.requests += 1
            self._open += 1
            self.at_once = max(self.at_once, self._open)
        try:
            yield
        finally:
            with self._change:
                self._open -= 1


def _answer(prompt: str) -> list[str]:
    """Two sentences in a row, the first of which shares most words with the question."""
    passages, _, question = prompt.partition("Question: ")
    asked = set(_WORD.findall(question.partition("\n")[0].lower()))
    sentences = [s for passage in _MARK.split(passages) for s in _SENTENCE.split(" ".join(passage.split())) if s]

    def likeness(place: int) -> float:
        words = _WORD.findall(sentences[place].lower())
        return len(asked.intersection(words)) / (len(words) + 10)

    best = max(range(len(sentences)), key=likeness)
    return sentences[best : best + 2]


def _handler(stub: StubLlm) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Answer a chat request with server-sent events."""
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            with stub.counted(), suppress(OSError):  # the server hangs up when it has enough
                for word in stub.words(body["messages"][-1]["content"]):
                    self._event({"choices": [{"index": 0, "delta": {"content": word}}]})
                self._event({"choices": [], "usage": {"prompt_tokens": 300, "completion_tokens": 40}})
                self.wfile.write(b"data: [DONE]\n\n")

        def _event(self, part: dict[str, object]) -> None:
            chunk = {"id": "stub", "object": "chat.completion.chunk", "created": 0, "model": "stub", **part}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    return Handler


@contextmanager
def stub_llm() -> Iterator[StubLlm]:
    """Serve one until the block ends."""
    stub = StubLlm()
    with listening(_handler(stub)) as url:
        stub.url = f"{url}/v1"
        try:
            yield stub
        finally:
            stub._go.set()
