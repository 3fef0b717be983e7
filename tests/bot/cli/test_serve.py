"""`switchboard serve`: what is said before it serves."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.cli.serve import _scheduled
from bot.settings import NightlySection, Settings

Run = Callable[..., Any]
SET = Settings(nightly=NightlySection(at="02:30", keep_days=7))


@pytest.mark.parametrize(("option", "at"), [(None, "02:30"), ("04:05", "04:05"), ("off", None)])
def test_the_option_wins_over_the_settings(option: str | None, at: str | None) -> None:
    section = _scheduled(SET, option).nightly
    assert (section.at, section.keep_days) == (at, 7)


@pytest.mark.parametrize("wrong", ["2:30", "24:00", "noon", "02:60", ""])
def test_what_is_no_time_of_day_is_refused_before_anything_is_opened(run: Run, wrong: str) -> None:
    ran = run("serve", "--bot", "demo", "--nightly", wrong)
    assert ran.code == 1
    assert f"--nightly must be a time of day, 00:00 to 23:59, or `off`, got {wrong!r}" in ran.err
