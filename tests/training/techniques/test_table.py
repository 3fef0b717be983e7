"""The table of techniques: everything in it can be found, and nothing heavy is imported by looking at it."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from training.techniques.table import TABLE, Place, UnknownTechnique, build


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_technique_names_a_module_that_is_there(name: str) -> None:
    module, _, attribute = TABLE[name].factory.partition(":")
    assert find_spec(module) is not None
    assert attribute == name


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownTechnique, match=r"no technique 'tfdif'; known: .*tfidf"):
        build("tfdif", Place(tmp_path))


def test_looking_at_the_table_imports_no_torch() -> None:
    code = "import sys, training.techniques.table; print('torch' in sys.modules, 'sklearn' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["False", "False"]
