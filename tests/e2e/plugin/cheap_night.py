"""A nightly run with the cheapest real recipe: a head on the frozen encoder, which trains in seconds.

As a backend it answers nothing; loading it makes the server start this program in the usual run's place. Everything
else of the run is the real thing: labels, guards, gold set, training in a child process, gate, promotion, report.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backends.contract import Abstain, Backend, Emit, Place, Reason, Reply, Turn
from bot import nightly


class Silent:
    """Leaves every turn to others."""

    name = "cheap_night"

    async def reply(self, turn: Turn, emit: Emit) -> Reply | Abstain:
        """Abstain."""
        return Abstain(Reason.NO_REPLY)

    async def aclose(self) -> None:
        """Nothing is open."""


def load(_settings: Mapping[str, Any], _place: Place) -> Backend:
    """Put this program in the nightly run's place."""
    nightly.COMMAND = (sys.executable, "-m", "cheap_night")
    return Silent()


def main(bot: Path, home: Path) -> None:
    """Go through one night."""
    from bot.settings import load as load_settings
    from training.nightly.night import Inputs, run_night
    from training.settings import Recipe

    recipe = Recipe(technique="head", threads=1)
    report = run_night(Inputs(home, bot, load_settings(bot).nightly, recipe=recipe))
    sys.stdout.write(json.dumps(report.document(), default=str) + "\n")
    sys.exit({"failed": 1, "refused": 3}.get(report.decision.value, 0))


if __name__ == "__main__":
    main(Path(sys.argv[sys.argv.index("--bot") + 1]), Path(os.environ["SWITCHBOARD_HOME"]))
