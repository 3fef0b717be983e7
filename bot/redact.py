"""Masks payment cards, IBANs, e-mail addresses and phone numbers before anything is stored. Pure.

It keeps order numbers, prices, dates, postcodes and tracking numbers: a bot that cannot see an order number is of no
use. It does not know names or street addresses. Every pass takes time linear in the length of the text: runs of
digits are split once and looked at through windows of bounded size, never by backtracking.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple

Span = tuple[int, int]
CARD_DIGITS, PHONE_DIGITS = range(13, 20), range(7, 16)
"""How many digits they have. Source: ISO/IEC 7812-1 and ITU-T E.164."""
BEFORE, AFTER = 40, 12
"""Characters around a number that tell what it is."""


def redact(text: str) -> str:
    """Replace personal numbers and addresses by `[card]`, `[iban]`, `[email]` and `[phone]`.

    Digits and signs of other scripts, full-width forms and invisible characters between digits do not hide a number.
    All else is returned as it came.
    """
    for find, mark in ((_emails, "[email]"), (_ibans, "[iban]"), (_cards, "[card]"), (_phones, "[phone]")):
        text = _replace(text, find, mark)
    return text


class _Folded(NamedTuple):
    """A text in plain characters, and for each of them the index it has in the original."""

    text: str
    origin: list[int] | range


def _replace(text: str, find: Callable[[str], Iterator[Span]], mark: str) -> str:
    folded = _fold(text)
    pieces, done = [], 0
    for start, end in find(folded.text):
        first, last = folded.origin[start], folded.origin[end - 1]
        if first >= done:
            pieces += [text[done:first], mark]
            done = last + 1
    return "".join([*pieces, text[done:]]) if pieces else text


def _fold(text: str) -> _Folded:
    if text.isascii():
        return _Folded(text.replace("\t", " "), range(len(text)))
    plain: list[str] = []
    origin: list[int] = []
    for index, character in enumerate(text):
        for part in _plain(character):
            plain.append(part)
            origin.append(index)
    return _Folded("".join(plain), origin)


def _plain(character: str) -> str:
    if character.isascii():
        return " " if character == "\t" else character
    decimal = unicodedata.decimal(character, None)
    if decimal is not None:
        return str(decimal)
    match unicodedata.category(character):
        case "Cf" | "Mn" | "Me":
            return ""
        case "Zs":
            return " "
        case "Pd":
            return "-"
    if character in "·•。":
        return "."
    compatible = unicodedata.normalize("NFKC", character)
    return compatible if len(compatible) <= 4 and compatible.isascii() else character


def first_email(text: str) -> str | None:
    """Find the first e-mail address in a text; None when there is none."""
    span = next(_emails(text), None)
    return None if span is None else text[span[0] : span[1]].replace(" ", "")


# --- e-mail ------------------------------------------------------------------------------------------------

LOCAL_SIGNS = frozenset("._%+-'")
TOP_LEVEL = re.compile(r"[^\W\d_]{2,}|xn--[a-z0-9-]+", re.IGNORECASE)


def _emails(text: str) -> Iterator[Span]:
    at = text.find("@")
    while at >= 0:
        span = _email_around(text, at)
        if span:
            yield span
        at = text.find("@", at + 1)


def _email_around(text: str, at: int) -> Span | None:
    end = at - (text[at - 1 : at] == " ")
    start = end
    while start and (text[start - 1].isalnum() or text[start - 1] in LOCAL_SIGNS):
        start -= 1
    while start < end and text[start] in ".'":
        start += 1
    domain = stop = at + 1 + (text[at + 1 : at + 2] == " ")
    while stop < len(text) and (text[stop].isalnum() or text[stop] in ".-"):
        stop += 1
    while stop > domain and text[stop - 1] in ".-":
        stop -= 1
    host, _, last = text[domain:stop].rpartition(".")
    return (start, stop) if start < end and host and TOP_LEVEL.fullmatch(last) else None


# --- IBAN --------------------------------------------------------------------------------------------------

IBAN_LENGTHS = {
    15: "NO", 16: "BE", 18: "DK FI FO GL NL", 19: "MK SI", 20: "AT BA EE KZ LT LU XK", 21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "PT", 26: "IS TR", 27: "FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HU LB NI PL SV", 29: "BR EG PS QA UA",
    30: "JO KW MU", 31: "MT SC", 32: "LC", 33: "RU",
}  # fmt: skip
"""Characters of an account number by country. Source: SWIFT IBAN registry."""
IBAN_LENGTH = {country: length for length, countries in IBAN_LENGTHS.items() for country in countries.split()}
IBAN_START = re.compile(r"(?<![^\W_])[A-Za-z]{2}[ -]?\d[ -]?\d")
ALNUM = re.compile(r"[A-Za-z0-9]")


def _ibans(text: str) -> Iterator[Span]:
    for match in IBAN_START.finditer(text):
        length = IBAN_LENGTH.get(match[0][:2].upper(), 0)
        compact, end = _compact(text, match.start(), length)
        if len(compact) == length > 0 and not ALNUM.match(text, end) and is_iban(compact):
            yield match.start(), end


def _compact(text: str, start: int, length: int) -> tuple[str, int]:
    """Read `length` letters and digits, skipping single spaces and dashes, and tell where they end."""
    found: list[str] = []
    index = start
    while index < len(text) and len(found) < length:
        if ALNUM.match(text[index]):
            found.append(text[index])
        elif text[index] not in " -" or text[index - 1] in " -":
            break
        index += 1
    return "".join(found), index


def is_iban(compact: str) -> bool:
    """Tell whether the check digits of an account number without spaces are right.

    Source: ISO 7064, MOD 97-10.
    """
    digits = "".join(str(int(character, 36)) for character in compact[4:] + compact[:4])
    return int(digits) % 97 == 1


# --- runs of digits ----------------------------------------------------------------------------------------

RUN = re.compile(r"(?<![+(])[+(]{0,2}\d+(?:[ \-./()_]{1,3}\d+)*")
GROUP = re.compile(r"\d+")


class _Run(NamedTuple):
    """A run of digits, split at its separators."""

    text: str
    digits: str
    sizes: tuple[int, ...]
    """Digits in each group."""
    starts: list[int]
    """Where each group begins in the text."""


class _Window(NamedTuple):
    """Some neighbouring groups of digits of one run."""

    run: _Run
    first: int
    last: int
    digits: str

    @property
    def shape(self) -> tuple[int, ...]:
        return self.run.sizes[self.first : self.last + 1]

    @property
    def is_cut(self) -> bool:
        """It cuts through groups of equal size, as in a long tracking number."""
        sizes, first, last = self.run.sizes, self.first, self.last
        return (first > 0 and sizes[first - 1] == sizes[first]) or sizes[last : last + 1] == sizes[last + 1 : last + 2]

    @property
    def separators(self) -> str:
        return re.sub(r"\d", "", self.run.text[self.start : self.end])

    @property
    def lead(self) -> str:
        """The signs right before it."""
        return self.run.text[max(0, self.start - 2) : self.start]

    @property
    def start(self) -> int:
        return self.run.starts[self.first]

    @property
    def end(self) -> int:
        return self.run.starts[self.last] + self.run.sizes[self.last]

    @property
    def before(self) -> str:
        return self.run.text[max(0, self.start - BEFORE) : self.start]

    @property
    def after(self) -> str:
        return self.run.text[self.end : self.end + AFTER]


def _windows(run: _Run, sizes: range) -> Iterator[list[_Window]]:
    """For each group of a run, the windows that begin there, longest first."""
    begin = 0
    for first, own in enumerate(run.sizes):
        found: list[_Window] = []
        size = 0
        for last in range(first, len(run.sizes)):
            size += run.sizes[last]
            if size >= sizes.stop:
                break
            if size >= sizes.start:
                found.append(_Window(run, first, last, run.digits[begin : begin + size]))
        begin += own
        yield found[::-1]


def _masked(text: str, sizes: range, is_it: Callable[[_Window], bool]) -> Iterator[Span]:
    for match in RUN.finditer(text):
        groups = list(GROUP.finditer(text, match.start(), match.end()))
        lengths = tuple(group.end() - group.start() for group in groups)
        run = _Run(text, "".join(group[0] for group in groups), lengths, [group.start() for group in groups])
        done = 0
        for windows in _windows(run, sizes):
            hit = next((window for window in windows if window.start >= done and is_it(window)), None)
            if hit is not None:
                done = hit.end
                yield _with_sign(hit), hit.end


def _with_sign(window: _Window) -> int:
    start = window.start
    while start and window.run.text[start - 1] in "+(":
        start -= 1
    return start


# --- payment cards -----------------------------------------------------------------------------------------

ISSUER = re.compile(r"4|5[1-5]|2[2-7]|3[47]|6")


def _cards(text: str) -> Iterator[Span]:
    return _masked(text, CARD_DIGITS, _is_card)


def _is_card(window: _Window) -> bool:
    digits = window.digits
    if not has_luhn(digits) or ("+" in window.lead and len(digits) in PHONE_DIGITS):
        return False
    shape = window.shape
    is_even = len(set(shape[:-1])) <= 1 and shape[-1] <= shape[0]
    if not is_even and min(shape[:-1]) < 3:
        return False
    is_glued = window.before[-1:].isalpha() or window.after[:1].isalpha()
    return not is_glued or bool(ISSUER.match(digits))


DOUBLED = str.maketrans("0123456789", "0246813579")


def has_luhn(digits: str) -> bool:
    """Tell whether the check digit of a card number is right.

    Source: ISO/IEC 7812-1, annex B.
    """
    return sum(map(int, digits[-1::-2] + digits[-2::-2].translate(DOUBLED))) % 10 == 0


# --- phone numbers -----------------------------------------------------------------------------------------

DATE = re.compile(
    r"(?<!\d)(?<!\d[-./])(?:(?:19|20)\d\d([-./])(?:1[0-2]|0?[1-9])\1(?:3[01]|[12]\d|0?[1-9])"
    r"|(?:3[01]|[12]\d|0?[1-9])([-./])(?:3[01]|[12]\d|0?[1-9])\2(?:(?:19|20)\d\d|\d\d))(?!\d)(?![-./]\d)"
)
TIME = re.compile(r"(?<!\d)[0-2]?\d:[0-5]\d(?::[0-5]\d)?(?!\d)")
COMPACT_DATE = re.compile(
    r"(?:3[01]|[12]\d|0[1-9])(?:1[0-2]|0[1-9])(?:19|20)\d\d|(?:19|20)\d\d(?:1[0-2]|0[1-9])[0-3]\d"
)
WORD = re.compile(
    r"(?P<phone>\b(?:tel|telefon\w*|(?:tele)?phone|mobile?|cell|call|whatsapp|sms|handy\w*|fax|text me|reach me)\b)"
    r"|(?P<other>\b(?:order|bestell\w*|invoice|rechnung\w*|track\w*|sendung\w*|parcel|package|paket\w*|shipment"
    r"|article|artikel\w*|item|customer|kunden\w*|ref(?:erence)?|sku|ean|isbn|voucher|code|postcode|zip|serial)\b)",
    re.IGNORECASE,
)
FILLER = re.compile(r"(?:\W|\b(?:number|numbers|nummer|no|nr|id|code|is|was|ist|reads|and)\b)*", re.IGNORECASE)
PRICE_BEFORE = re.compile(r"(?:[€$£¥]|\b(?:EUR|USD|GBP|CHF|euros?)) ?$", re.IGNORECASE)
PRICE_AFTER = re.compile(
    r" ?(?:[€$£¥%]|(?:EUR|USD|GBP|CHF|euros?|dollars?|k?g|m[lm]|cm|pcs|pieces|x)\b)", re.IGNORECASE
)
GLUED = re.compile(r"(?:[^\W_]-?|[#№_=])$")
POSTCODES = frozenset({(5, 3), (5, 4)})
LOCAL_SHAPES = frozenset({(3, 3, 3), (3, 2, 2, 2), (3, 3, 2, 2), (2, 3, 2, 2)})


def _phones(text: str) -> Iterator[Span]:
    plain = TIME.sub(_blank, DATE.sub(_blank, text))
    return _masked(plain, PHONE_DIGITS, _is_phone)


def _blank(match: re.Match[str]) -> str:
    return "\n" * len(match[0])


def _is_phone(window: _Window) -> bool:
    digits = window.digits
    if window.is_cut:
        return False
    if "+" in window.lead:
        return True
    context = _context(window.before)
    if context == "phone":
        return not COMPACT_DATE.fullmatch(digits)
    if context == "other" or GLUED.search(window.before) or window.after[:1].isalpha():
        return False
    if PRICE_BEFORE.search(window.before) or PRICE_AFTER.match(window.after):
        return False
    return _is_national(window) or _is_local(window)


def _context(before: str) -> str | None:
    """Tell what the nearest telling word says the number is."""
    last = max(WORD.finditer(before), key=re.Match.start, default=None)
    if last is None or (last.lastgroup == "other" and not FILLER.fullmatch(before[last.end() :])):
        return None
    return last.lastgroup


def _is_national(window: _Window) -> bool:
    """A number with its trunk prefix 0."""
    digits, shape = window.digits, window.shape
    if digits[0] != "0" or (len(digits) > 13 and not digits.startswith("00")):
        return False
    is_decimal = shape[0] == 1 and window.separators == "."
    is_postcode = shape in POSTCODES and window.separators == "-"
    return not is_decimal and not is_postcode and not (len(shape) == 1 and COMPACT_DATE.fullmatch(digits))


def _is_local(window: _Window) -> bool:
    """A number without a prefix, in one of the usual groupings."""
    shape, first = window.shape, window.digits[0]
    if "(" in window.lead and len(shape) > 1:
        return len(window.digits) <= 13 and len(window.shape) <= 5 and ")" in window.separators
    if shape == (1, 3, 3, 4):
        return first == "1"
    if shape == (3, 3, 4):
        return first in "23456789"
    if shape == (3, 4):
        return first in "23456789" and window.separators == "-"
    return shape in LOCAL_SHAPES and first in "56789" and set(window.separators) <= set(" -")
