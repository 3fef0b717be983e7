"""Tells whether a question needs what was said before to be understood. Pure."""

import re

from backends.rag.lexical import STOP_WORDS

FEW_WORDS = 1
"""A question with no more content words than this says too little by itself."""
_POINTS_BACK = re.compile(
    r"\b(?:it|its|that|this|these|those|they|them|ones?|instead|either|too)\b"
    r"|^(?:and|but|or|so|what about|how about|ok)\b",
    re.IGNORECASE,
)


def is_follow_up(text: str) -> bool:
    """Whether earlier messages should take part in the search; else a new topic would be searched under the old one."""
    words = [word for word in re.findall(r"[\w'-]+", text.lower()) if word not in STOP_WORDS]
    return len(words) <= FEW_WORDS or _POINTS_BACK.search(text) is not None
