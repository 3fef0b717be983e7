"""The demo bot for whole-process tests: its trained model and its article index come from the checkout's `var/`.

`make test` trains one of its own meanwhile, in seconds, in the folder that the variable `TRAINED` names.
"""

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
    trained = trained_home()
    home.mkdir(parents=True)
    for name in ("bundles", "encoders"):
        (home / name).symlink_to(trained / name)
    with suppress(FileNotFoundError):  # one that does not fit the articles is built anew
        shutil.copytree((index_of or trained) / "index", home / "index")
    return Running(DEMO, home, env={**LIMITS, **env})


def trained_home() -> Path:
    """Home folder with a model, the encoder and the article index of the demo bot."""
    home = _wait_for_training() or Path(os.environ.get("SWITCHBOARD_HOME") or ROOT / "var")
    assert (home / "bundles" / "current").is_file(), f"no trained model in {home}; run `make train` first"
    return home


def _wait_for_training() -> Path | None:
    """Where `make test` trains while the first tests run; its file `exit` holds the exit status in the end."""
    if not (folder := os.environ.get("TRAINED")):
        return None
    home, until = Path(folder), time.monotonic() + TRAINING_TIMEOUT_S
    while not (text := _read(home / "exit")):
        assert time.monotonic() < until, (
            f"the training did not end within {TRAINING_TIMEOUT_S:.0f} s; see {home}/train.log"
        )
        time.sleep(0.5)
    assert text == "0", f"the training failed; see {home}/train.log"
    return home


def _read(path: Path) -> str:
    with suppress(FileNotFoundError):
        return path.read_text(encoding="utf-8").strip()
    return ""
