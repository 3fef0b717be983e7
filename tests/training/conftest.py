"""A home folder with a tiny encoder, for tests of training."""

import json
import shutil
from pathlib import Path

import pytest

from backends.bundle import seal


@pytest.fixture
def home(tmp_path: Path, tiny_bundle: Path) -> Path:
    """A home folder whose encoder counts the words of the tiny bundle: a text is where its intent's words are."""
    home = tmp_path / "home"
    folder = home / "encoders" / "tiny"
    folder.mkdir(parents=True)
    for name in ("model.onnx", "tokenizer.json"):
        shutil.copy(tiny_bundle / name, folder / name)
    settings = {"hash": "tiny", "dim": 10, "max_tokens": 64, "prefixes": {}}
    (folder / "encoder.json").write_text(json.dumps(settings))
    seal(folder)
    (home / "encoders" / "current").write_text("tiny\n")
    return home
