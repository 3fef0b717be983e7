"""Checks a generated sentence against the passages it rests on, before anybody sees it. Pure.

The rule is strict on purpose, since the model behind it may be tiny: a sentence passes when it says, in the order of
the source, what one passage sentence (or two neighbours) says, adds no word of its own that carries meaning, and
loses no number, name, negation or condition. It does not know models, prompts or retrieval.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from backends.rag.sentences import is_item, is_step, split_sentences, without_marker
from backends.rag.tokens import DROPPABLE, Kind, Token, tokens

_LEAD = re.compile(
    r"^(?:(?:the\s+)?answer(?:\s+to\s+(?:the|your)\s+question)?\s+is\s*:\s*"
    r"|(?:yes|no|sure|certainly|of course|okay|ok|hello|hi|answer|a|note)\s*[,:.!]\s*"
    r"|(?:according to|based on|as per)\s+(?:the\s+)?(?:\w+\s+){0,2}(?:passages?|articles?|text|page)[^,]{0,20},\s*"
    r"|(?:passages?|articles?)\s*\[?\d+\]?\s*[:,.]?\s*(?:says|states)?\s*(?:that\s+)?)+",
    re.IGNORECASE,
)
_MARK = re.compile(r"\s*[\[(](?:passage\s*)?\d{1,2}(?:\s*,\s*\d{1,2})*[\])]|\*\*|^[-*•]\s+|^\d{1,2}[.)]\s+|^#+\s*")
_POINTS_BACK = frozenset({"it", "they", "this", "these", "them"})
_FIXED = frozenset({Kind.NAME, Kind.NUMBER, Kind.UNIT, Kind.LIMIT})
_COMPARED = _FIXED | {Kind.CONTENT}
MIN_WORDS = 2


@dataclass(frozen=True, slots=True)
class Source:
    """A passage a sentence may rest on."""

    title: str
    heading: str
    text: str


class Verdict(NamedTuple):
    """Whether a sentence is supported, by what, or why not."""

    is_supported: bool
    why: str
    """`supported`, or what is wrong in words for operators."""
    source: int = -1
    """Number of the passage."""
    quote: str = ""
    """The passage's own sentence or sentences."""


class Candidate(NamedTuple):
    """One or two neighbouring sentences of a passage."""

    source: int
    quote: str
    sentences: tuple[tuple[Token, ...], ...]
    context: frozenset[str]
    """Words of title, heading, the first sentence and the one before: what a pronoun may stand for."""


class Grounding:
    """Checks sentences against a fixed set of passages and one question."""

    def __init__(self, sources: Sequence[Source], question: str) -> None:
        self._asked = frozenset(token.key for token in tokens(question) if token.kind is not Kind.LIMIT)
        self._candidates = [c for number, source in enumerate(sources) for c in _candidates(number, source)]

    def check(self, sentence: str) -> Verdict:
        """Judge one sentence, as `clean` returned it."""
        said = tokens(sentence)
        words = [token for token in said if token.kind in _COMPARED]
        if sentence.rstrip().endswith("?"):
            return Verdict(False, "asks instead of answering")
        if len(words) < MIN_WORDS:
            return Verdict(False, "says nothing that could be checked")
        nearest, why = -1, "no passage"
        for candidate in self._candidates:
            reason, matched = _compare(words, candidate, self._asked)
            if not reason:
                return Verdict(True, "supported", candidate.source, candidate.quote)
            if matched > nearest:
                nearest, why = matched, reason
        return Verdict(False, why)


def clean(sentence: str) -> str:
    """Drop what a model puts around a statement: "Yes,", "According to passage 2,", marks of citations and lists."""
    bare, before = sentence.strip(), ""
    while bare != before:
        before = bare
        bare = _LEAD.sub("", _MARK.sub("", bare).strip(), count=1).strip().strip('"').strip()
    return bare[:1].upper() + bare[1:]


