"""The `intent` backend: a fine-tuned classifier in front of the bot folder's content."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from backends.classified.answering import Classified
from backends.classified.live import Live
from backends.content.accepted import ACCEPTED
from backends.content.reload import Reloading
from backends.contract import Place
from backends.intent.classifier import Classifier
from backends.intent.settings import IntentSettings


class Intent(Classified):
    """The bundle that was promoted, with replies, flows and actions."""

    name = "intent"


def load(settings: Mapping[str, Any], place: Place) -> Intent:
    """Build from `[backends.intent]`; a missing or damaged bundle shows in `status`, not here.

    Raises:
        ValueError: the settings are wrong, or the content of the bot folder is broken.
    """
    section = IntentSettings.model_validate(settings)
    live = Live(
        place.home,
        partial(Classifier.load, threads=section.threads),
        max_batch=section.max_batch,
        watches=place.serves,
    )
    content = Reloading(place.bot, webhook_secret=section.secret, accepted=place.home / ACCEPTED)
    live.open_current()
    return Intent(live, content, languages=section.languages, home=place.home)
