"""A lock belongs to who has it open, and to nobody when that one is gone."""

import subprocess
import sys
from pathlib import Path

from bot.flocks import is_held, take


def test_a_lock_is_had_by_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "lock"
    assert not is_held(path)
    mine = take(path)
    assert mine is not None
    assert take(path) is None
    assert is_held(path)
    mine.close()
    assert not is_held(path)
    again = take(path)
    assert again is not None
    again.close()


def test_the_lock_of_a_killed_process_is_none(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import sys, pathlib, bot.flocks as f; l = f.take(pathlib.Path(sys.argv[1])); print('has', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "has\n"
        assert is_held(path)
        assert take(path) is None
        other.kill()
        other.wait()
    assert not is_held(path)


def test_what_is_no_lock_is_not_held(tmp_path: Path) -> None:
    (tmp_path / "lock").write_bytes(b"\xff no number")
    assert not is_held(tmp_path / "lock")
    assert not is_held(tmp_path)
