"""The host's own few texts: what is said when no backend answers. A bot's `responses.yml` may replace them."""

from collections.abc import Callable

from backends.contract import QuickReply
from bot.store.operations import Phrase, Phrases

TALK_TO_HUMAN = "/talk_to_human"
"""Payload of every button that asks for a person."""
BACK_TO_BOT = "/back_to_bot"
"""Payload of the button with which a customer leaves the queue."""

_TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "fallback": "I am not sure I understood that. Could you say it in other words?",
        "handoff": "I am passing this on to a person. Please stay here, somebody will reply as soon as possible.",
        "handoff_nobody": "Nobody is on duty right now. Leave your message here and we will get back to you.",
        "talk": "Talk to a person",
        "back": "I am back. What can I do for you?",
        "to_bot": "Go on with the assistant",
    },
    "de": {
        "fallback": "Das habe ich leider nicht verstanden. Könnten Sie es anders formulieren?",
        "handoff": "Ich gebe das an einen Menschen weiter. Bitte bleiben Sie hier, es meldet sich gleich jemand.",
        "handoff_nobody": "Gerade ist niemand im Dienst. Hinterlassen Sie Ihre Nachricht, wir melden uns.",
        "talk": "Mit einem Menschen sprechen",
        "back": "Da bin ich wieder. Was kann ich für Sie tun?",
        "to_bot": "Mit dem Assistenten weitermachen",
    },
}
_RESPONSES = {"fallback": "utter_fallback", "handoff": "utter_handoff_queued", "handoff_nobody": "utter_handoff_nobody"}

Override = Callable[[str], Phrase | None]
"""A response of the bot folder by name, or None when it has none."""


def build(override: Override, *, on_duty: bool, default: str) -> Phrases:
    """Make the function that finds a phrase.

    Args:
        override: asked first, for customers of the default language.
        on_duty: whether anybody answers the queue.
        default: language of the bot folder's own responses.
    """

    def phrase(name: str, language: str) -> Phrase:
        key = "handoff_nobody" if name == "handoff" and not on_duty else name
        short = language.partition("-")[0].lower()
        texts = _TEXTS.get(short, _TEXTS["en"])
        to_bot = (QuickReply(texts["to_bot"], BACK_TO_BOT),) if name == "handoff" else ()
        is_own = key in _RESPONSES and (short == default or short not in _TEXTS)
        own = override(_RESPONSES[key]) if is_own else None
        if own is not None:
            return Phrase(own.text, (*own.quick_replies, *to_bot))
        to_person = (QuickReply(texts["talk"], TALK_TO_HUMAN),) if key == "fallback" else ()
        return Phrase(texts[key], (*to_person, *to_bot))

    return phrase
