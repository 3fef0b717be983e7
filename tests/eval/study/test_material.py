"""Texts are read from files or a bot folder, and styles are kept apart."""

from pathlib import Path

import pytest

from eval.study.material import read_material
from eval.study.notes import of_data
from eval.study.protocol import Data, Protocol, Shift
from training.dataset import DataError


def _write(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path: Path) -> Data:
    train = _write(tmp_path / "train.csv", "text,intent", "hi,greet", "bye,leave", "moon,oos")
    test = _write(tmp_path / "test.csv", "text,intent", "hello,greet", "farewell,leave", "new,unheard", "sun,oos")
    return Data(train=train, test=test)


def test_rows_of_no_known_intent_are_not_asked(files: Data) -> None:
    material = read_material(Protocol(data=files))
    assert {row.intent for row in material.test} == {"greet", "leave"}
    assert {row.intent for row in material.train} == {"greet", "leave"}
    assert [row.text for row in material.outside] == ["sun"]
    assert (material.left_out, material.repeated) == (1, 0)
    (note,) = of_data(material)
    assert note.startswith("1 of 3 test rows have an intent without an example")


def test_test_rows_that_are_examples_too_are_told(files: Data, tmp_path: Path) -> None:
    test = _write(tmp_path / "again.csv", "text,intent", "Hi ,greet", "farewell,leave")
    material = read_material(Protocol(data=files.model_copy(update={"test": test})))
    (note,) = of_data(material)
    assert note.startswith("1 of 2 test rows have a text that is among the examples")


def test_a_bot_folder_is_split_once_for_all() -> None:
    protocol = Protocol(data=Data(bot=Path("demo"), test_share=0.2))
    material = read_material(protocol)
    assert read_material(protocol) == material
    assert not {row.text for row in material.train} & {row.text for row in material.test}
    assert len(material.test) / (len(material.test) + len(material.train)) == pytest.approx(0.2, abs=0.02)
    assert material.outside


def test_no_style_is_on_both_sides(files: Data, tmp_path: Path) -> None:
    rows = [f"please refund {n},refund,BP" for n in range(30)] + [f"wanna refund {n},refund,BQ" for n in range(20)]
    data = _write(tmp_path / "styles.csv", "instruction,intent,flags", *rows, "Please refund 1,refund,BZ")
    material = read_material(Protocol(data=files, shift=Shift(data=data, test_rows=12)))
    assert {row.text.split()[0] for row in (*material.plain, *material.plain_test)} == {"please"}
    assert len(material.styled_test) == 12
    assert {row.text.split()[0] for row in material.styled_test} == {"wanna"}
    assert not set(material.plain) & set(material.plain_test)


def test_a_file_without_flags_is_told(files: Data, tmp_path: Path) -> None:
    data = _write(tmp_path / "styles.csv", "text,intent", "hi,greet")
    with pytest.raises(DataError, match="columns text, intent and flags"):
        read_material(Protocol(data=files, shift=Shift(data=data)))


def test_a_single_intent_is_no_study(tmp_path: Path) -> None:
    one = _write(tmp_path / "one.csv", "text,intent", "hi,greet")
    with pytest.raises(DataError, match="two intents"):
        read_material(Protocol(data=Data(train=one, test=one)))
