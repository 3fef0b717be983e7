"""The host's own few texts: what is said when no backend answers. A bot's `responses.yml` may replace them."""

from collections.abc import Callable, Mapping

from backends.contract import QuickReply
from bot.store.operations import Phrase, Phrases

TALK_TO_HUMAN = "/talk_to_human"
"""Payload of every button that asks for a person."""
BACK_TO_BOT = "/back_to_bot"
"""Payload of the button with which a customer leaves the queue."""
LEAVE_MESSAGE = "/leave_message"
"""Payload of the button with which a customer leaves a message instead of waiting."""

_TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "fallback": "I am not sure I understood that. Could you say it in other words?",
        "handoff": "I am passing this on to a person. Please stay here, somebody will reply as soon as possible.",
        "handoff_nobody": "Nobody is on duty right now. Leave your message here, with your e-mail address if we should"
        " write to you, and we will get back to you.",
        "leave": "Leave your message here, with your e-mail address if we should write to you. We will get back to"
        " you.",
        "place": "You are number {place} in line.",
        "place_estimate": "You are number {place} in line; it should take about {minutes} min.",
        "next_estimate": "You are next; it should take about {minutes} min.",
        "queue_timeout": "I am sorry, nobody could answer so far. I am back: shall we go on, or would you rather leave"
        " a message?",
        "operator_timeout": "I am sorry, there is no answer at the moment. I am back, and I can pass you on again.",
        "talk": "Talk to a person",
        "back": "I am back. What can I do for you?",
        "to_bot": "Go on with the assistant",
        "to_message": "Leave a message",
    },
    "de": {
        "fallback": "Das habe ich leider nicht verstanden. Könnten Sie es anders formulieren?",
        "handoff": "Ich gebe das an einen Menschen weiter. Bitte bleiben Sie hier, es meldet sich gleich jemand.",
        "handoff_nobody": "Gerade ist niemand im Dienst. Hinterlassen Sie Ihre Nachricht, auf Wunsch mit Ihrer"
        " E-Mail-Adresse, wir melden uns.",
        "leave": "Hinterlassen Sie Ihre Nachricht, auf Wunsch mit Ihrer E-Mail-Adresse. Wir melden uns.",
        "place": "Sie sind Nummer {place} in der Reihe.",
        "place_estimate": "Sie sind Nummer {place} in der Reihe; es dauert etwa {minutes} Min.",
        "next_estimate": "Sie sind als Nächstes dran; es dauert etwa {minutes} Min.",
        "queue_timeout": "Leider konnte noch niemand antworten. Ich bin wieder da: Machen wir weiter, oder möchten Sie"
        " lieber eine Nachricht hinterlassen?",
        "operator_timeout": "Leider kommt gerade keine Antwort. Ich bin wieder da und kann Sie noch einmal verbinden.",
        "talk": "Mit einem Menschen sprechen",
        "back": "Da bin ich wieder. Was kann ich für Sie tun?",
        "to_bot": "Mit dem Assistenten weitermachen",
        "to_message": "Nachricht hinterlassen",
    },
}
_RESPONSES = {"fallback": "utter_fallback", "handoff": "utter_handoff_queued", "handoff_nobody": "utter_handoff_nobody"}

Override = Callable[[str], Phrase | None]
"""A response of the bot folder by name, or None when it has none."""


BUTTONS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "fallback": (("talk", TALK_TO_HUMAN),),
    "handoff": (("to_bot", BACK_TO_BOT), ("to_message", LEAVE_MESSAGE)),
    "handoff_nobody": (("to_bot", BACK_TO_BOT),),
    "leave": (("to_bot", BACK_TO_BOT),),
    "queue_timeout": (("talk", TALK_TO_HUMAN), ("to_message", LEAVE_MESSAGE)),
    "operator_timeout": (("talk", TALK_TO_HUMAN), ("to_message", LEAVE_MESSAGE)),
}
"""Under which phrase which buttons stand: title and payload."""


def build(override: Override, *, default: str) -> Phrases:
    """Make the function that finds a phrase.

    Args:
        override: asked first, for customers of the default language.
        default: language of the bot folder's own responses.
    """

    def phrase(name: str, language: str) -> Phrase:
        short = language.partition("-")[0].lower()
        texts = _TEXTS.get(short, _TEXTS["en"])
        buttons = tuple(QuickReply(texts[title], payload) for title, payload in BUTTONS.get(name, ()))
        is_own = name in _RESPONSES and (short == default or short not in _TEXTS)
        own = override(_RESPONSES[name]) if is_own else None
        if own is None:
            return Phrase(texts[name], buttons)
        return Phrase(own.text, (*own.quick_replies, *(() if name == "fallback" else buttons)))

    return phrase
