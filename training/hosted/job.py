"""A fine-tuning job at an OpenAI-compatible endpoint. The only file here that knows the `openai` library.

Every step is written down before the next one is taken, and a job is looked for before one is created: a run that was
killed goes on where it was, and nothing is paid for twice.
"""

import json
import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import httpx2
import openai
from openai import OpenAI

from backends.rag.llm import is_loopback
from backends.rag.prompt import estimate_tokens
from backends.rag.tuned import record_path
from backends.sealed import replace_text
from training.lora.lesson import Lesson

logger = logging.getLogger(__name__)

LEAST_LESSONS = 10
"""What endpoints ask for at least."""
ENDED = frozenset({"succeeded", "failed", "cancelled", "canceled"})
POLL_S = 15.0
CREATE_TRIES = 5
FAILED_POLLS = 20
"""Polls in a row that may fail before the run gives up; the job itself goes on at the endpoint."""
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}")
"""Of a job, which is a file name too."""


class JobError(RuntimeError):
    """The endpoint did not do what it was asked; the message says what to do."""


class NoJob(Exception):
    """The endpoint answered something that is no job; another try may help."""


FOREIGN = (openai.OpenAIError, httpx2.HTTPError, OSError, ValueError, NoJob)
"""What a call may raise; a ValueError where the answer is not JSON."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a job will probably cost."""

    lessons: int
    tokens: int
    """Of all passes; estimated from the length of the texts."""
    usd: float | None
    """None when no price was given."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a job; a file in the home folder."""

    name: str
    base_url: str
    model: str
    epochs: int
    training_sha256: str
    status: str = "new"
    """`new`, `uploaded`, then as the endpoint calls it."""
    file_id: str | None = None
    job_id: str | None = None
    fine_tuned_model: str | None = None
    trained_tokens: int | None = None
    error: str | None = None
    turns: Sequence[str] = ()
    """Ids of the logged turns among what was sent, so that an erasure can tell that the model had learned from them."""

    def is_same_work(self, other: Self) -> bool:
        """Whether another record means the same model and passes; the data go on changing while a job is under way."""
        return all(getattr(self, key) == getattr(other, key) for key in ("base_url", "model", "epochs"))

    def write(self, home: Path) -> None:
        """Put it on disk at once.

        Raises:
            OSError: it cannot be written.
        """
        path = record_path(home, self.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, json.dumps(asdict(self), indent=2) + "\n")


def read_record(home: Path, name: str) -> Record | None:
    """Read what is known of a job; None when there is none.

    Raises:
        JobError: it cannot be read: taking that for no job would pay for a second one.
    """
    path, known = record_path(home, name), {one.name for one in fields(Record)}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Record(**{key: value for key, value in document.items() if key in known})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, AttributeError) as exc:
        raise JobError(f"{path}: not the record of a job ({exc}); mend it, or remove it to begin anew") from exc


def training_file(lessons: Sequence[Lesson]) -> bytes:
    """Write lessons as endpoints take them: one JSON object a line, with `messages`.

    Raises:
        JobError: there are too few.
    """
    if len(lessons) < LEAST_LESSONS:
        raise JobError(f"expected at least {LEAST_LESSONS} answers to learn from, got {len(lessons)}; add utterances")
    lines = (json.dumps({"messages": lesson.messages()}, ensure_ascii=False) for lesson in lessons)
    return ("\n".join(lines) + "\n").encode()


def new_record(
    name: str, base_url: str, model: str, epochs: int, content: bytes, lessons: Sequence[Lesson] = ()
) -> Record:
    """Describe a job that has not begun; `content` is the file of the lessons."""
    turns = sorted({lesson.turn_id for lesson in lessons if lesson.turn_id})
    return Record(name, base_url.rstrip("/"), model, epochs, sha256(content).hexdigest(), turns=turns)


def estimate(lessons: Sequence[Lesson], epochs: int, usd_per_million: float | None) -> Estimate:
    """Say what a job will probably cost.

    Args:
        lessons: what is learned.
        epochs: passes over them.
        usd_per_million: price of a million trained tokens, USD; None: not known.
    """
    tokens = epochs * sum(
        estimate_tokens(message["content"]) + 4 for lesson in lessons for message in lesson.messages()
    )
    return Estimate(len(lessons), tokens, None if usd_per_million is None else tokens * usd_per_million / 1e6)


