"""A chat endpoint on loopback whose behaviour a test writes: a function from a request to what comes back."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from threading import Lock
from types import MappingProxyType
from typing import Any, NamedTuple

from tests.loopback import listening

Body = dict[str, Any]


class Failure(NamedTuple):
    """An HTTP error."""

    status: int
    message: str = "no"
    headers: Mapping[str, str] = MappingProxyType({})
    code: str | None = None


class Hangup(NamedTuple):
    """The connection ends without an answer."""


class StubChat:
    """Counts requests and answers them as the test says."""

    def __init__(self, behave: Callable[[Body, int], "str | Body | Failure | Hangup"]) -> None:
        self.url = ""
        self.bodies: list[Body] = []
        self.behave = behave
        self._guard = Lock()

    def next(self, body: Body) -> "str | Body | Failure | Hangup":
        """What comes back; the second argument of the behaviour is the number of the request, from 0."""
        with self._guard:
            self.bodies.append(body)
            number = len(self.bodies) - 1
        return self.behave(body, number)


def said(text: str, **choice: Any) -> Body:
    """A whole answer of 100 + 10 tokens."""
    message = {"role": "assistant", "content": text, "refusal": choice.pop("refusal", None)}
    return {
        "id": "stub",
        "object": "chat.completion",
        "created": 0,
        "model": "stub",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message} | choice],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }


def asked(body: Body) -> str:
    """The text that is to be sorted."""
    return str([message["content"] for message in body["messages"] if message["role"] == "user"][-1])


def _handler(stub: StubChat) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Answer a chat request."""
            found = stub.next(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            match found:
                case Hangup():
                    self.close_connection = True
                    return
                case Failure(status, message, headers, code):
                    self._send(status, {"error": {"message": message, "code": code}}, headers)
                case str():
                    self._send(200, said(found), {})
                case _:
                    self._send(200, found, {})

        def _send(self, status: int, document: Body, headers: Mapping[str, str]) -> None:
            content = json.dumps(document).encode()
            with suppress(OSError):  # the other side may have waited long enough
                self.send_response(status)
                for name, value in {"content-type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    return Handler


@contextmanager
def stub_chat(behave: Callable[[Body, int], "str | Body | Failure | Hangup"]) -> Iterator[StubChat]:
    """Serve one until the block ends."""
    stub = StubChat(behave)
    with listening(_handler(stub)) as url:
        stub.url = f"{url}/v1"
        yield stub
