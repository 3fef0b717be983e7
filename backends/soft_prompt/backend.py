"""The `soft_prompt` backend: a frozen encoder with a trained prompt in front of the bot folder's content."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from backends.bundle import PROMPTS
from backends.choice import PROMOTED, chosen
from backends.classified.answering import Classified
from backends.classified.live import Live
from backends.content.accepted import ACCEPTED
from backends.content.reload import Reloading
from backends.contract import Place
from backends.soft_prompt.classifier import PromptClassifier
from backends.soft_prompt.queue import lane_of
from backends.soft_prompt.settings import SoftPromptSettings


class SoftPrompt(Classified):
    """The prompt that the settings name, with replies, flows and actions."""

    name = "soft_prompt"


def load(settings: Mapping[str, Any], place: Place) -> SoftPrompt:
    """Build from `[backends.soft_prompt]`; a missing or damaged prompt shows in `status`, not here.

    Raises:
        ValueError: the settings are wrong, or the content of the bot folder is broken.
    """
    section = SoftPromptSettings.model_validate(settings)
    live = Live(
        place.home,
        partial(_open, home=place.home, threads=section.threads),
        max_batch=section.max_batch,
        watches=place.serves,
        shelf=PROMPTS,
        wanted=partial(chosen, wanted=section.prompt, shelf=PROMPTS),
        missing=_missing(section.prompt),
        queue_of=partial(lane_of, max_batch=section.max_batch),
    )
    content = Reloading(place.bot, webhook_secret=section.secret, accepted=place.home / ACCEPTED)
    live.open_current()
    return SoftPrompt(live, content, languages=section.languages, home=place.home)


def _open(folder: Path, *, home: Path, threads: int) -> PromptClassifier:
    return PromptClassifier.load(folder, home, threads=threads)


def _missing(wanted: str) -> str:
    if wanted == PROMOTED:
        return "no prompt; run `switchboard train --technique soft_prompt`"
    return f"no prompt {wanted!r}; see `switchboard models list --prompts`"
