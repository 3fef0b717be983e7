"""The demo bot for whole-process tests: its trained model and its article index come from the checkout's `var/`."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from tests.e2e.running import ROOT, Running

DEMO = ROOT / "demo"
LIMITS = {
    "SWITCHBOARD__LIMITS__SESSION_MESSAGES_PER_MINUTE": "100000",
    "SWITCHBOARD__LIMITS__SESSION_FRAMES_PER_SECOND": "100000",
}
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
    assert (trained / "bundles" / "current").is_file(), f"no trained model in {trained}; run `make train` first"
    home.mkdir(parents=True)
    for name in ("bundles", "encoders"):
        (home / name).symlink_to(trained / name)
    with suppress(FileNotFoundError):  # one that does not fit the articles is built anew
        shutil.copytree((index_of or trained) / "index", home / "index")
    return Running(DEMO, home, env={**LIMITS, **env})
