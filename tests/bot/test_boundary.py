"""Where bugs stop."""

import logging

import pytest

from bot.boundary import AGAIN_S, keep
from bot.errors import StoreError


@pytest.mark.parametrize("failure", [KeyError("a bug"), StoreError("the disk is full")])
async def test_a_chore_that_fails_is_logged_and_begun_again(
    caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    runs, rests = [failure], []

    async def chore() -> None:
        if runs:
            raise runs.pop()

    async def rest(seconds: float) -> None:
        rests.append(seconds)

    with caplog.at_level(logging.WARNING):
        await keep("judge", chore, rest)
    assert rests == [AGAIN_S]
    assert [record.message for record in caplog.records][-1] == "chore_failed"
