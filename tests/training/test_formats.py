"""What is written reads back as it was, whatever is in texts and names."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.dataset import DataError, Example, read_csv, read_jsonl, read_rasa
from training.formats import Form, form_of, printable, write_file

TEXTS = [
    "see [docs](https://x.y/z) now",
    '[a]{"b": 1} [c](d)[e](f) [[g](h)](i)',
    "- hi",
    "-- twice",
    'say "yes", it\'s # no: comment',
    "| {a}: &b *c %d",
    "first\nsecond\r\nthird",
    "a\rb",
    "line\u2028end\x85here",
    "bell\x07 and \x00 nothing",
    "é ü 😀 \ufeff",
]
NAMES = [
    "reverted_card_payment?",
    "yes",
    "1",
    "-",
    "-1_000",
    "0x1F",
    "null",
    "~",
    "two words",
    "key: value",
    "#hash",
    "2024-01-01",
    "'quoted'",
    '"twice"',
    "two\nlines",
    "faq/ask_name",
    "😀",
]
ROWS = [Example(text, "greet") for text in TEXTS] + [Example("hi", name) for name in NAMES]
READERS = {"yml": read_rasa, "csv": read_csv, "jsonl": read_jsonl}


@pytest.mark.parametrize("ending", READERS)
def test_awkward_texts_and_names_read_back_as_they_were(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"rows.{ending}"
    write_file(path, ROWS)
    kept = printable if ending == "yml" else str.strip
    wanted = [(kept(row.text), row.intent) for row in ROWS]
    assert [(row.text, row.intent) for row in READERS[ending](path)] == wanted


texts = st.text(st.characters(codec="utf-8"), max_size=40).filter(printable)


@settings(max_examples=30, deadline=None)
@given(st.lists(texts, min_size=1, max_size=4), st.text("ab[](){}- :?'\"#\\", max_size=30).filter(printable))
def test_any_text_survives_an_nlu_file(tmp_path_factory: pytest.TempPathFactory, many: list[str], odd: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yml"
    write_file(path, [Example(text, "one") for text in [*many, odd]])
    assert [row.text for row in read_rasa(path)] == [printable(text) for text in [*many, odd]]


@settings(max_examples=30, deadline=None)
@given(texts.map(str.strip).filter(bool))
def test_any_name_survives_an_nlu_file(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    path = tmp_path_factory.getbasetemp() / "name.yml"
    write_file(path, [Example("hi", name)])
    assert [row.intent for row in read_rasa(path)] == [name]


@pytest.mark.parametrize(
    ("name", "asked", "form"),
    [("a.csv", None, Form.CSV), ("a.YAML", None, Form.RASA), ("a", None, Form.DATASETS), ("a.b", "jsonl", Form.JSONL)],
)
def test_the_form_is_the_one_asked_for_or_the_endings(name: str, asked: str | None, form: Form) -> None:
    assert form_of(Path(name), Form(asked) if asked else None) == form


def test_an_unknown_ending_names_the_known_ones() -> None:
    with pytest.raises(DataError, match=r"\.csv, \.jsonl, \.yml.*folder.*got \.xls"):
        form_of(Path("a.xls"))


def test_half_a_character_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="half a character"):
        write_file(tmp_path / "a.csv", [Example("\ud800", "x")])
