"""The demo bot for whole-process tests: its trained model and its article index come from the checkout's `var/`."""

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

from tests.e2e.running import ROOT, Running

DEMO = ROOT / "demo"
LIMITS = {
    "SWITCHBOARD__LIMITS__SESSION_MESSAGES_PER_MINUTE": "100000",
    "SWITCHBOARD__LIMITS__SESSION_FRAMES_PER_SECOND": "100000",
}
TRAINING_TIMEOUT_S = 900.0
ROPE_QUESTION, ROPE_ARTICLE = "Does a climbing rope last for ever in the cupboard?", "climbing-rope-life"
ROPE_ANSWER = "No rope lasts for ever, not even in the cupboard."
"""Only an article knows; this is the first sentence of the answer."""


def demo_server(home: Path, *, index_of: Path | None = None, **env: str) -> Running:
    """A server of the demo bot on a home of its own, not started yet.

    Args:
        home: a new folder; gets the model that `make train` made.
        index_of: a home whose article index is taken over, which saves building it; None for that of the checkout.
        env: more settings, as environment variables.
    """
    trained = Path(os.environ.get("SWITCHBOARD_HOME") or ROOT / "var")
    _wait_for_training()
    assert (trained / "bundles" / "current").is_file(), f"no trained model in {trained}; run `make train` first"
    home.mkdir(parents=True)
    for name in ("bundles", "encoders"):
        (home / name).symlink_to(trained / name)
    with suppress(FileNotFoundError):  # one that does not fit the articles is built anew
        shutil.copytree((index_of or trained) / "index", home / "index")
    return Running(DEMO, home, env={**LIMITS, **env})


def _wait_for_training() -> None:
    """`make test` trains while the first tests run, and names the file that holds the exit status at its end."""
    end = os.environ.get("TRAINED")
    until = time.monotonic() + TRAINING_TIMEOUT_S
    while end and not (text := _read(Path(end))):
        assert time.monotonic() < until, (
            f"the training did not end within {TRAINING_TIMEOUT_S:.0f} s; see var/train.log"
        )
        time.sleep(0.5)
    assert not end or text == "0", "the training failed; see var/train.log"


def _read(path: Path) -> str:
    with suppress(FileNotFoundError):
        return path.read_text(encoding="utf-8").strip()
    return ""
