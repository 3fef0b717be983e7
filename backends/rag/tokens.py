"""Words with the part they play in a statement: what must match exactly, and what may come and go. Pure, English."""

import re
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple


class Kind(Enum):
    """What a word does in a statement."""

    CONTENT = auto()
    """Carries meaning."""
    NAME = auto()
    """A proper noun, address or code."""
    NUMBER = auto()
    UNIT = auto()
    """What a number counts, currencies and the per cent sign included."""
    LIMIT = auto()
    """Negation, condition, comparison, quantifier, obligation or hedge: adding or losing one changes the claim."""
    GLUE = auto()
    """Grammar; may be added and dropped."""
    BORDER = auto()
    """Punctuation or a conjunction between clauses."""


class Token(NamedTuple):
    """One word."""

    key: str
    """What is compared: a stem, a number in plain form, or the class of a limit."""
    kind: Kind


_GLUE_WORDS = """
a about again also am an and are as at be been being by can could did do does doing done for get gets got had has have
having he her here hers him his how i in into is it its itself just let may me might mine my of off on or our ours
out own she so such than that the their theirs them then there these they this those to too up us was we were what
when where which who whom whose why will with would you your yours yourself please simply however therefore thus
customer customers note regarding according article page passage help information following s t re ll ve d m
"""
GLUE = frozenset(_GLUE_WORDS.split()) - {"may", "might", "could", "or", "out", "off", "about"}
DROPPABLE = frozenset({"also", "therefore", "however", "please", "simply", "just", "too"})

_LIMITS = {
    "not": "not no never cannot neither nor none nobody nothing nowhere without n't hardly",
    "if": "if provided case",
    "unless": "unless",
    "except": "except excluding apart besides",
    "only": "only solely exclusively",
    "until": "until till",
    "before": "before",
    "after": "after",
    "within": "within",
    "during": "during",
    "least": "least minimum",
    "most": "most maximum",
    "more": "more over above exceeding",
    "less": "less under below fewer",
    "than": "than",
    "between": "between",
    "from": "from",
    "all": "all every each any both everything always",
    "some": "some several many few sometimes",
    "must": "must need needs needed required requires require mandatory",
    "should": "should ought",
    "may": "may might could perhaps maybe possibly",
    "usually": "usually mostly normally generally often typically",
    "about": "about approximately roughly around nearly almost approx",
    "or": "or either",
    "once": "once",
    "instead": "instead rather",
    "still": "still yet already anymore",
    "otherwise": "otherwise elsewhere else",
}
LIMITS = {word: name for name, words in _LIMITS.items() for word in words.split()}

_UNITS = {
    "eur": "eur euro euros €",
    "usd": "usd dollar dollars $",
    "gbp": "gbp pound pounds £",
    "chf": "chf francs",
    "%": "% percent",
    "second": "second seconds sec",
    "minute": "minute minutes min",
    "hour": "hour hours",
    "day": "day days",
    "working": "working business",
    "week": "week weeks",
    "month": "month months",
    "year": "year years",
    "time": "times",
    "point": "point points",
    "kg": "kg kilogram kilograms kilo kilos",
    "g": "g gram grams",
    "mm": "mm millimetre millimetres millimeter millimeters",
    "cm": "cm centimetre centimetres centimeter centimeters",
    "m": "metre metres meter meters",
    "km": "km kilometre kilometres kilometer kilometers",
    "l": "l litre litres liter liters",
    "ml": "ml millilitre millilitres",
    "degree": "degree degrees °c °",
}
UNITS = {word: name for name, words in _UNITS.items() for word in words.split()}

_NUMBER_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
NUMBERS = {word: str(value) for value, word in enumerate(_NUMBER_WORDS.split())}
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety hundred"
NUMBERS.update({word: str(value * 10) for value, word in enumerate(_TENS.split(), start=2)})
NUMBERS.update({"first": "1", "second": "2", "third": "3", "twice": "2", "half": "0.5", "double": "2"})

