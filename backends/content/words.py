"""Yes, no and never mind by a small word list, so that a clear answer needs no classifier."""

import re

from pydantic import Field

from backends.settings import Section

_LONGEST = 6
"""Words; a longer text is left to the classifier."""


def plain(text: str) -> str:
    """Fold case, apostrophes, punctuation and white space: "No, don't!" becomes "no dont"."""
    return " ".join(re.sub(r"[^\w\s]", " ", re.sub(r"['’`]", "", text)).casefold().split())


def _split(listed: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in listed.split(","))


class Words(Section):
    """The `words:` table of `flows.yml`; all folded by `plain` before they are compared."""

    affirm: tuple[str, ...] = Field(
        _split(
            "yes, yeah, yep, yup, sure, ok, okay, correct, right, confirm, confirmed, go ahead, please do, do it, "
            "of course, definitely, that's right, that's correct, absolutely, y, ja, exactly, sounds good, perfect, "
            "great, fine, yes please"
        ),
        description="opens a short yes",
    )
    deny: tuple[str, ...] = Field(
        _split("no, nope, nah, nein, n, don't, do not, no thanks, rather not, better not, not now, not yet"),
        description="opens a short no",
    )
    cancel: tuple[str, ...] = Field(
        _split(
            "never mind, nevermind, nvm, forget it, forget about it, forget that, cancel that, stop, stop it, abort, "
            "leave it, drop it, quit, exit, start over, ignore that, scratch that"
        ),
        description="ends the flow",
    )
    hedges: tuple[str, ...] = Field(
        _split(
            "no, not, nope, dont, doesnt, isnt, wasnt, cant, wont, shouldnt, but, wait, wrong, except, only, unless, "
            "first, instead, if, maybe, never, stop, other, another, different, unsure, hold"
        ),
        description="single words, any of which takes the certainty out of a yes",
    )

    def is_cancel(self, text: str) -> bool:
        """Tell whether the customer drops the matter: a listed phrase, alone or after a short no."""
        said = plain(text)
        rest = said.removeprefix("oh ").removeprefix("no ").removeprefix("actually ").removeprefix("please ")
        rest = rest.removesuffix(" please").removesuffix(" thanks").removesuffix(" thank you")
        return any(option in (said, rest) for option in map(plain, self.cancel))

    def is_affirm(self, text: str) -> bool:
        """Tell whether it is a short, unhedged yes."""
        return self._opens(text, self.affirm) and not self.is_hedged(text)

    def is_deny(self, text: str) -> bool:
        """Tell whether it is a short no."""
        return self._opens(text, self.deny)

    def is_hedged(self, text: str) -> bool:
        """Tell whether a yes in it would not be plain: a question, or a word such as "but"."""
        return "?" in text or bool(set(plain(text).split()) & set(self.hedges))

    def is_bare_deny(self, text: str) -> bool:
        """Tell whether it is a no and nothing else: "no", but not "no idea"."""
        return plain(text) in map(plain, self.deny)

    def is_any(self, text: str) -> bool:
        """Tell whether it is nothing but one of the three, so that it is no value of an open question."""
        return self.is_cancel(text) or self.is_bare_deny(text) or plain(text) in map(plain, self.affirm)

    def _opens(self, text: str, options: tuple[str, ...]) -> bool:
        said = plain(text)
        if not said or "?" in text or len(said.split()) > _LONGEST:
            return False
        return any(f"{said} ".startswith(f"{option} ") for option in map(plain, options))
