"""What is exported is written once, whoever else does so at the same time."""

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch")

from backends.bundle import seal
from training.export import write_once


def writing(text: str, before: Path | None = None) -> Callable[[Path], None]:
    def write(draft: Path) -> None:
        draft.mkdir()
        (draft / "weights").write_text(text)
        seal(draft)
        if before is not None:  # another process is faster
            write_once(before, writing("theirs"))

    return write


def test_the_slower_of_two_leaves_what_the_faster_has_written(tmp_path: Path) -> None:
    folder = tmp_path / "encoders" / "e1"
    write_once(folder, writing("mine", folder))
    assert (folder / "weights").read_text() == "theirs"
    assert [path.name for path in folder.parent.iterdir()] == ["e1"]


def test_what_is_not_whole_is_written_anew(tmp_path: Path) -> None:
    folder = tmp_path / "e1"
    folder.mkdir()
    (folder / "weights").write_text("torn")
    write_once(folder, writing("whole"))
    assert (folder / "weights").read_text() == "whole"
