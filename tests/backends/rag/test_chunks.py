"""Passages of an article."""

from backends.rag.articles import Article
from backends.rag.chunks import MAX_WORDS, chunk_article, plain, sections


def article(body: str) -> Article:
    """An article of this body."""
    return Article("a", "Title", "/a", "", body)


def test_a_passage_never_crosses_a_heading() -> None:
    chunks = chunk_article(article("Intro.\n\n## One\n\nFirst.\n\n## Two\n\nSecond.\n"))
    assert [(chunk.heading, chunk.text) for chunk in chunks] == [("", "Intro."), ("One", "First."), ("Two", "Second.")]
    assert [chunk.id for chunk in chunks] == ["a#0", "a#1", "a#2"]


def test_offsets_point_into_the_body() -> None:
    body = "Intro here.\n\n## One\n\nFirst line\nof a paragraph.\n\nNext.\n"
    chunk = chunk_article(article(body))[1]
    assert body[chunk.start : chunk.end] == "First line\nof a paragraph.\n\nNext."
    assert chunk.text == "First line of a paragraph.\nNext."


def test_a_long_section_is_cut_between_sentences() -> None:
    sentence = "This sentence has exactly seven words here. "
    chunks = chunk_article(article("## Long\n\n" + sentence * 60))
    assert len(chunks) > 2
    assert all(len(chunk.text.split()) <= MAX_WORDS for chunk in chunks)
    assert all(chunk.text.endswith("here.") for chunk in chunks)
    assert sum(len(chunk.text.split()) for chunk in chunks) == 420


def test_list_items_stay_on_lines_of_their_own_with_their_marker() -> None:
    text = chunk_article(article("Ways:\n\n* by card\n* by\n  phone\n\n1) Open\n2) Close\n"))[0].text
    assert text == "Ways:\n- by card\n- by phone\n1. Open\n2. Close"


def test_a_number_at_the_start_of_a_wrapped_line_is_no_list() -> None:
    assert chunk_article(article("between 6:00 and 18:\n00. Orders"))[0].text.startswith("between 6:00 and 18:")


def test_inline_markup_is_dropped() -> None:
    assert plain("See [the *page*](/help/x), `code` and **bold** ![pic](a.png)") == "See the page, code and bold pic"
    assert plain("5 * 3 * 2 and snake_case_word") == "5 * 3 * 2 and snake_case_word"


def test_tables_become_lines() -> None:
    found = sections("| Size | Price |\n|---|---|\n| S | 5 EUR |\n")
    assert [block.text for block in found[0].blocks] == ["Size, Price", "S, 5 EUR"]


def test_a_heading_in_a_code_block_is_text() -> None:
    found = sections("## Real\n\n```\n# not a heading\n```\n")
    assert [section.heading for section in found] == ["Real"]
    assert found[0].blocks[0].text == "# not a heading"
