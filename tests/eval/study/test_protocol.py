"""A protocol is read whole, and its mistakes are told with what would be right."""

from pathlib import Path

import pytest

from eval.study.cell import batches_of, cells_of
from eval.study.material import Material
from eval.study.protocol import Protocol, protocol_of, read_protocol
from eval.study.quick import quick_protocol
from training.dataset import DataError, Example
from training.techniques.table import TABLE

FILES = {"data": {"train": "a.csv", "test": "b.csv"}}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"study": {"techniques": ["tfidf", "tea_leaves"]}}, "no technique 'tea_leaves'; known: tfidf"),
        ({"study": {"settings": ["main", "rain"]}}, "no setting 'rain'; known: main"),
        ({"study": {"sizes": [1, 0]}}, "above 0, or all, got 0"),
        ({"study": {"seed": 3}}, "study.seed"),
        ({"study": {"settings": ["shift"]}}, r"shift needs the table \[shift\]"),
        ({"techniques": {"tea_leaves": {}}}, "no technique 'tea_leaves'"),
        ({"techniques": {"tfidf": {"strenght": 1.0}}}, r"\[techniques.tfidf.strenght\]"),
        ({"techniques": {"tfidf": {"strength": -1.0}}}, r"\[techniques.tfidf.strength\]"),
        ({"techniques": {"neighbours": {"k": 0}}}, r"\[techniques.neighbours.k\]"),
        ({"techniques": {"smollm_prompt": {"rows": "many"}}}, r"\[techniques.smollm_prompt.rows\]"),
        ({"techniques": {"hybrid_70": {"below": 7}}}, r"\[techniques.hybrid_70.below\]"),
        ({"techniques": {"retrieved": {"retreived": 3}}}, r"\[techniques.retrieved.retreived\]"),
        ({"techniques": {"hybrid_50": {"classifier": "tea_leaves"}}}, r"\[techniques.hybrid_50\] no technique"),
        ({"endpoint": {"modle": "m"}}, "modle"),
        ({"endpoint": {"model": "m"}}, "give base_url and model, or neither"),
        ({"prices": {"m": {"input_per_million": 1, "output_per_million": -1, "date": "2026-11-01"}}}, "output_per_m"),
        ({"data": {"train": "a.csv"}}, "either bot, or train and test"),
        ({"data": {"train": "a.csv", "test": "b.csv", "bot": "."}}, "either bot, or train and test"),
    ],
)
def test_a_mistake_is_told(more: dict[str, object], told: str) -> None:
    with pytest.raises(DataError, match=told):
        protocol_of({**FILES, **more}, Path("/somewhere/study.toml"))


def test_paths_start_at_the_folder_of_the_file() -> None:
    protocol = protocol_of({"data": {"train": "x/a.csv", "test": "../b.csv"}}, Path("/some/where/study.toml"))
    assert (protocol.data.train, protocol.data.test) == (Path("/some/where/x/a.csv"), Path("/some/b.csv"))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read as TOML"):
        read_protocol(tmp_path / "none.toml")


@pytest.mark.parametrize("file", ["demo/study.toml", "docs/study/banking77.toml"])
def test_the_protocols_we_ship_are_valid(file: str) -> None:
    protocol = read_protocol(Path(file))
    assert set(protocol.study.techniques) == set(TABLE)
    assert Protocol.model_validate(protocol.model_dump(mode="json")) == protocol


def test_the_quick_form_tries_every_technique() -> None:
    rows = tuple(Example(f"{word} {number}", word) for word in ("a", "b", "c") for number in range(9))
    cells = list(cells_of(batches_of(quick_protocol(Path("demo")), Material(rows, rows))))
    assert {cell.technique for cell in cells} == set(TABLE)
    assert {cell.seed for cell in cells} == {0}
    assert len(cells) < 40
