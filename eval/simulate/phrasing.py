"""How a customer's words come out: with slips of the finger, in a hurry, with the values filled in. Pure."""

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from random import Random

from bot.scenarios import PLACEHOLDER

NEIGHBOURS = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "rzg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl",
    "p": "ol", "a": "qs", "s": "awd", "d": "sef", "f": "drg", "g": "fth", "h": "gyj", "j": "huk", "k": "jil",
    "l": "ko", "z": "xs", "x": "zcd", "c": "xvf", "v": "cbg", "b": "vnh", "n": "bmj", "m": "nk",
}  # fmt: skip
"""Keys beside a key."""
FIXED = re.compile(r"[\d@]")
"""Words with a digit or an at sign are copied, not typed: no slips in them."""


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the customer's values where their names stand."""
    return PLACEHOLDER.sub(lambda match: values[match[1]], text)


def pattern(fact: str, values: Mapping[str, str]) -> re.Pattern[str]:
    """Make the expression that looks for a fact; values are taken literally."""
    return re.compile(PLACEHOLDER.sub(lambda match: re.escape(values[match[1]]), fact), re.IGNORECASE)


def slip(text: str, rate: float, rng: Random, keep: Iterable[str] = ()) -> str:
    """Mistype letters.

    Args:
        rate: slips a letter, 0..1: a letter too many, too few, a wrong one, or two swapped, equally often.
        keep: words and values that stay as they are.

    Source: F. J. Damerau, CACM 7 (1964) 171-176: four in five misspelt words have one of these four.
    """
    if rate <= 0:
        return text
    kept = [part for part in keep if part]
    splitter = re.compile("(" + "|".join([*(re.escape(part) for part in kept), r"\s+"]) + ")")
    pieces = splitter.split(text)
    return "".join(
        piece if piece in kept or FIXED.search(piece) or piece.isspace() else _slipped(piece, rate, rng)
        for piece in pieces
        if piece
    )


def _slipped(word: str, rate: float, rng: Random) -> str:
    letters = list(word)
    out: list[str] = []
    while letters:
        letter = letters.pop(0)
        if not letter.isalpha() or rng.random() >= rate:
            out.append(letter)
            continue
        match rng.randrange(4):
            case 0:
                out += [letter, letter]
            case 1:
                pass
            case 2:
                out.append(rng.choice(NEIGHBOURS.get(letter.lower(), letter)))
            case _ if letters:
                out += [letters.pop(0), letter]
            case _:
                out.append(letter)
    return "".join(out) or word


def hurried(text: str) -> str:
    """Type without the shift key and without a full stop."""
    words = re.split(r"(\s+)", text.rstrip(".!? ") or text)
    return "".join(word if FIXED.search(word) else word.lower() for word in words)


def likeness(first: str, second: str) -> float:
    """Share of the letters that two texts have in common and in order, 0..1."""
    return SequenceMatcher(None, first.casefold(), second.casefold(), autojunk=False).ratio()


def last_paragraph(text: str) -> str:
    """What a reader sees last; the questions of a flow stand there."""
    return re.split(r"\n\s*\n", text.strip())[-1]
