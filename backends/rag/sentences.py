"""Cuts text into sentences, at once or as it streams in. Pure; knows nothing of models or articles."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_SHORT = "e.g i.e approx ca vs inc ltd st mr mrs ms dr prof incl excl resp z.b d.h u.a bzw"
_SHORT_BEFORE_NUMBERS = "no nr art fig sec tel jan feb mar apr jun jul aug sep sept oct nov dec"
_ABBREVIATIONS = frozenset(_SHORT.split())
_BEFORE_NUMBERS = frozenset(_SHORT_BEFORE_NUMBERS.split())
_CLOSERS = "\"'”’»)]"
_END = re.compile(rf"[.!?…]+[{re.escape(_CLOSERS)}]*(?=\s)|\n+")
_WORD_BEFORE = re.compile(r"[\w.]+$")

_MARKER = re.compile(r"(?:[-•*]|(\d{1,3})[.)])\s+")


class Span(NamedTuple):
    """A sentence and where it stands: `text == source[start:end]`, outer white space left out."""

    text: str
    start: int
    end: int


def without_marker(sentence: str) -> str:
    """Drop the bullet or number before a list item."""
    return _MARKER.sub("", sentence, count=1) if _MARKER.match(sentence) else sentence


def is_item(sentence: str) -> bool:
    """Tell whether a sentence opens a list item."""
    return _MARKER.match(sentence) is not None


def is_step(sentence: str) -> bool:
    """Tell whether a sentence opens an item of a numbered list."""
    match = _MARKER.match(sentence)
    return match is not None and match.group(1) is not None


def split_sentences(text: str) -> list[Span]:
    """Cut a text into sentences; a line break always ends one."""
    spans = []
    start = 0
    for end in (*_ends(text), len(text)):
        span = _trim(text, start, end)
        if span is not None:
            spans.append(span)
        start = end
    return spans


class SentenceStream:
    """Collects streamed pieces and gives each sentence back once it is certain to have ended."""

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, piece: str) -> list[str]:
        """Add a piece; return the sentences that are complete now, without outer white space."""
        self._rest += piece
        done: list[str] = []
        start = 0
        for end in _ends(self._rest):
            # A full stop followed by white space only may still turn out to be an abbreviation.
            if not self._rest[end:].strip() and self._rest[end - 1 : end] != "\n":
                break
            done.append(self._rest[start:end].strip())
            start = end
        self._rest = self._rest[start:]
        return [sentence for sentence in done if sentence]

    def flush(self) -> str:
        """Return what is left when the stream has ended; empty when nothing is."""
        rest, self._rest = self._rest.strip(), ""
        return rest


def _ends(text: str) -> Iterator[int]:
    for match in _END.finditer(text):
        if match.group().startswith("\n") or _is_end(text, match.start(), match.end()):
            yield match.end()


def _is_end(text: str, stop: int, after: int) -> bool:
    if text[stop] != "." or text[stop:after].rstrip(_CLOSERS) != ".":
        return True
    following = text[after:].lstrip(" \t")[:1]
    if following and (following.islower() or following in ",;:"):
        return False
    before = _WORD_BEFORE.search(text[:stop])
    if before is None:
        return True
    word = before.group().lower()
    if word in _BEFORE_NUMBERS:
        return not following.isdigit()
    is_list_number = word.isdigit() and not text[: before.start()].rpartition("\n")[2].strip()
    is_initial = len(word) == 1 and word.isalpha() and word not in {"i", "a"}
    return word not in _ABBREVIATIONS and not is_list_number and not is_initial


def _trim(text: str, start: int, end: int) -> Span | None:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    sentence = piece.strip()
    if not sentence:
        return None
    return Span(sentence, start + left, start + left + len(sentence))
