"""Where sentences end, in a text and in a stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.rag.sentences import SentenceStream, is_item, is_step, split_sentences, without_marker


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It costs 4.90 EUR. It is fast.", ["It costs 4.90 EUR.", "It is fast."]),
        ("Ask e.g. a friend. Or us.", ["Ask e.g. a friend.", "Or us."]),
        ("See No. 5 below. Thanks!", ["See No. 5 below.", "Thanks!"]),
        ("The answer is no. Returns are free.", ["The answer is no.", "Returns are free."]),
        ("Is it? Yes! Good.", ["Is it?", "Yes!", "Good."]),
        ('He said "stop." Then he left.', ['He said "stop."', "Then he left."]),
        ("Write to a@b.example now. Please.", ["Write to a@b.example now.", "Please."]),
        ("1. Open the box.\n2. Look.", ["1. Open the box.", "2. Look."]),
        ("no end", ["no end"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_would_say(text: str, expected: list[str]) -> None:
    assert [span.text for span in split_sentences(text)] == expected


@given(st.text(alphabet="aB .!?\n1,", max_size=80))
def test_spans_point_at_their_text(text: str) -> None:
    spans = split_sentences(text)
    assert all(text[span.start : span.end] == span.text for span in spans)
    assert "".join("".join(span.text.split()) for span in spans) == "".join(text.split())


@given(st.text(alphabet="aB .!?\n1", max_size=60), st.integers(1, 7))
def test_a_stream_gives_every_character_once(text: str, size: int) -> None:
    stream = SentenceStream()
    found = [s for at in range(0, len(text), size) for s in stream.feed(text[at : at + size])]
    found.append(stream.flush())
    assert "".join("".join(sentence.split()) for sentence in found) == "".join(text.split())


def test_a_streamed_sentence_waits_for_what_follows() -> None:
    stream = SentenceStream()
    assert stream.feed("It costs 4") == []
    assert stream.feed(".90 EUR. ") == []
    assert stream.feed("It is") == ["It costs 4.90 EUR."]
    assert stream.flush() == "It is"
    assert stream.flush() == ""


def test_list_markers_are_recognised() -> None:
    assert is_item("- Opened food.")
    assert is_step("2. Look.")
    assert not is_step("- Look.")
    assert not is_item("2 days")
    assert without_marker("12. Look.") == "Look."
    assert without_marker("Look - here") == "Look - here"
