"""What customers ask often and nobody answers: unanswered questions in groups of the same wish. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from backends.rag.lexical import STOP_WORDS
from backends.rag.tokens import stem
from bot.labelling import words_of
from bot.store.usage import Unanswered

ALIKE = 0.5
"""Share of telling words in common from which two questions are about the same."""
EXAMPLES = 5


@dataclass(slots=True)
class Wish:
    """Questions about the same matter."""

    words: frozenset[str]
    texts: Counter[str] = field(default_factory=Counter)
    """Different wordings, with how often each came."""

    @property
    def n(self) -> int:
        """How often it was asked."""
        return self.texts.total()


def missing(questions: Sequence[Unanswered], *, least: int = 2, most: int = 50) -> list[Wish]:
    """Group questions by the words that tell what they are about; the most frequent first.

    Args:
        questions: in any order.
        least: what was asked less often is left out.
        most: how many groups at most.
    """
    wordings: defaultdict[str, list[str]] = defaultdict(list)
    for question in questions:
        wordings[words_of(question.text)].append(question.text)
    groups: list[Wish] = []
    by_word: defaultdict[str, list[Wish]] = defaultdict(list)
    for key, texts in sorted(wordings.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        words = telling(key)
        if not words:
            continue
        wish = _nearest(words, by_word)
        if wish is None:
            wish = Wish(words)
            groups.append(wish)
            for word in words:
                by_word[word].append(wish)
        wish.texts[texts[0]] += len(texts)
    found = [wish for wish in groups if wish.n >= least]
    return sorted(found, key=lambda wish: -wish.n)[:most]


def telling(words: str) -> frozenset[str]:
    """The words that say what a text is about."""
    return frozenset(
        stem(word) for word in words.split() if word not in STOP_WORDS and len(word) > 1 and not word.isdecimal()
    )


def _nearest(words: frozenset[str], by_word: defaultdict[str, list[Wish]]) -> Wish | None:
    near: Iterable[Wish] = {id(wish): wish for word in words for wish in by_word.get(word, ())}.values()
    shared = [(len(words & wish.words) / len(words | wish.words), wish) for wish in near]
    best = max(shared, key=lambda pair: pair[0], default=None)
    return best[1] if best is not None and best[0] >= ALIKE else None
