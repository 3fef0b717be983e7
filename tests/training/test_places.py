"""Rows of NLU files get their lines."""

from pathlib import Path

from training.dataset import Dataset, Example, read_rasa
from training.places import with_lines

NLU = """version: "3.1"
nlu:
- intent: greet
  examples: |
    - hi
    - [Graz](city) calling
    - hi
- intent: "goodbye?"
  examples:
  - bye
  - text: "see you"
  - text: |
      far away
- intent: oos
  examples: |
    - hi
"""


def test_each_row_of_an_nlu_file_gets_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text(NLU)
    placed = with_lines(Dataset.of(read_rasa(path)))
    lines = [(row.text, row.source.removeprefix(str(path))) for row in (*placed.examples, *placed.oos)]
    assert lines == [
        ("hi", ":5"),
        ("Graz calling", ":6"),
        ("hi", ":7"),
        ("bye", ":10"),
        ("see you", ":11"),
        ("far away", ""),
        ("hi", ":16"),
    ]


def test_rows_of_other_files_stay_as_they_are(tmp_path: Path) -> None:
    dataset = Dataset.of([Example("a", "x", "a.csv:2"), Example("b", "y", str(tmp_path / "gone.yml"))])
    assert with_lines(dataset) == dataset
