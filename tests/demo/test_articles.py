"""The help articles are complete, of a readable length, linked to each other and do not repeat one another."""

import re
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

ARTICLES = Path(__file__).parents[2] / "demo" / "articles"
MIN_ARTICLES = 40
MIN_WORDS, MAX_WORDS = 150, 500
MIN_SECTIONS = 2
MIN_REPEATED_WORDS = 8
"""A sentence this long may stand in one article only."""

WORD = re.compile(r"[^\W_]+(?:[.,'-][^\W_]+)*")
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]*)\)")
SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+|\n")


class Article(NamedTuple):
    """One help article as it lies on the disk."""

    stem: str
    meta: dict[str, Any]
    body: str


def read_article(path: Path) -> Article:
    """Split a file into its front matter and its text."""
    opening, front_matter, body = path.read_text(encoding="utf-8").split("---\n", 2)
    assert opening == "", f"{path.name}: expected the file to begin with ---, got {opening!r}"
    return Article(path.stem, yaml.safe_load(front_matter), body)


def split_sentences(body: str) -> list[str]:
    """Give the sentences of a text as lower-cased words, without links, list marks and punctuation."""
    plain = LINK.sub(r"\1", body)
    return [" ".join(WORD.findall(part.lower())) for part in SENTENCE_END.split(plain)]


LIBRARY = [read_article(path) for path in sorted(ARTICLES.glob("*.md"))]


@pytest.fixture(params=LIBRARY, ids=lambda article: article.stem)
def article(request: pytest.FixtureRequest) -> Article:
    """Each article in turn."""
    found: Article = request.param
    return found


def test_there_are_enough_articles() -> None:
    assert len(LIBRARY) >= MIN_ARTICLES


def test_the_front_matter_has_a_title_an_address_and_a_date(article: Article) -> None:
    assert set(article.meta) == {"title", "url", "updated"}
    assert article.meta["title"].strip()
    assert article.meta["url"] == f"/help/{article.stem}"
    assert type(article.meta["updated"]) is date, "expected an ISO date such as 2026-03-10"


def test_titles_are_unique() -> None:
    titles = [article.meta["title"].casefold() for article in LIBRARY]
    assert len(set(titles)) == len(titles)


def test_the_file_name_is_in_kebab_case(article: Article) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", article.stem)


def test_the_text_is_neither_a_stub_nor_a_treatise(article: Article) -> None:
    n_words = len(WORD.findall(LINK.sub(r"\1", article.body)))
    assert MIN_WORDS <= n_words <= MAX_WORDS


def test_the_text_has_several_sections_and_none_is_empty(article: Article) -> None:
    _, *sections = re.split(r"^## ", article.body, flags=re.MULTILINE)
    assert len(sections) >= MIN_SECTIONS
    for section in sections:
        heading, _, text = section.partition("\n")
        assert heading.strip(), "a section without a heading"
        assert text.strip(), heading


def test_no_long_sentence_occurs_in_two_articles() -> None:
    places: defaultdict[str, set[str]] = defaultdict(set)
    for article in LIBRARY:
        for sentence in split_sentences(article.body):
            if len(sentence.split()) >= MIN_REPEATED_WORDS:
                places[sentence].add(article.stem)
    assert {sentence: stems for sentence, stems in places.items() if len(stems) > 1} == {}


def test_every_link_leads_to_another_article(article: Article) -> None:
    addresses = {other.meta["url"] for other in LIBRARY} - {article.meta["url"]}
    targets = [target for _, target in LINK.findall(article.body)]
    assert [target for target in targets if target not in addresses] == []
