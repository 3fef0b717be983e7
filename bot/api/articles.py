"""The bot's help articles as pages, so that citations lead somewhere. Markdown is rendered, HTML in it is not."""

from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter
from jinja2 import Environment, FileSystemLoader
from markdown_it import MarkdownIt
from starlette.responses import HTMLResponse

from backends.rag.articles import Article, article_paths, read_articles
from bot.api.access import TheHouse
from bot.api.description import FAILED
from bot.api.reading import readable
from bot.errors import NotFound

router = APIRouter(prefix="/help", tags=["pages"])
pages = Environment(loader=FileSystemLoader(Path(__file__).parent.parent / "templates"), autoescape=True)
markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


@readable(router, "", response_class=HTMLResponse)
def index(house: TheHouse) -> HTMLResponse:
    """List the articles by title."""
    articles = sorted(_articles(house.bot), key=lambda article: article.title)
    return _page("help_index.html", house.settings.bot.name, articles=articles)


@readable(router, "/{article_id}", response_class=HTMLResponse, responses=FAILED)
def article(article_id: str, house: TheHouse) -> HTMLResponse:
    """Show one article.

    Raises:
        NotFound: the bot folder has no such article.
    """
    for found in _articles(house.bot):
        if found.id == article_id:
            return _page("help_article.html", house.settings.bot.name, article=found, body=markdown.render(found.body))
    raise NotFound(f"no article {article_id!r}")


def _articles(bot: Path) -> tuple[Article, ...]:
    folder = bot / "articles"
    if not folder.is_dir():
        return ()
    return _read(folder, tuple((path.name, path.stat().st_mtime_ns) for path in article_paths(folder)))


@lru_cache(maxsize=2)
def _read(folder: Path, _state: tuple[tuple[str, int], ...]) -> tuple[Article, ...]:
    """Read them once for each state of the files."""
    return read_articles(folder).articles


def _page(template: str, shop: str, **values: object) -> HTMLResponse:
    return HTMLResponse(pages.get_template(template).render(shop=shop, **values))
