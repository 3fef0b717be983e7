"""`switchboard tune`: asks before it sends, and the same command goes on."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from backends.contract import Place
from backends.rag.backend import load
from backends.rag.settings import RagSettings
from backends.rag.tuned import record_path
from bot import flocks
from tests.training.hosted.stub_jobs import RESULT, StubJobs, stub_jobs
from training.cli_tune import tune

WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
ARTICLE = "---\ntitle: Express delivery {n}\nurl: /help/{n}\nupdated: 2026-01-01\n---\n\n## Price {n}\n\n"
BODY = "Express delivery to zone {n} costs {price} EUR per order. Zone {n} parcels arrive on the next working day.\n"


@pytest.fixture
def jobs() -> Iterator[StubJobs]:
    """The endpoint."""
    with stub_jobs() as stub:
        yield stub


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: StubJobs) -> Path:
    """A bot folder with enough to learn, and a home."""
    folder = tmp_path / "bot"
    (folder / "articles").mkdir(parents=True)
    settings = f'[backends.rag]\nbase_url = "{jobs.url}"\nmin_confidence = 0.1\n'
    (folder / "bot.toml").write_text(f'[bot]\nname = "Shop"\n{settings}')
    for price, n in enumerate(WORDS, start=11):
        (folder / "articles" / f"{n}.md").write_text(ARTICLE.format(n=n) + BODY.format(n=n, price=price))
    monkeypatch.setenv("SWITCHBOARD_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("SWITCHBOARD__BACKENDS__RAG__API_KEY", "right")
    return folder


def run(bot: Path, *more: str) -> Result:
    return CliRunner().invoke(tune, ["--bot", str(bot), "--poll", "0.01", "--json", *more])


def test_what_would_be_sent_can_be_read_first(bot: Path, tmp_path: Path, jobs: StubJobs) -> None:
    result = run(bot, "--data-only", str(tmp_path / "lessons.jsonl"))
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in (tmp_path / "lessons.jsonl").read_text().splitlines()]
    assert len(lines) == json.loads(result.stdout)["estimate"]["lessons"] >= 10
    assert [message["role"] for message in lines[0]["messages"]] == ["system", "user", "assistant"]
    assert jobs.files == {}


def test_without_a_yes_nothing_is_sent(bot: Path, jobs: StubJobs) -> None:
    result = run(bot, "--model", "small", "--usd-per-million", "3")
    assert result.exit_code == 3
    assert "USD" in result.stderr
    assert "nothing was sent" in result.stderr
    assert jobs.files == {}


def test_a_second_run_gives_the_model_of_the_first_without_asking(bot: Path, tmp_path: Path, jobs: StubJobs) -> None:
    first = run(bot, "--model", "small", "--name", "support", "--yes")
    assert first.exit_code == 0, first.output
    again = run(bot, "--model", "small", "--name", "support")
    assert json.loads(again.stdout)["fine_tuned_model"] == json.loads(first.stdout)["fine_tuned_model"] == RESULT
    assert json.loads(again.stdout)["setting"] == "tuned:support"
    assert len(jobs.jobs) == 1
    other = run(bot, "--model", "large", "--name", "support", "--yes")
    assert other.exit_code == 3
    assert "choose another --name" in other.stderr
    assert len(jobs.jobs) == 1


def test_a_job_under_way_is_gone_on_with_although_the_bot_has_changed(
    bot: Path, tmp_path: Path, jobs: StubJobs
) -> None:
    assert run(bot, "--model", "small", "--name", "support", "--yes").exit_code == 0
    path = record_path(tmp_path / "var", "support")
    begun = {**json.loads(path.read_text()), "status": "running", "fine_tuned_model": None, "training_sha256": "before"}
    path.write_text(json.dumps(begun))
    again = run(bot, "--model", "small", "--name", "support")
    assert json.loads(again.stdout)["fine_tuned_model"] == RESULT, again.stderr
    assert "The data have changed since" in again.stderr
    assert (len(jobs.jobs), len(jobs.files)) == (1, 1)


def test_what_was_uploaded_by_a_killed_run_is_paid_for_only_with_a_yes(
    bot: Path, tmp_path: Path, jobs: StubJobs
) -> None:
    assert run(bot, "--model", "small", "--name", "support", "--yes").exit_code == 0
    path = record_path(tmp_path / "var", "support")
    begun = {**json.loads(path.read_text()), "status": "uploaded", "fine_tuned_model": None, "job_id": None}
    path.write_text(json.dumps(begun))
    jobs.jobs.clear()
    assert run(bot, "--model", "small", "--name", "support").exit_code == 3
    assert jobs.jobs == []
    assert run(bot, "--model", "small", "--name", "support", "--yes").exit_code == 0
    assert (len(jobs.jobs), len(jobs.files)) == (1, 1)


def test_two_runs_do_not_start_two_jobs(bot: Path, tmp_path: Path, jobs: StubJobs) -> None:
    held = flocks.take(record_path(tmp_path / "var", "support").with_suffix(".lock"))
    assert held is not None
    with held:
        result = run(bot, "--model", "small", "--name", "support", "--yes")
    assert (result.exit_code, jobs.files) == (3, {})
    assert "another run is at the job" in result.stderr


def test_a_name_stays_within_its_folder(bot: Path, jobs: StubJobs) -> None:
    assert run(bot, "--model", "small", "--name", "../../escaped", "--yes").exit_code == 2
    assert jobs.files == {}


def test_no_model_and_no_endpoint_is_wrong_usage(bot: Path) -> None:
    assert run(bot).exit_code == 2


async def test_the_backend_says_what_it_waits_for(bot: Path, tmp_path: Path) -> None:
    settings = {"model": "tuned:support", "base_url": "http://127.0.0.1:9/v1"}
    assert RagSettings.model_validate(settings)
    rag = load(settings, Place(bot, tmp_path / "var", serves=False))
    assert "run `switchboard tune --name support`" in rag.status().detail  # type: ignore[attr-defined]
    await rag.aclose()
