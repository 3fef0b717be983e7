"""An endpoint with files and fine-tuning jobs on loopback, which remembers what it was asked and fails where told."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.loopback import listening

RESULT = "ft:small:shop:support:1"


class StubJobs:
    """Jobs go one status further at each look."""

    def __init__(self) -> None:
        self.url = ""
        self.files: dict[str, bytes] = {}
        self.jobs: list[dict[str, Any]] = []
        self.script = ["validating_files", "queued", "running", "succeeded"]
        self.fail_next: list[int] = []
        """HTTP statuses of the next answers."""
        self.odd_next: list[Any] = []
        """What the next looks at a job get instead of it."""
        self.nameless = 0
        """Looks at a job that succeeded and does not name its model yet."""
        self.lose_created = False
        """Create the next job, and answer as if it had not been."""
        self.key = "right"
        self.looks = 0

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """Give status and JSON of an answer."""
        if self.fail_next:
            return self.fail_next.pop(0), {"error": {"message": "no"}}
        match method, path.removeprefix("/v1"):
            case "POST", "/files":
                id_ = f"file-{len(self.files) + 1}"
                self.files[id_] = _uploaded(body)
                return 200, {
                    "id": id_, "object": "file", "bytes": len(body), "created_at": 1, "filename": "x.jsonl",
                    "purpose": "fine-tune", "status": "processed",
                }  # fmt: skip
            case "POST", "/fine_tuning/jobs":
                self.jobs.append({**json.loads(body), "id": f"job-{len(self.jobs) + 1}", "at": 0})
                if self.lose_created:
                    self.lose_created = False
                    return 502, {"error": {"message": "lost"}}
                return 200, self._job(self.jobs[-1])
            case "GET", "/fine_tuning/jobs":
                return 200, {"object": "list", "data": [self._job(job) for job in self.jobs], "has_more": False}
            case "GET", one if one.startswith("/fine_tuning/jobs/"):
                self.looks += 1
                if self.odd_next:
                    return 200, self.odd_next.pop(0)
                found = next((job for job in self.jobs if one.endswith(job["id"])), None)
                if found is None:
                    return 404, {"error": {"message": "no such job"}}
                found["at"] = min(found["at"] + 1, len(self.script) - 1)
                job = self._job(found)
                if job["status"] == "succeeded" and self.nameless:
                    self.nameless -= 1
                    job["fine_tuned_model"] = None
                return 200, job
        return 404, {"error": {"message": path}}

    def _job(self, job: dict[str, Any]) -> dict[str, Any]:
        status = self.script[job["at"]]
        return {
            "id": job["id"], "object": "fine_tuning.job", "created_at": 1, "model": job["model"], "status": status,
            "training_file": job["training_file"], "organization_id": "o", "result_files": [], "seed": 0,
            "hyperparameters": {"n_epochs": 3}, "finished_at": None, "validation_file": None,
            "fine_tuned_model": RESULT if status == "succeeded" else None,
            "trained_tokens": 4321 if status == "succeeded" else None,
            "error": {"code": "bad", "message": "the file is too odd"} if status == "failed" else None,
        }  # fmt: skip


def _uploaded(body: bytes) -> bytes:
    """The file out of a multipart body."""
    found = re.search(rb'filename="[^"]+"\r\n(?:[^\r\n]+\r\n)*\r\n(.*?)\r\n--', body, re.DOTALL)
    assert found is not None
    return found[1]


def _handler(stub: StubJobs) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._serve("POST")

        def do_GET(self) -> None:
            self._serve("GET")

        def _serve(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            is_allowed = self.headers["authorization"] == f"Bearer {stub.key}"
            path = self.path.partition("?")[0]
            status, document = stub.answer(method, path, body) if is_allowed else (401, {"error": {"message": "key"}})
            content = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.send_header("retry-after-ms", "1")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    return Handler


@contextmanager
def stub_jobs() -> Iterator[StubJobs]:
    """Serve one until the block ends."""
    stub = StubJobs()
    with listening(_handler(stub)) as url:
        stub.url = f"{url}/v1"
        yield stub