_TOKEN = re.compile(
    r"(?P<address>[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://\S+|(?:[\w-]+\.)+(?:com|org|net|example|eu|at|de)\b(?:/\S*)?|/[\w/-]{3,})"
    r"|(?P<time>\d{1,2}:\d{2})"
    r"|(?P<date>\d{4}-\d{2}-\d{2})"
    r"|(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?)(?:st|nd|rd|th)?(?=\W|$|[a-zA-Z%€°])"
    r"|(?P<symbol>[€$£%]|°C?)"
    r"|(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)?(?:[^\W_]*\d[\w-]*)?|\w+)"
    r"|(?P<border>[,;:()—–.!?\n])"
)
_RANGE = re.compile(r"(?<![\d-])(\d+(?:[.,:]\d+)*)\s*-\s*(\d+(?:[.,:]\d+)*)(?![\d-])")
_BORDER_WORDS = frozenset({"and", "but", "while", "whereas", "because", "so"})
_CONTRACTED = {"can't": "cannot", "won't": "will not", "cannot": "can not"}


def tokens(text: str) -> list[Token]:
    """Take a sentence apart, in order."""
    found: list[Token] = []
    for match in _TOKEN.finditer(_expand(text)):
        token = _token(match, is_first=not any(t.kind is not Kind.BORDER for t in found))
        if token.key == "m" and found and found[-1].kind is Kind.NUMBER:
            token = Token("m", Kind.UNIT)
        found.append(token)
    return found


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Cut the endings of inflection, so that `delivers`, `delivered` and `delivery` meet."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    if len(word) <= 3:
        return word
    for ending, replacement in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + replacement
            break
    if len(word) > 3 and word[-1] == word[-2] and (word[-1] not in "aeiouls" or (word[-1] == "l" and len(word) > 5)):
        word = word[:-1]
    word = word.removesuffix("e") if len(word) > 4 else word
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word


_ENDINGS = (
    ("ations", ""),
    ("ation", ""),
    ("ingly", ""),
    ("ments", "ment"),
    ("ities", "iti"),
    ("sses", "ss"),
    ("shes", "sh"),
    ("ches", "ch"),
    ("ies", "y"),
    ("ied", "y"),
    ("eed", "eed"),
    ("ing", ""),
    ("ers", "er"),
    ("ss", "ss"),
    ("us", "us"),
    ("is", "is"),
    ("ed", ""),
    ("s", ""),
)


def _expand(text: str) -> str:
    """Write contractions out, ranges apart and numbers clear of their units."""
    text = text.replace("’", "'").replace("–", "-").replace("—", " , ")
    for short, long in _CONTRACTED.items():
        text = re.sub(rf"\b{short}\b", long, text, flags=re.IGNORECASE)
    text = re.sub(r"n't\b", " not", text, flags=re.IGNORECASE)
    text = re.sub(r"(€|\$|£|\bEUR|\bUSD|\bGBP|\bCHF)\s?(\d[\d.,]*\d|\d)", r"\2 \1", text)
    return _RANGE.sub(r"\1 to \2", text)


def _token(match: re.Match[str], *, is_first: bool) -> Token:
    text = match.group()
    match match.lastgroup:
        case "address":
            return Token(text.lower().rstrip(".,;:!?)"), Kind.NAME)
        case "time" | "date":
            return Token(text, Kind.NUMBER)
        case "number":
            return Token(_plain_number(match.group("number")), Kind.NUMBER)
        case "symbol":
            return Token(UNITS[text.lower()], Kind.UNIT)
        case "border":
            return Token(text, Kind.BORDER)
    return _word(text, is_first=is_first)


def _word(text: str, *, is_first: bool) -> Token:
    word = text.lower().removesuffix("'s")
    if word in UNITS:
        return Token(UNITS[word], Kind.UNIT)
    if word in NUMBERS:
        return Token(NUMBERS[word], Kind.NUMBER)
    if word in LIMITS:
        return Token(LIMITS[word], Kind.LIMIT)
    if word in _BORDER_WORDS:
        return Token(word, Kind.BORDER)
    if word in GLUE:
        return Token(word, Kind.GLUE)
    is_name = (
        (text[0].isupper() and not is_first) or any(char.isdigit() for char in text) or text[1:] != text[1:].lower()
    )
    return Token(stem(word), Kind.NAME if is_name else Kind.CONTENT)


def _plain_number(text: str) -> str:
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        text = text.replace(",", "")
    whole, _, fraction = text.replace(",", ".").partition(".")
    fraction = fraction.rstrip("0")
    return f"{int(whole)}.{fraction}" if fraction else str(int(whole))
