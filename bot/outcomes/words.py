"""What the words of one message tell about how it goes: small talk, relief, and signs that the bot has failed.

The phrases are in `words.yml`, in English and German, the same for every arm, whatever answered. A message in another
language is a question without a sign.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import yaml

from backends.content.words import plain

LISTS = Path(__file__).with_name("words.yml")
LONGEST_SMALL_TALK = 80
"""Characters; longer texts tell something."""
FEW_WORDS = 2
"""Content words beside the sign itself up to which a message is a remark, not a question."""
LONGEST_REMARK = 10
"""Words of a remark on an answer."""
LEAST_CAPITALS, CAPITALS = 8, 0.8
"""Letters a text has at least, and the share of capitals among them, to be shouted."""
SIGNS = ("asked_person", "complaint", "anger", "gave_up")

_MASK = re.compile(r"\[[a-z][a-z0-9_]*\]")
_LOUD = re.compile(r"!!|\?!|!\?|\?\?\?")
_WORD = re.compile(r"[^\W\d_]{2,}")
_UNHAPPY = re.compile("[👎😠😡🤬😤🖕]")


@dataclass(frozen=True, slots=True)
class Heard:
    """What the words of one message tell."""

    is_small_talk: bool = False
    """It asks nothing: a greeting, thanks, yes or no, or no word at all."""
    is_thanks: bool = False
    """Or praise."""
    is_closing: bool = False
    """A remark on the answer that asks for nothing more: thanks with more words, "fine, I had hoped for more"."""
    says_solved: bool = False
    signs: tuple[str, ...] = ()
    """Of failure: those of `SIGNS`, and `loud` for "!!"."""
    is_remark: bool = False
    """There is nothing in it but its signs: whatever is replied to it answers no question."""
    is_capitals: bool = False
    asks: bool = False
    """There is a question mark in it, or a word of questions and requests."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The phrases, ready to be searched for in a text in `plain` form."""

    small_talk: re.Pattern[str]
    thanks: re.Pattern[str]
    praise: re.Pattern[str]
    acknowledged: re.Pattern[str]
    requests: re.Pattern[str]
    solved: re.Pattern[str]
    denial: re.Pattern[str]
    signs: dict[str, re.Pattern[str]]
    holding: re.Pattern[str]
    closing: re.Pattern[str]
    asks: re.Pattern[str]
    empty: frozenset[str]


@cache
def lists() -> Lists:
    """Read `words.yml`."""
    table: dict[str, str] = yaml.safe_load(LISTS.read_text(encoding="utf-8"))
    phrases = {name: lines.splitlines() for name, lines in table.items()}
    return Lists(
        small_talk=re.compile(rf"(?:(?:{'|'.join(phrases['small_talk'])})(?: |\Z))+"),
        thanks=_any(phrases["thanks"]),
        praise=_any(phrases["praise"]),
        acknowledged=_any(phrases["acknowledged"]),
        requests=_any([*phrases["asks"], *phrases["requests"]]),
        solved=_any(phrases["solved"]),
        denial=_any(phrases["not"]),
        signs={name: _any(phrases[name]) for name in SIGNS},
        holding=_any(phrases["holding"]),
        closing=_any(phrases["closing"]),
        asks=_any(phrases["asks"]),
        empty=frozenset(table["empty"].split()),
    )


@cache
def lists_hash() -> str:
    """Name the phrases by what they are."""
    return hashlib.sha256(LISTS.read_bytes()).hexdigest()


def _any(phrases: Iterable[str]) -> re.Pattern[str]:
    """Find any of the phrases in a text between two spaces; the literal space in front is what makes it quick."""
    parts = [rf"(?<=\A ){phrase[2:]}(?= \Z)" if phrase.startswith("= ") else phrase for phrase in phrases]
    return re.compile(rf" (?:{'|'.join(parts)})(?= )")


def _spaced(text: str) -> str:
    return f" {plain(text)} "


@lru_cache(maxsize=20_000)
def hear(text: str) -> Heard:
    """Take in one message of a customer, as stored."""
    known, said = lists(), _spaced(_MASK.sub(" ", text))
    if not _WORD.search(said):
        is_value = any(character.isalnum() for character in text)
        return Heard(is_small_talk=not is_value, signs=("anger",) if _UNHAPPY.search(text) else ())
    is_thanks = bool(known.thanks.search(said) or known.praise.match(said))
    if len(said) <= LONGEST_SMALL_TALK and known.small_talk.fullmatch(said, 1):
        return Heard(is_small_talk=True, is_thanks=is_thanks)
    signs = tuple(name for name, sign in known.signs.items() if sign.search(said))
    says_solved = _says_solved(text, said)
    is_remark = bool(signs or says_solved) and _is_remark(text, said)
    if says_solved and is_remark:
        return Heard(is_thanks=is_thanks, says_solved=True, is_remark=True)
    asks = "?" in text or known.requests.search(said) is not None
    is_short = len(said.split()) <= LONGEST_REMARK and not any(character.isdigit() for character in said)
    is_closing = is_short and not asks and not signs and (is_thanks or known.acknowledged.match(said) is not None)
    if not is_thanks and _LOUD.search(text):
        signs = (*signs, "loud")
    return Heard(
        is_thanks=is_thanks,
        is_closing=is_closing,
        signs=signs,
        is_remark=is_remark,
        is_capitals=not is_thanks and _is_capitals(text),
        asks=asks,
    )


def matter(text: str) -> int:
    """Count the words that say something about the matter."""
    return sum(1 for word in plain(_MASK.sub(" ", text)).split() if word not in lists().empty)


def _says_solved(text: str, said: str) -> bool:
    known = lists()
    if "?" in text or not known.solved.search(said) or known.denial.search(said):
        return False
    return not known.asks.search(known.solved.sub(" ", said))


def _is_remark(text: str, said: str) -> bool:
    """Whether little is left, and no question, when what the signs are made of is taken away."""
    known = lists()
    for sign in (*known.signs.values(), known.solved):
        said = sign.sub(" ", said)
    left = sum(1 for word in said.split() if word not in known.empty and not known.small_talk.fullmatch(word))
    return left == 0 or (left <= FEW_WORDS and "?" not in text and not known.asks.search(said))


def _is_capitals(text: str) -> bool:
    shown = _MASK.sub(" ", text)
    letters = [letter for letter in shown if letter.isalpha()]
    is_long = len(letters) >= LEAST_CAPITALS and len(_WORD.findall(shown)) > 1
    return is_long and sum(letter.isupper() for letter in letters) >= CAPITALS * len(letters)


@lru_cache(maxsize=2_000)
def asks_back(text: str) -> bool:
    """Whether a person's message ends with a question that is more than "anything else?"."""
    ending = text.rstrip()
    return ending.endswith("?") and lists().closing.search(_spaced(ending[-120:])) is None


@lru_cache(maxsize=2_000)
def is_holding(text: str) -> bool:
    """Whether a person only says that the answer will come."""
    return len(text) <= LONGEST_SMALL_TALK and lists().holding.search(_spaced(text)) is not None
