"""The process that carries out cells, one after another: `python -m eval.study.child FD`.

A line of JSON on standard input sets it up, each further one is a cell; what it says goes to the file descriptor given,
as standard output belongs to the libraries. It ends when its input does, or with its parent.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from bot.settings import home_dir
from eval.study.cell import Cell, lesson_of
from eval.study.material import Material
from eval.study.protocol import Protocol
from eval.study.trial import try_cell
from training.techniques.table import Place, build

READY, STEP, POINT, PROBLEM = "ready", "step", "point", "problem"
"""Kinds of what it says."""
CACHE = "study-cache"
"""In the home folder: answers that were paid for."""


def place_of(protocol: Protocol, technique: str, home: Path) -> Place:
    """Say where a technique runs."""
    return Place(
        home=home,
        encoder=protocol.study.encoder,
        threads=protocol.study.threads,
        options=protocol.techniques.get(technique, {}),
        endpoint=protocol.endpoint,
        prices=protocol.prices,
        budget_usd=protocol.budget.usd,
        cache=home / CACHE,
    )


def work(requests: TextIO, answers: TextIO) -> None:
    """Carry out what is asked until there is no more.

    Raises:
        Exception: what a technique raised, after it was told.
    """
    setup: Mapping[str, Any] = json.loads(requests.readline())
    protocol = Protocol.model_validate(setup["protocol"])
    material = Material.from_document(setup["material"])
    home = Path(setup["home"]) if setup["home"] else home_dir()
    said = 0.0

    def say(kind: str, value: Any) -> None:
        answers.write(json.dumps({kind: value}) + "\n")
        answers.flush()

    def tell(*step: Any) -> None:
        nonlocal said
        if time.monotonic() - said > 0.5:
            said = time.monotonic()
            say(STEP, step)

    say(READY, True)
    for line in requests:
        cell = Cell(**json.loads(line))
        try:
            lesson = lesson_of(cell, material, protocol)
            technique = build(cell.technique, place_of(protocol, cell.technique, home))
            point = try_cell(cell, lesson, technique, tell)
        except Exception as exc:
            say(PROBLEM, f"{type(exc).__name__}: {exc}"[:500])
            raise
        say(POINT, point.to_document())


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def main() -> None:
    """Serve the parent that started this process."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    with os.fdopen(int(sys.argv[1]), "w", encoding="utf-8") as answers:
        work(sys.stdin, answers)


if __name__ == "__main__":
    main()
