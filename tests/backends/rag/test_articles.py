"""Front matter and markdown of help articles."""

from pathlib import Path

import pytest

from backends.rag.articles import BrokenArticle, hash_articles, parse_article, read_articles

GOOD = "---\ntitle: Returns\nurl: /help/returns\nupdated: 2026-03-01\n---\n\nSend it back.\n"


def parse(text: str) -> str:
    """Parse and give the problem, or "" when there is none."""
    try:
        parse_article(Path("returns.md"), text)
    except BrokenArticle as exc:
        return str(exc)
    return ""


def test_a_good_article_keeps_its_front_matter_and_body() -> None:
    article = parse_article(Path("returns.md"), GOOD)
    assert (article.id, article.title, article.url, article.updated) == (
        "returns",
        "Returns",
        "/help/returns",
        "2026-03-01",
    )
    assert article.body.strip() == "Send it back."
    assert article.body_line == 6


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Send it back.", "returns.md:1: expected `---`"),
        ("---\ntitle: Returns\n\nSend it back.", "returns.md:1: the front matter is never closed"),
        ("---\nurl: /x\n---\nText", "returns.md:2: the front matter needs a `title`"),
        ("---\ntitle: A\nurl: ftp://x\n---\nText", "returns.md:3: `url` must be"),
        ("---\ntitle: A\nurl: //evil.example\n---\nText", "returns.md:3: `url` must be"),
        ("---\ntitle: A\nupdated: soon\n---\nText", "returns.md:3: `updated` must be a date"),
        ("---\ntitle: A\nauthor: B\n---\nText", "returns.md:3: unknown key 'author'"),
        ("---\ntitle: [\n---\nText", "returns.md:"),
        ("---\ntitle: A\n---\n\n", "returns.md:4: has no text"),
    ],
)
def test_a_broken_article_says_where_and_why(text: str, expected: str) -> None:
    assert parse(text).startswith(expected)


def test_without_a_url_the_article_is_found_under_its_name() -> None:
    assert parse_article(Path("size-guide.md"), "---\ntitle: Sizes\n---\nText").url == "/help/size-guide"


def test_a_broken_file_is_left_out_and_reported(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text(GOOD)
    (tmp_path / "bad.md").write_bytes(b"---\ntitle: A\n---\nCaf\xe9")
    reading = read_articles(tmp_path)
    assert [article.id for article in reading.articles] == ["good"]
    assert [str(problem) for problem in reading.problems] == ["bad.md:4: is not UTF-8: save the file as UTF-8"]


def test_two_articles_must_not_share_a_url(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(GOOD)
    (tmp_path / "b.md").write_text(GOOD)
    assert "has the url /help/returns, which a.md has too" in str(read_articles(tmp_path).problems[0])


def test_a_missing_folder_holds_no_articles(tmp_path: Path) -> None:
    assert read_articles(tmp_path / "nowhere") == ((), ())


def test_any_change_changes_the_hash() -> None:
    one = parse_article(Path("returns.md"), GOOD)
    other = parse_article(Path("returns.md"), GOOD.replace("back", "home"))
    assert hash_articles([one]) != hash_articles([other])
    assert hash_articles([one]) == hash_articles([one])
