"""Which questions are searched together with what was said before."""

import pytest

from backends.rag.follow_up import is_follow_up


@pytest.mark.parametrize(
    "text",
    [
        "and skis?",
        "How long does it take?",
        "What about Norway?",
        "is that free too",
        "why?",
        "how much",
        "but in winter?",
    ],
)
def test_a_question_that_points_back_is_a_follow_up(text: str) -> None:
    assert is_follow_up(text)


@pytest.mark.parametrize(
    "text",
    [
        "do you rent out snow shoes?",
        "How hot may I wash my down jacket?",
        "Is there a warranty on your tents?",
        "can I take my dog into the shop",
    ],
)
def test_a_question_that_stands_by_itself_is_none(text: str) -> None:
    assert not is_follow_up(text)
