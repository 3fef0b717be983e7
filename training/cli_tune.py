"""`switchboard tune`: a fine-tuning job at an OpenAI-compatible endpoint, on what the bot should have answered."""

import sys
from contextlib import closing
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from typing import Annotated

import typer

from backends.contract import BackendError
from backends.rag.settings import RagSettings
from backends.rag.tuned import PREFIX, record_path
from bot import flocks
from bot.cli.output import REFUSED, WRONG_USAGE, Bot, Json, fail, note, print_json
from bot.errors import SettingsError, StoreError
from bot.settings import bot_dir, home_dir, load
from training.dataset import DataError
from training.hosted.job import (
    ENDED,
    NAME,
    POLL_S,
    Estimate,
    JobError,
    Record,
    Tuner,
    estimate,
    new_record,
    read_record,
    training_file,
)
from training.lora.lesson import balanced
from training.lora.reading import lessons_of

tune = typer.Typer(add_completion=False)

MOST_LESSONS = 1000


@tune.command()
def run(
    bot: Bot = None,
    model: Annotated[str, typer.Option("--model", help="The endpoint's name of the model to start from.")] = "",
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="The endpoint; by default that of [backends.rag].")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="What the result is called in bot.toml.")] = "tuned",
    epochs: Annotated[int, typer.Option("--epochs", min=1, max=50, help="Passes over the data.")] = 3,
    usd_per_million: Annotated[
        float | None, typer.Option("--usd-per-million", min=0, help="Price of a million trained tokens, USD.")
    ] = None,
    data_only: Annotated[
        Path | None, typer.Option("--data-only", help="Write the training file here and send nothing.")
    ] = None,
    poll_s: Annotated[float, typer.Option("--poll", min=0.01, help="Seconds between two looks at the job.")] = POLL_S,
    yes: Annotated[bool, typer.Option("--yes", help="Send the data and pay without being asked.")] = False,
    as_json: Json = False,
) -> None:
    """Upload what the bot should have answered, fine-tune a hosted model on it, and wait for its name.

    The same command goes on with a job that is under way. The data are questions, passages of the articles and
    answers; what came from the logs is masked as stored.
    """
    home = home_dir()
    if not NAME.fullmatch(name):
        fail(f"--name {name!r}: expected letters, digits, _ . - (at most 64)", WRONG_USAGE)
    try:
        folder = bot_dir(bot)
        settings = RagSettings.model_validate(load(folder).backends.get("rag", {}))
        lessons = balanced(lessons_of(folder, home), MOST_LESSONS, 0)
        content = training_file(lessons)
        costs = estimate(lessons, epochs, usd_per_million)
        if data_only is not None:
            data_only.write_bytes(content)
            _finish({"file": str(data_only), "estimate": asdict(costs)}, f"Written: {data_only}", as_json)
            return
        url = base_url or settings.base_url
        if not url or not model:
            fail("expected --model, and an endpoint by --base-url or [backends.rag] base_url", WRONG_USAGE)
        with _alone(home, name):
            record = _record(home, new_record(name, url, model, epochs, content, lessons), costs, yes=yes)
            key = settings.api_key.get_secret_value() if settings.api_key else ""
            with closing(Tuner(url, key, home, poll_s=poll_s)) as tuner:
                record = tuner.run(record, content, _tell)
    except (DataError, SettingsError, StoreError, BackendError, JobError, ValueError, OSError) as exc:
        fail(str(exc))
    setting = f"{PREFIX}{record.name}"
    said = f'{record.fine_tuned_model} is ready: set model = "{setting}" under [backends.rag].'
    _finish({**asdict(record), "setting": setting, "estimate": asdict(costs)}, said, as_json)


def _alone(home: Path, name: str) -> FileIO:
    """A lock that two runs at the same job would share: each would find no job, and pay for one."""
    lock = flocks.take(record_path(home, name).with_suffix(".lock"))
    if lock is None:
        fail(f"another run is at the job {name!r}; wait for its end", REFUSED)
    return lock


def _record(home: Path, wanted: Record, costs: Estimate, *, yes: bool) -> Record:
    """Go on with the job of that name, or ask and begin."""
    known = read_record(home, wanted.name)
    if known is not None and known.file_id is not None and known.status not in ENDED - {"succeeded"}:
        if not known.is_same_work(wanted):
            fail(
                f"{wanted.name!r} is a job with another model, endpoint or number of passes ({known.status});"
                " choose another --name",
                REFUSED,
            )
        note(f"Going on with {known.job_id or known.file_id} ({known.status}).")
        if known.training_sha256 != wanted.training_sha256:
            note("The data have changed since they were uploaded; another --name starts a job on those of now.")
        if known.job_id is not None:
            return known
        wanted = known  # nothing is paid for yet
    price = "at a price that was not given (--usd-per-million)" if costs.usd is None else f"about {costs.usd:.2f} USD"
    size = f"{costs.lessons} answers, about {costs.tokens} tokens in {wanted.epochs} passes"
    note(f"{size}, {price}; to {wanted.base_url}.")
    if not yes and not (sys.stdin.isatty() and typer.confirm("Send the data and start the job?", err=True)):
        fail("nothing was sent; --yes says that you agree to send the data and to pay", REFUSED)
    return wanted


def _tell(record: Record) -> None:
    note(f"{record.status}: {record.job_id or record.file_id}")


def _finish(document: dict[str, object], said: str, as_json: bool) -> None:
    if as_json:
        print_json(document)
    else:
        note(said)
