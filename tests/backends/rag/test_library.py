"""A changed article is searched without a restart."""

from pathlib import Path
from typing import Any

import pytest

from backends.contract import BackendError, Place
from backends.rag.library import Library


def rewrite(bot: Path, text: str) -> None:
    """Change the warranty article."""
    path = bot / "articles" / "warranty.md"
    path.write_text(f"---\ntitle: Warranty\nurl: /help/warranty\n---\n\n{text}\n", encoding="utf-8")


def texts(library: Library) -> str:
    """Everything that can be found."""
    return " ".join(chunk.text for chunk in library.shelf.index.chunks)


async def test_a_changed_article_is_found_after_a_second(library: Library, bot: Path, clock: Any) -> None:
    before = library.current()
    rewrite(bot, "Batteries are covered for 9 months.")
    clock.now += 1.1
    assert library.current() is before, "the turn that notices is answered from the old shelf"
    after = await library.settled()
    assert "9 months" in texts(library)
    assert after.index.hash != before.index.hash


async def test_the_folder_is_looked_at_once_a_second_at_most(library: Library, bot: Path, clock: Any) -> None:
    rewrite(bot, "Batteries are covered for 9 months.")
    clock.now += 0.5
    library.current()
    await library.settled()
    assert "9 months" not in texts(library)


async def test_a_broken_article_keeps_the_old_index_until_it_is_mended(library: Library, bot: Path, clock: Any) -> None:
    before = library.shelf
    (bot / "articles" / "warranty.md").write_text("no front matter")
    clock.now += 2
    library.current()
    assert await library.settled() is before
    assert "warranty.md:1" in str(library.problems[0])
    rewrite(bot, "All is well.")
    clock.now += 2
    library.current()
    await library.settled()
    assert "All is well." in texts(library)
    assert library.problems == ()


async def test_a_new_article_and_a_removed_one_are_noticed(library: Library, bot: Path, clock: Any) -> None:
    (bot / "articles" / "express.md").unlink()
    (bot / "articles" / "new.md").write_text("---\ntitle: New\n---\nCanoes are new.")
    clock.now += 2
    library.current()
    await library.settled()
    assert {chunk.article_id for chunk in library.shelf.index.chunks} == {"returns", "warranty", "new"}


def test_without_an_encoder_words_alone_are_searched(place: Place) -> None:
    def none(_home: Path) -> Any:
        raise BackendError("no encoder")

    library = Library(place, load_encoder=none)
    assert library.warning == "search by words only: no encoder"
    assert library.shelf.index.vectors is None
    assert library.shelf.retriever.search(library.shelf.retriever.query("express cost"))


def test_a_bot_without_articles_says_so(tmp_path: Path, encoder: Any) -> None:
    library = Library(Place(tmp_path, tmp_path / "var"), load_encoder=lambda _home: encoder)
    assert "no articles in" in library.warning
    assert library.shelf.index.chunks == ()


def test_an_index_that_cannot_be_written_is_a_backend_error(bot: Path, tmp_path: Path, encoder: Any) -> None:
    (tmp_path / "var").write_text("a file in the way")
    with pytest.raises(BackendError, match="article index"):
        Library(Place(bot, tmp_path / "var"), load_encoder=lambda _home: encoder)


def test_a_given_weight_wins_over_the_fitted_one(place: Place, encoder: Any) -> None:
    library = Library(place, dense_weight=0.25, load_encoder=lambda _home: encoder)
    assert library.shelf.retriever.dense_weight == 0.25
