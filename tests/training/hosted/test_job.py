"""A hosted fine-tuning job: paid once, gone on with after a kill, and told in words when it goes wrong."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backends.contract import BackendError
from backends.rag.tuned import record_path, resolve
from tests.training.hosted.stub_jobs import RESULT, StubJobs, stub_jobs
from training.hosted.job import JobError, Record, Tuner, estimate, new_record, read_record, training_file
from training.lora.lesson import Lesson

LESSONS = [
    Lesson("Copy.", f"[1] It costs {n} EUR.\nQuestion: How much?", f"It costs {n} EUR.", "a", "utterance")
    for n in range(12)
]
CONTENT = training_file(LESSONS)


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def jobs() -> Iterator[StubJobs]:
    """The endpoint."""
    with stub_jobs() as stub:
        yield stub


@pytest.fixture
def tuner(jobs: StubJobs, tmp_path: Path) -> Iterator[Callable[..., Tuner]]:
    """Makes clients that wait for nothing."""
    opened: list[Tuner] = []

    def make(key: str = "right") -> Tuner:
        opened.append(Tuner(jobs.url, key, tmp_path, sleep=lambda _: None))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def fresh(jobs: StubJobs) -> Record:
    """A job that has not begun."""
    return new_record("support", jobs.url, "small", 3, CONTENT)


def quiet(_: Record) -> None:
    """Tell nobody."""


def test_a_job_ends_with_a_model_that_an_arm_can_use(
    jobs: StubJobs, tuner: Callable[..., Tuner], fresh: Record, tmp_path: Path
) -> None:
    told: list[str] = []
    done = tuner().run(fresh, CONTENT, lambda record: told.append(record.status))
    assert told == ["uploaded", "validating_files", "queued", "running", "succeeded"]
    assert (done.fine_tuned_model, done.trained_tokens) == (RESULT, 4321)
    assert jobs.files == {"file-1": CONTENT.rstrip(b"\r")}
    assert jobs.jobs[0]["method"]["supervised"]["hyperparameters"] == {"n_epochs": 3}
    assert resolve(tmp_path, "tuned:support") == RESULT


@pytest.mark.parametrize("at", ["uploaded", "validating_files", "running"])
def test_a_killed_run_goes_on_and_pays_nothing_twice(
    jobs: StubJobs, tuner: Callable[..., Tuner], fresh: Record, tmp_path: Path, at: str
) -> None:
    def kill(record: Record) -> None:
        if record.status == at:
            raise Killed

    with pytest.raises(Killed):
        tuner().run(fresh, CONTENT, kill)
    kept = read_record(tmp_path, "support")
    assert kept is not None
    assert tuner().run(kept, CONTENT, quiet).fine_tuned_model == RESULT
    assert (len(jobs.files), len(jobs.jobs)) == (1, 1)


def test_a_job_that_was_created_but_not_written_down_is_found(
    jobs: StubJobs, tuner: Callable[..., Tuner], fresh: Record, tmp_path: Path
) -> None:
    tuner().run(fresh, CONTENT, quiet)
    kept = read_record(tmp_path, "support")
    assert kept is not None
    lost = Record(**{**json.loads(record_path(tmp_path, "support").read_text()), "job_id": None, "status": "uploaded"})
    assert tuner().run(lost, CONTENT, quiet).job_id == kept.job_id
    assert len(jobs.jobs) == 1


def test_a_job_whose_answer_was_lost_is_not_created_again(
    jobs: StubJobs, tuner: Callable[..., Tuner], fresh: Record
) -> None:
    jobs.lose_created = True
    assert tuner().run(fresh, CONTENT, quiet).fine_tuned_model == RESULT
    assert len(jobs.jobs) == 1


def test_a_finished_job_is_not_asked_for_again(jobs: StubJobs, tuner: Callable[..., Tuner], fresh: Record) -> None:
    done = tuner().run(fresh, CONTENT, quiet)
    looks = jobs.looks
    assert tuner().run(done, CONTENT, quiet) == done
    assert jobs.looks == looks


def test_limits_and_trouble_of_the_endpoint_are_waited_out(
    jobs: StubJobs, tuner: Callable[..., Tuner], fresh: Record
) -> None:
    def trouble(record: Record) -> None:
        if record.status == "queued":
            jobs.fail_next = [429] * 5 + [503] * 6

    assert tuner().run(fresh, CONTENT, trouble).fine_tuned_model == RESULT


@pytest.mark.parametrize(
    "answer", [b"<html>gateway</html>", {}, [], "text", {"error": {"message": "odd"}}, {"id": None, "status": 3}]
)
def test_an_answer_that_is_no_job_is_asked_for_again_and_loses_nothing(
    jobs: StubJobs, tuner: Callable[..., Tuner], fresh: Record, tmp_path: Path, answer: object
) -> None:
    def trouble(record: Record) -> None:
        if record.status == "queued":
            jobs.odd_next = [answer] * 3

    done = tuner().run(fresh, CONTENT, trouble)
    assert (done.fine_tuned_model, done.job_id) == (RESULT, "job-1")
    assert read_record(tmp_path, "support") == done
    assert (len(jobs.jobs), len(jobs.files)) == (1, 1)


def test_a_model_whose_name_comes_late_is_waited_for(
    jobs: StubJobs, tuner: Callable[..., Tuner], fresh: Record
) -> None:
    jobs.nameless = 3
    assert tuner().run(fresh, CONTENT, quiet).fine_tuned_model == RESULT


def test_a_record_that_cannot_be_read_is_not_taken_for_no_job(tmp_path: Path, fresh: Record) -> None:
    assert read_record(tmp_path, "support") is None
    fresh.write(tmp_path)
    path = record_path(tmp_path, "support")
    path.write_text(json.dumps({**json.loads(path.read_text()), "of_a_later_version": 1}))
    assert read_record(tmp_path, "support") == fresh
    path.write_text("{")
    with pytest.raises(JobError, match=r"support\.json: not the record of a job"):
        read_record(tmp_path, "support")


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "no fine-tuning"), (400, "HTTP 400"), (403, "refuses the key")],
)
def test_a_refusal_is_told_in_words(
    jobs: StubJobs, tuner: Callable[..., Tuner], fresh: Record, status: int, words: str
) -> None:
    jobs.fail_next = [status]
    with pytest.raises(JobError, match=words):
        tuner().run(fresh, CONTENT, quiet)


def test_a_wrong_key_names_the_variable(tuner: Callable[..., Tuner], fresh: Record) -> None:
    with pytest.raises(JobError, match="SWITCHBOARD__BACKENDS__RAG__API_KEY"):
        tuner("wrong").run(fresh, CONTENT, quiet)


def test_a_failed_job_says_why_and_makes_no_model(
    jobs: StubJobs, tuner: Callable[..., Tuner], fresh: Record, tmp_path: Path
) -> None:
    jobs.script = ["queued", "failed"]
    with pytest.raises(JobError, match="job-1 failed: the file is too odd"):
        tuner().run(fresh, CONTENT, quiet)
    with pytest.raises(BackendError, match="is failed"):
        resolve(tmp_path, "tuned:support")


def test_an_estimate_counts_every_pass() -> None:
    one, three = estimate(LESSONS, 1, 3.0), estimate(LESSONS, 3, 3.0)
    assert three.tokens == 3 * one.tokens
    assert one.usd == pytest.approx(one.tokens * 3e-6)
    assert estimate(LESSONS, 1, None).usd is None


def test_too_few_answers_are_refused_before_anything_is_sent() -> None:
    with pytest.raises(JobError, match="at least 10 answers to learn from, got 3"):
        training_file(LESSONS[:3])


def test_a_model_without_prefix_is_the_endpoints_own_name(tmp_path: Path) -> None:
    assert resolve(tmp_path, "gpt-4o-mini") == "gpt-4o-mini"
    with pytest.raises(BackendError, match="switchboard tune --name nobody"):
        resolve(tmp_path, "tuned:nobody")
