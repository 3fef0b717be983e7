"""Lessons of a bot folder, with the settings it has and the logs of its home."""

from pathlib import Path

from backends.rag.prompt import load_template
from backends.rag.settings import RagSettings
from bot.house import STORE
from bot.settings import load
from training.harvest.logged import read_logged
from training.lora.lesson import Lesson, read_lessons


def lessons_of(bot: Path, home: Path) -> list[Lesson]:
    """Make the lessons.

    Raises:
        DataError: there is nothing to learn from.
        SettingsError: the bot folder's settings are wrong.
        StoreError: the logs cannot be read.
        BackendError: the article index can be neither read nor written.
        ValueError: `[backends.rag]` is wrong.
    """
    settings = RagSettings.model_validate(load(bot).backends.get("rag", {}))
    turns = read_logged(home / STORE) if (home / STORE).is_file() else ()
    return read_lessons(bot, home, load_template(settings.shop_name), settings, turns)
