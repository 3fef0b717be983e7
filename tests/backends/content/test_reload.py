"""Content follows its files; a broken edit never replaces a good one."""

import os
from pathlib import Path

import pytest

from backends.content.problem import ContentError
from backends.content.reload import Reloading


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000))


async def test_an_edit_is_in_use_a_second_later(bot_dir: Path) -> None:
    clock = Clock()
    reloading = Reloading(bot_dir, clock=clock)
    rewrite(bot_dir / "responses.yml", "From nine to five.", "From ten to four.")
    assert (await reloading.fresh()).say("utter_hours", seed="t").text == "From nine to five."
    clock.now += 1.0
    assert (await reloading.fresh()).say("utter_hours", seed="t").text == "From ten to four."
    assert reloading.content.say("utter_hours", seed="t").text == "From ten to four."


async def test_an_edit_of_the_same_length_to_the_actions_is_noticed(bot_dir: Path) -> None:
    clock = Clock()
    reloading = Reloading(bot_dir, clock=clock)
    rewrite(bot_dir / "actions.py", '"price": 12', '"price": 34')
    clock.now += 1.0
    look = (await reloading.fresh()).actions.functions["look"]
    assert await look({"code": "Q-1234"}, None) == {"price": 34}  # type: ignore[arg-type]  # it does not look


async def test_unchanged_files_are_not_read_again(bot_dir: Path) -> None:
    clock = Clock()
    reloading = Reloading(bot_dir, clock=clock)
    before = reloading.content
    clock.now += 5.0
    assert await reloading.fresh() is before


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("responses.yml", "utter_full:", "utter_fool:", "utter_full is not in responses.yml"),
        ("flows.yml", "flows:\n", "flows: [\n", "not readable as YAML"),
        ("actions.py", "import asyncio", "raise SystemError('half saved')", "half saved"),
    ],
)
async def test_a_broken_edit_is_told_and_the_old_content_stays(
    bot_dir: Path, file: str, old: str, new: str, message: str
) -> None:
    clock = Clock()
    reloading = Reloading(bot_dir, clock=clock)
    before = reloading.content
    rewrite(bot_dir / file, old, new)
    clock.now += 1.0
    assert await reloading.fresh() is before
    assert reloading.problem is not None
    assert message in reloading.problem
    rewrite(bot_dir / file, new, old)
    clock.now += 1.0
    assert await reloading.fresh() is not before
    assert reloading.problem is None


def test_content_that_is_broken_from_the_start_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError):
        Reloading(tmp_path)
