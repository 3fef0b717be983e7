"""A training that dies takes nothing with it."""

import errno
import os
import signal
from pathlib import Path

import pytest

from training.dataset import DataError, Dataset, Example
from training.nightly.child import Progress, TrainingFailed, train_in_child
from training.settings import Recipe

ROWS = Dataset((Example("where is it", "order", weight=0.5),))


def write_rows(dataset: Dataset, out: Path, _recipe: Recipe | None, progress: Progress) -> None:
    out.mkdir()
    progress("fine-tune", 1, 2)
    (out / "rows").write_text(f"{os.getpid()} {dataset.examples[0].text}")


def die(_dataset: Dataset, out: Path, *_: object) -> None:
    out.mkdir()
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(*_: object) -> None:
    raise DataError("two labels for one text")


def fill(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/x/model.onnx")


def break_down(*_: object) -> None:
    raise SystemExit(5)


def test_the_child_trains_and_tells_how_far_it_is(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    train_in_child(ROWS, tmp_path / "b", None, lambda *told: seen.append(told), train=write_rows)
    pid, _, text = (tmp_path / "b" / "rows").read_text().partition(" ")
    assert (int(pid) != os.getpid(), text) == (True, "where is it")
    assert seen == [("fine-tune", 1, 2)]


def test_a_killed_training_is_told_with_its_signal(tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match=r"killed by signal 9 .*memory"):
        train_in_child(ROWS, tmp_path / "b", None, lambda *_: None, train=die)


def test_what_the_child_could_say_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="two labels"):
        train_in_child(ROWS, tmp_path / "b", None, lambda *_: None, train=refuse)
    with pytest.raises(OSError, match="No space left") as full:
        train_in_child(ROWS, tmp_path / "b", None, lambda *_: None, train=fill)
    assert full.value.errno == errno.ENOSPC


def test_a_child_that_just_ends_is_told_with_its_code(tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match="exit code 5"):
        train_in_child(ROWS, tmp_path / "b", None, lambda *_: None, train=break_down)
