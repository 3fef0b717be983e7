"""Lessons are prompts as served, with answers that the check of sentences passes."""

from pathlib import Path

import pytest

from backends.contract import Citation
from backends.rag.prompt import NO_ANSWER, load_template
from backends.rag.settings import RagSettings
from training.dataset import DataError
from training.harvest.logged import LoggedTurn
from training.lora.lesson import Lesson, balanced, count_by_origin, read_lessons, split_lessons

ARTICLES = {
    "express": "## Price\n\nExpress delivery costs 12.90 EUR per order. Express is never free for large orders.",
    "returns": "## How long\n\nYou can return goods within 60 days of delivery. Returned goods must be unused.",
    "warranty": "## Claims\n\nEvery new product has a statutory warranty of 2 years. Wear and misuse are not covered.",
}
NLU = """
version: "3.1"
nlu:
- intent: express_price
  examples: |
    - What does express delivery cost?
    - how much is express per order
- intent: weather
  examples: |
    - zzz qqq
"""
SETTINGS = RagSettings(top_k=1, min_confidence=0.2)
TEMPLATE = load_template("Shop")


@pytest.fixture
def bot(tmp_path: Path) -> Path:
    """A bot folder with three articles and two questions about one of them."""
    folder = tmp_path / "bot"
    (folder / "articles").mkdir(parents=True)
    (folder / "nlu").mkdir()
    (folder / "nlu" / "nlu.yml").write_text(NLU)
    for name, body in ARTICLES.items():
        head = f"---\ntitle: {name.title()}\nurl: /help/{name}\nupdated: 2026-01-01\n---\n\n"
        (folder / "articles" / f"{name}.md").write_text(head + body + "\n")
    return folder


def turn(text: str, **more: object) -> LoggedTurn:
    return LoggedTurn("t1", "c1", "u1", "2026-01-01T00:00:00Z", text, **more)  # type: ignore[arg-type]


def test_utterances_become_prompts_as_served(bot: Path, tmp_path: Path) -> None:
    lessons = read_lessons(bot, tmp_path / "var", TEMPLATE, SETTINGS)
    own = [lesson for lesson in lessons if lesson.origin == "utterance" and lesson.article == "express"]
    assert {lesson.user.split("Question: ")[1].split("\n")[0] for lesson in own} == {
        "What does express delivery cost?",
        "how much is express per order",
    }
    assert all("12.90 EUR" in lesson.answer and lesson.answer in lesson.user for lesson in own)
    assert all(lesson.system == TEMPLATE.system for lesson in own)
    assert not any("zzz" in lesson.user for lesson in lessons)


def test_an_answer_that_is_not_in_the_passages_is_taught_as_none(bot: Path, tmp_path: Path) -> None:
    settings = RagSettings(top_k=1, min_confidence=0.2)
    lessons = read_lessons(bot, tmp_path / "var", TEMPLATE, settings)
    none = [lesson for lesson in lessons if lesson.origin == "unanswerable"]
    assert none
    assert all(lesson.answer == NO_ANSWER for lesson in none)


def test_what_a_person_wrote_is_learned_if_the_articles_say_it(bot: Path, tmp_path: Path) -> None:
    question = "What does express delivery cost per order?"
    grounded = turn(question, operator_reply="Express delivery costs 12.90 EUR per order.")
    invented = turn(question, operator_reply="For you it costs 5 EUR today.")
    found = [
        lesson
        for one in (grounded, invented)
        for lesson in read_lessons(bot, tmp_path / "var", TEMPLATE, SETTINGS, [one])
        if lesson.origin == "operator"
    ]
    assert [(lesson.answer, lesson.turn_id) for lesson in found] == [(grounded.operator_reply, "t1")]


@pytest.mark.parametrize(("thumbs", "learned"), [((1,), 1), ((1, -1), 0), ((), 0)])
def test_a_reply_is_learned_when_the_customer_liked_it(
    bot: Path, tmp_path: Path, thumbs: tuple[int, ...], learned: int
) -> None:
    quote = "Express delivery costs 12.90 EUR per order."
    cited = (Citation("Express", "/help/express", "express", quote),)
    asked = turn("What is the cost of express?", backend="rag", reply=f"From:\n{quote}", thumbs=thumbs, citations=cited)
    lessons = read_lessons(bot, tmp_path / "var", TEMPLATE, SETTINGS, [asked])
    assert [lesson.answer for lesson in lessons if lesson.origin == "helpful"] == [quote] * learned


def test_a_bot_without_articles_has_nothing_to_teach(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to learn from"):
        read_lessons(tmp_path, tmp_path / "var", TEMPLATE, SETTINGS)


def lesson(article: str, number: int, turn_id: str | None = None) -> Lesson:
    return Lesson("s", f"u{article}{number}", "a", article, "utterance", turn_id)


def test_whole_articles_are_kept_apart_the_same_for_a_seed() -> None:
    lessons = [lesson(article, n) for article in "abcdefghij" for n in range(3)]
    learned, kept = split_lessons(lessons, 0)
    assert {one.article for one in learned}.isdisjoint({one.article for one in kept})
    assert len(kept) == 3
    assert split_lessons(lessons, 0) == (learned, kept)
    assert split_lessons(lessons[:3], 0) == (lessons[:3], [])


def test_articles_take_turns_and_logs_come_first() -> None:
    lessons = [lesson("a", n) for n in range(9)] + [lesson("b", 0), lesson("a", 99, "t1")]
    chosen = balanced(lessons, 3, 0)
    assert sorted(one.article for one in chosen) == ["a", "a", "b"]
    assert "t1" in {one.turn_id for one in chosen}
    assert count_by_origin(chosen) == {"utterance": 3}
