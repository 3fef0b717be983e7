"""Folders of the library `datasets` are read and written, offline, and what is none is named."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

datasets = pytest.importorskip("datasets", reason="needs the extra `train`")

from training.dataset import DataError, Example, read_file  # noqa: E402 - after the skip
from training.formats import Form, write_file  # noqa: E402
from training.hub_folders import FolderError, read_folder, write_folder  # noqa: E402

pytestmark = pytest.mark.slow

ROWS = [Example("where is it?", "order status?"), Example("NA", "null"), Example("two\nlines", "null")]


def table(columns: Mapping[str, Sequence[Any]], names: Sequence[str] = (), column: str = "label") -> Any:
    """A data set in memory, with names for the numbers of a column."""
    made = datasets.Dataset.from_dict(dict(columns))
    return made.cast_column(column, datasets.ClassLabel(names=list(names))) if names else made


def test_what_is_written_reads_back_and_is_the_librarys_own(tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    write_file(folder, ROWS)
    write_file(folder, ROWS)
    assert [(row.text, row.intent) for row in read_file(folder)] == [(row.text, row.intent) for row in ROWS]
    assert read_file(folder)[1].source == f"{folder}:2"
    own = datasets.load_from_disk(str(folder))
    assert own.features["label"].names == ["null", "order status?"]
    assert [path.name for path in tmp_path.iterdir()] == ["rows"]


def test_train_is_read_of_several_splits_and_another_can_be_named(tmp_path: Path) -> None:
    splits = {
        "train": table({"text": ["hi"], "intent": ["greet"]}),
        "test": table({"text": ["bye"], "intent": ["goodbye"]}),
    }
    datasets.DatasetDict(splits).save_to_disk(str(tmp_path / "both"))
    assert read_folder(tmp_path / "both") == (("hi", "greet", f"{tmp_path / 'both'}/train:1"),)
    assert read_folder(tmp_path / "both" / "test")[0].label == "goodbye"


def test_labels_may_be_a_class_in_either_column_or_named_beside_numbers(tmp_path: Path) -> None:
    table({"text": ["a", "b"], "label": [1, 0]}, ["no", "yes"]).save_to_disk(str(tmp_path / "label"))
    table({"text": ["a", "b"], "intent": [1, 0]}, ["no", "yes"], "intent").save_to_disk(str(tmp_path / "intent"))
    numbers: dict[str, list[Any]] = {"text": ["a", "b"], "label": [7, 8], "label_text": ["yes", "no"]}
    table(numbers).save_to_disk(str(tmp_path / "text"))
    for name in ("label", "intent", "text"):
        assert [row.label for row in read_folder(tmp_path / name)] == ["yes", "no"]


def test_plain_folders_of_csv_json_and_parquet_are_read(tmp_path: Path) -> None:
    content: dict[str, list[Any]] = {"text": ["NA", "hi"], "label": [1, 0]}
    for name in ("csv", "json", "parquet"):
        (tmp_path / name / "data").mkdir(parents=True)
    (tmp_path / "csv" / "train.csv").write_text("\ufefftext,intent\nNA,null\nhi,greet\n")
    (tmp_path / "csv" / "test.csv").write_text("text,intent\nbye,goodbye\n")
    lines = [json.dumps({"text": text, "label": label}) for text, label in (("NA", "null"), ("hi", "greet"))]
    (tmp_path / "json" / "rows.jsonl").write_text("\n".join(lines))
    parquet = tmp_path / "parquet" / "data" / "train-00000-of-00001.parquet"
    table(content, ["greet", "null"]).to_parquet(str(parquet))
    for path in (tmp_path / "csv", tmp_path / "json", tmp_path / "parquet", parquet):
        assert [(row.text, row.intent) for row in read_file(path)] == [("NA", "null"), ("hi", "greet")]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "expected a folder of `save_to_disk`, or one with .parquet"),
        ({"a.txt": "hi"}, "found none"),
        ({"bot.toml": ""}, "use --bot"),
        ({"a.csv": "text,intent\n", "b.json": "{}"}, "one kind, got csv, json"),
        ({"test.csv": "text,intent\na,b\n", "val.csv": "text,intent\na,b\n"}, "got test, val"),
        ({"a.csv": "text;intent\na;b\n"}, "got text;intent"),
        ({"a.csv": "text,label\na,3\n"}, "names (ClassLabel), got text"),
        ({"a.csv": "utterance,intent\na,b\n"}, "got utterance"),
        ({"a.csv": "text,intent\na,\n"}, ":1: a row without intent"),
        ({"a.csv": b"text,intent\n\xff\xfe,a\n"}, "no data set that can be read"),
        ({"a.parquet": "no parquet"}, "no data set that can be read"),
        ({"a.csv": ""}, "no data set that can be read"),
        ({"dataset_info.json": "{", "state.json": "{"}, "no data set that can be read"),
        ({"dataset_dict.json": '{"splits": ["train"]}'}, "no data set that can be read"),
    ],
)
def test_what_is_no_data_set_is_named(tmp_path: Path, files: Mapping[str, str | bytes], words: str) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as caught:
        read_file(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert words in str(caught.value)


def test_nothing_else_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear diary")
    with pytest.raises(DataError, match="something else is there"):
        write_file(tmp_path / "mine", ROWS, Form.DATASETS)
    assert (tmp_path / "mine" / "diary.txt").is_file()
    with pytest.raises(FolderError, match="expected rows"):
        write_folder(tmp_path / "empty", [], [])
