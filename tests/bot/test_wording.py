"""Numbers in sentences."""

import pytest

from bot.wording import counted


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (counted(1, "error"), "1 error"),
        (counted(0, "error"), "0 errors"),
        (counted(1, "conversation is", "conversations are"), "1 conversation is"),
        (counted(2, "conversation is", "conversations are"), "2 conversations are"),
    ],
)
def test_one_is_not_many(told: str, expected: str) -> None:
    assert told == expected
