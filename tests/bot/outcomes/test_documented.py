"""The document that explains the definition says what holds."""

import re
from pathlib import Path
from typing import get_args

from bot.outcomes.rules import VERSION
from bot.outcomes.words import SIGNS
from bot.settings import OutcomeSection
from bot.store.outcomes import Kind

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "resolution.md").read_text(encoding="utf-8")


def test_every_setting_is_explained_with_its_default() -> None:
    shown = dict(re.findall(r"^\| `([a-z_]+)` \| ([^|]+?) \|", TEXT.split("setting of `[outcomes]`")[1], re.MULTILINE))
    assert shown.keys() == OutcomeSection.model_fields.keys()
    for name, field in OutcomeSection.model_fields.items():
        default = ", ".join(field.default) if isinstance(field.default, tuple) else f"{field.default:g}"
        assert shown[name] == default


def test_every_kind_and_the_version_are_explained() -> None:
    assert f"**`{VERSION}`**" in TEXT
    assert [kind for kind in get_args(Kind) if f"| `{kind}` |" not in TEXT] == []


def test_every_sign_of_failure_is_explained() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot" / "outcomes").glob("*.py"))
    signs = {*SIGNS, "loud", *re.findall(r'\.fail\("(\w+)"', code)}
    assert {"thumb_down", "said_unsolved", "capitals"} <= signs
    assert [sign for sign in sorted(signs) if f"`{sign}`" not in TEXT] == []


def test_the_table_of_conversations_is_as_long_as_it_says() -> None:
    told = (Path(__file__).with_name("conversations.txt")).read_text(encoding="utf-8").count("\n== ")
    assert "more than eighty conversations" in TEXT
    assert told > 80
