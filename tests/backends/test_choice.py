"""Which prompt or adapter the settings mean."""

import json
from pathlib import Path

from backends.bundle import MANIFEST, PROMPTS
from backends.choice import chosen


def test_a_prompt_that_is_being_copied_here_is_found_when_its_card_has_come(tmp_path: Path) -> None:
    folder = tmp_path / PROMPTS / "p1"
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_text("{}")
    assert chosen(tmp_path, "shop", PROMPTS) is None
    (folder / "card.json").write_text('{"id": "p1"')
    assert chosen(tmp_path, "shop", PROMPTS) is None
    (folder / "card.json").write_text(json.dumps({"id": "p1", "name": "shop"}))
    assert chosen(tmp_path, "shop", PROMPTS) == "p1"
    assert chosen(tmp_path, "p1", PROMPTS) == "p1"
