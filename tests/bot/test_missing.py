"""What customers ask in vain."""

from bot.missing import missing
from bot.store.usage import Unanswered


def asked(*texts: str) -> list[Unanswered]:
    return [Unanswered(f"t_{number}", text) for number, text in enumerate(texts)]


def test_questions_of_the_same_matter_are_one_wish_and_the_most_frequent_comes_first() -> None:
    found = missing(
        asked(
            "Do you sell gift wrapping?",
            "gift wrapping",
            "is gift wrapping possible",
            "Do you have a shop in Rome?",
            "do you sell gift wrapping",
            "a shop in Rome",
        )
    )
    assert [wish.n for wish in found] == [4, 2]
    assert found[0].texts.most_common(1) == [("Do you sell gift wrapping?", 2)]
    assert found[1].words == {"shop", "rome"}


def test_what_was_asked_once_is_no_gap_and_small_words_are_no_matter() -> None:
    assert missing(asked("one zebra", "do you?", "can you", "do you", "12 34")) == []


def test_different_matters_stay_apart() -> None:
    found = missing(asked(*["repair my tent"] * 3, *["rent a kayak"] * 2))
    assert [(wish.n, sorted(wish.texts)) for wish in found] == [(3, ["repair my tent"]), (2, ["rent a kayak"])]


def test_the_list_is_bounded() -> None:
    texts = [f"wish{'abcdefghijklmnopqrstuvwxyz'[number]}" for number in range(26)] * 2
    assert len(missing(asked(*texts), most=5)) == 5