class Tuner:
    """Takes a job from where it is to its end."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        home: Path,
        *,
        sleep: Callable[[float], None] = time.sleep,
        poll_s: float = POLL_S,
    ) -> None:
        """Speak with an endpoint; `home` keeps the records."""
        http = httpx2.Client(timeout=60.0, trust_env=not is_loopback(base_url))
        self._client = OpenAI(base_url=base_url, api_key=api_key or "none", max_retries=4, http_client=http)
        self._home, self._sleep, self._poll_s = home, sleep, poll_s

    def run(self, record: Record, content: bytes, tell: Callable[[Record], None]) -> Record:
        """Upload, create, and wait for the end; what was done before is not done again.

        Args:
            record: new, or read from an earlier run.
            content: the training file.
            tell: told every change.

        Raises:
            JobError: the endpoint refuses, cannot be reached, or the job failed.
            OSError: the record cannot be written.
        """
        if record.file_id is None:
            record = self._note(replace(record, file_id=self._upload(record, content), status="uploaded"), tell)
        if record.job_id is None:
            record = self._note(self._with_job(record, self._found_or_created(record)), tell)
        record = self._wait(record, tell)
        if record.status != "succeeded" or not record.fine_tuned_model:
            raise JobError(f"the job {record.job_id} {record.status}: {record.error or 'no reason was given'}")
        return record

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _note(self, record: Record, tell: Callable[[Record], None]) -> Record:
        record.write(self._home)
        tell(record)
        return record

    def _upload(self, record: Record, content: bytes) -> str:
        name = f"{record.name}-{record.training_sha256[:12]}.jsonl"
        try:
            file = self._client.files.create(file=(name, content), purpose="fine-tune")
            if not isinstance(getattr(file, "id", None), str):
                raise NoJob("its answer to the upload names no file")
        except FOREIGN as exc:
            raise _mapped(exc) from exc
        return file.id

    def _found_or_created(self, record: Record) -> Any:
        """Look before every try: a job whose answer was lost on the way may be there, and would be paid twice."""
        for tries_left in reversed(range(CREATE_TRIES)):
            found = self._find(record)
            if found is not None:
                return found
            try:
                return self._create(record)
            except FOREIGN as exc:
                if not tries_left or not _may_pass(exc):
                    raise _mapped(exc) from exc
                self._sleep(self._poll_s)
        raise AssertionError("the last try returns or raises")

    def _find(self, record: Record) -> Any:
        """A job for the same file, which a run that was killed had created without writing it down."""
        try:
            jobs = _list(self._client.fine_tuning.jobs.list(limit=50))
        except FOREIGN as exc:
            raise _mapped(exc) from exc
        return next((job for job in jobs if getattr(job, "training_file", None) == record.file_id), None)

    def _create(self, record: Record) -> Any:
        """Send once: the client's own tries would not look whether the job is there."""
        job = self._client.with_options(max_retries=0).fine_tuning.jobs.create(
            model=record.model,
            training_file=str(record.file_id),
            suffix=record.name[:18],
            method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": record.epochs}}},
        )
        return _job(job)

    def _wait(self, record: Record, tell: Callable[[Record], None]) -> Record:
        failed = nameless = 0
        while record.status not in ENDED or (record.status == "succeeded" and not record.fine_tuned_model):
            if record.status == "succeeded" and (nameless := nameless + 1) > FAILED_POLLS:
                raise JobError(
                    f"the job {record.job_id} succeeded, but its model has no name yet; the same command goes on"
                )
            self._sleep(self._poll_s)
            try:
                job = _job(self._client.fine_tuning.jobs.retrieve(str(record.job_id)))
            except FOREIGN as exc:
                failed += 1
                if failed == FAILED_POLLS or not _may_pass(exc):
                    raise _mapped(exc) from exc
                logger.info("poll failed", extra={"event": "tune_poll_failed", "error": type(exc).__name__})
                continue
            failed = 0
            seen = self._with_job(record, job)
            record = record if seen == record else self._note(seen, tell)
        return record

    def _with_job(self, record: Record, job: Any) -> Record:
        return replace(
            record,
            job_id=record.job_id or job.id,
            status=job.status,
            fine_tuned_model=getattr(job, "fine_tuned_model", None),
            trained_tokens=getattr(job, "trained_tokens", None),
            error=getattr(getattr(job, "error", None), "message", None),
        )


def _job(answer: Any) -> Any:
    """The same, if it is a job."""
    if not all(isinstance(getattr(answer, name, None), str) for name in ("id", "status")):
        raise NoJob("its answer is no job")
    return answer


def _list(answer: Any) -> list[Any]:
    found = getattr(answer, "data", None)
    if not isinstance(found, list):
        raise NoJob("its answer is no list of jobs")
    return found


def _may_pass(exc: Exception) -> bool:
    """Whether it is worth asking again: the network, a limit, or the endpoint's own trouble."""
    if isinstance(exc, openai.APIStatusError):
        return exc.status_code == 429 or exc.status_code >= 500
    return isinstance(exc, openai.APIConnectionError | httpx2.HTTPError | OSError | ValueError | NoJob)


def _mapped(exc: Exception) -> JobError:
    match exc:
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return JobError("the endpoint refuses the key; set SWITCHBOARD__BACKENDS__RAG__API_KEY")
        case openai.NotFoundError():
            return JobError("the endpoint has no fine-tuning, or knows neither this model nor this job (HTTP 404)")
        case NoJob() | ValueError():
            return JobError(f"the endpoint cannot be understood: {exc}; the same command goes on")
        case openai.APIStatusError(status_code=status):
            return JobError(f"the endpoint refused with HTTP {status}: {exc.message[:200]}")
        case _:
            return JobError(f"the endpoint cannot be reached ({exc or type(exc).__name__}); the same command goes on")