def _candidates(number: int, source: Source) -> list[Candidate]:
    spans = [span.text for span in split_sentences(source.text)]
    parsed = [tuple(tokens(without_marker(text))) for text in spans]
    head = frozenset(t.key for t in (*tokens(source.title), *tokens(source.heading)) if t.kind in _COMPARED)
    # Under "What we do not match", an item alone would claim the contrary.
    hangs_on_heading = any(t.kind is Kind.LIMIT for t in tokens(source.heading or source.title))
    found = []
    lead: int | None = None
    for at, text in enumerate(spans):
        if not is_item(text):
            lead = at if text.endswith(":") else None
        elif lead is not None and not is_step(text):
            # Such an item means little or the contrary without the line above its list.
            found.append(Candidate(number, f"{spans[lead]} {text}", (parsed[lead], parsed[at]), head))
            continue
        elif hangs_on_heading:
            continue
        near = (*parsed[0], *parsed[at - 1]) if at else ()
        context = head | {token.key for token in near if token.kind in {Kind.CONTENT, Kind.NAME}}
        found.append(Candidate(number, text, (parsed[at],), context))
    for at in range(len(spans) - 1):
        if not is_item(spans[at]) and not is_item(spans[at + 1]):
            found.append(Candidate(number, f"{spans[at]} {spans[at + 1]}", (parsed[at], parsed[at + 1]), head))
    return found


def _compare(words: Sequence[Token], candidate: Candidate, asked: frozenset[str]) -> tuple[str, int]:
    """Say what is wrong ("" when nothing is) and how many words have a match."""
    source = [token for sentence in candidate.sentences for token in sentence if token.kind in _COMPARED]
    pairs = _align(words, source)
    matched = {left for left, _ in pairs}
    added = [token for at, token in enumerate(words) if at not in matched]
    points_back = any(token.key in _POINTS_BACK for sentence in candidate.sentences for token in sentence[:4])
    for token in added:
        is_referent = points_back and token.key in candidate.context and token.kind in {Kind.CONTENT, Kind.NAME}
        if not is_referent:
            return f"{_name(token)} is not in the passage, or not in this place", len(pairs)
    kept = {right for _, right in pairs}
    return _lost(candidate.sentences, kept, asked), len(pairs)


def _lost(sentences: Sequence[Sequence[Token]], kept: set[int], asked: frozenset[str]) -> str:
    """Name a word whose loss changes what the source says, or ""."""
    start = 0
    excused = asked
    for sentence in sentences:
        numbers = [start + n for n in range(sum(token.kind in _COMPARED for token in sentence))]
        start += len(numbers)
        mine = [number for number in numbers if number in kept]
        if not mine:
            return "rests on half of what it quotes"
        places = {number - numbers[0] for number in mine}
        reason = _lost_in(sentence, places, excused)
        if reason:
            return reason
        # The second of two sentences need not name again what the first has named.
        words = [token for token in sentence if token.kind in _COMPARED]
        excused |= {words[at].key for at in places if words[at].kind in {Kind.CONTENT, Kind.NAME}}
    return ""


def _lost_in(sentence: Sequence[Token], kept: set[int], asked: frozenset[str]) -> str:
    """As `_lost`, for one sentence; what follows the last kept word may go if it is a clause of its own."""
    last = max(kept)
    at = -1
    is_tail = False
    for token in sentence:
        if token.kind not in _COMPARED:
            is_tail = is_tail or (at == last and token.kind is Kind.BORDER)
            continue
        at += 1
        if at in kept or token.key in asked or token.key in DROPPABLE:
            continue
        if is_tail and at > last and token.kind is not Kind.LIMIT:
            continue
        return f"it leaves out {_name(token)}"
    return ""


def _align(left: Sequence[Token], right: Sequence[Token]) -> list[tuple[int, int]]:
    """Longest common subsequence by key, as pairs of places."""
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            if left[i].key == right[j].key:
                table[i][j] = table[i + 1][j + 1] + 1
            else:
                table[i][j] = max(table[i + 1][j], table[i][j + 1])
    pairs = []
    i = j = 0
    while i < len(left) and j < len(right):
        if left[i].key == right[j].key:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif table[i + 1][j] >= table[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def _name(token: Token) -> str:
    what = {Kind.NUMBER: "the number", Kind.UNIT: "the unit", Kind.LIMIT: "the condition", Kind.NAME: "the name"}
    return f"{what.get(token.kind, 'the word')} {token.key!r}"
