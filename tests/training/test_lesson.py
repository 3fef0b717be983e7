"""What is learned: rows with outputs and weights, and the names of intents where they say something."""

from training.dataset import Dataset, Example
from training.lesson import lesson_of, spoken

ROWS = Dataset.of([Example("hi", "greet"), Example("bye", "say_goodbye", weight=0.5), Example("sing", "oos")])


def test_a_text_out_of_scope_has_one_output_more_than_there_are_intents() -> None:
    lesson = lesson_of(ROWS)
    assert (lesson.targets, lesson.weights, lesson.outputs) == ([0, 1, 2], [1.0, 0.5, 1.0], 3)
    assert lesson.has_outlier


def test_without_its_rows_out_of_scope_a_lesson_has_no_output_for_them() -> None:
    assert not lesson_of(ROWS).only([0, 1]).has_outlier


def test_names_are_learned_once_and_only_where_they_are_words() -> None:
    lesson = lesson_of(ROWS).and_names(("greet", "say_goodbye"))
    assert lesson.texts[3:] == ["greet", "say goodbye"]
    assert lesson.and_names(("greet", "say_goodbye")).texts == lesson.texts
    assert lesson_of(ROWS).and_names(("17", "x2")).texts == ["hi", "bye", "sing"]


def test_a_name_is_read_as_words() -> None:
    assert spoken("Refund_not_showing_up") == "refund not showing up"
    assert spoken("reverted_card_payment?") == "reverted card payment"
