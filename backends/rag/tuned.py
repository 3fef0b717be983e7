"""Models that were fine-tuned at an endpoint: `model = "tuned:NAME"` in `bot.toml` means what its job made."""

import json
from pathlib import Path

from backends.contract import BackendError

PREFIX, FOLDER = "tuned:", "tuned"


def record_path(home: Path, name: str) -> Path:
    """Where a job is written down."""
    return home / FOLDER / f"{name}.json"


def resolve(home: Path, model: str) -> str:
    """Give the endpoint's name of a model; one without the prefix is that already.

    Raises:
        BackendError: there is no such job, or it has not made a model yet.
    """
    if not model.startswith(PREFIX):
        return model
    name = model.removeprefix(PREFIX)
    try:
        record = json.loads(record_path(home, name).read_text(encoding="utf-8"))
        made = record["fine_tuned_model"]
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise BackendError(f"no fine-tuned model {name!r}; run `switchboard tune --name {name}`") from exc
    if not made:
        status = record.get("status")
        raise BackendError(f"the fine-tuning of {name!r} is {status}; go on with `switchboard tune --name {name}`")
    return str(made)
