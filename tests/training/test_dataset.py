"""Labelled texts are read from CSV, JSONL and Rasa's YAML; what cannot be read says where and why."""

from pathlib import Path

import pytest

from training.dataset import DataError, Dataset, Example, read_bot, read_data, read_file

RASA = """
version: "3.1"
nlu:
- intent: order_status
  examples: |
    - where is my order
    - what about [TF-104233](order_number)?
    - in [Graz]{"entity": "city", "role": "from"} since Monday
- intent: oos
  examples: |
    - how is the snow
- synonym: parcel
  examples: |
    - package
"""


def pairs(rows: tuple[Example, ...]) -> list[tuple[str, str]]:
    """Text and intent of each row."""
    return [(row.text, row.intent) for row in rows]


def test_rasa_examples_lose_their_entity_markup_and_synonyms_are_no_intents(tmp_path: Path) -> None:
    path = tmp_path / "orders.yml"
    path.write_text(RASA)
    assert pairs(read_file(path)) == [
        ("where is my order", "order_status"),
        ("what about TF-104233?", "order_status"),
        ("in Graz since Monday", "order_status"),
        ("how is the snow", "oos"),
    ]


def test_rasa_examples_may_be_a_list_of_texts(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("nlu:\n- intent: greet\n  examples:\n  - text: hello\n  - hi\n")
    assert pairs(read_file(path)) == [("hello", "greet"), ("hi", "greet")]


def test_csv_columns_are_found_by_name_and_outer_space_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('﻿intent,kind,text\ngreet,x," hello, you "\noos,y,"two\nlines"\n', encoding="utf-8")
    assert pairs(read_file(path)) == [("hello, you", "greet"), ("two\nlines", "oos")]


def test_jsonl_is_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "hi", "intent": "greet"}\n\n{"text": "bye", "intent": "goodbye"}\n')
    assert pairs(read_file(path)) == [("hi", "greet"), ("bye", "goodbye")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "the header must have the columns text and intent, got nothing"),
        ("a.csv", "text,intent\n", "no rows in it"),
        ("a.csv", "utterance,label\nhi,greet\n", "got utterance, label"),
        ("a.csv", "text,intent\nhi,greet\nyo\n", r"a\.csv:3: a row without intent"),
        ("a.csv", "text,intent\n,greet\n", "a row without text"),
        ("a.txt", "hi", "expected a file ending in"),
        ("a.jsonl", '{"text": "hi"}\n', r"a\.jsonl:1: a row without intent"),
        ("a.jsonl", "hi\n", r"a\.jsonl:1: not a JSON object"),
        ("a.jsonl", '["hi"]\n', "expected an object"),
        ("a.yml", "nlu: [", "not YAML"),
        ("a.yml", "- a\n- b\n", "expected `nlu:`"),
        ("a.yml", "nlu:\n- hello\n", "expected `- intent: NAME`"),
        ("a.yml", "nlu:\n- intent: greet\n  examples: |\n    hello\n", "start with `- `"),
        ("a.yml", "nlu:\n- intent: greet\n  examples: 7\n", "must be a text"),
        ("a.yml", "", "no rows in it"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_was_expected(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_file(path)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.yml"])
def test_a_missing_file_and_one_in_another_encoding_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="No such file"):
        read_file(tmp_path / name)
    (tmp_path / name).write_bytes("Grüße".encode("latin-1"))
    with pytest.raises(DataError, match="UTF-8"):
        read_file(tmp_path / name)


def test_rows_of_the_intent_oos_are_kept_apart(tmp_path: Path) -> None:
    (tmp_path / "nlu").mkdir()
    (tmp_path / "nlu" / "all.yml").write_text(RASA)
    dataset = read_bot(tmp_path)
    assert dataset.intents == ("order_status",)
    assert [row.text for row in dataset.oos] == ["how is the snow"]


def test_a_folder_without_nlu_files_says_where_to_write_them(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no nlu/\*\.yml"):
        read_bot(tmp_path)


def test_every_row_of_an_oos_file_is_out_of_scope_whatever_its_label(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text,intent\nhi,greet\n")
    (tmp_path / "out.csv").write_text("text,intent\nhow is the snow,weather\n")
    dataset = read_data([tmp_path / "in.csv"], [tmp_path / "out.csv"])
    assert (len(dataset.examples), len(dataset.oos)) == (1, 1)


def test_the_digest_ignores_order_and_notices_a_label() -> None:
    rows = [Example("hi", "greet"), Example("bye", "goodbye")]
    assert Dataset.of(rows).digest() == Dataset.of(rows[::-1]).digest()
    assert Dataset.of(rows).digest() != Dataset.of([rows[0], Example("bye", "greet")]).digest()


def test_labels_are_places_among_the_sorted_intents() -> None:
    dataset = Dataset.of([Example("hi", "greet"), Example("bye", "bye"), Example("yo", "greet")])
    assert dataset.intents == ("bye", "greet")
    assert dataset.labels() == [1, 0, 1]
