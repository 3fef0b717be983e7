"""Cuts an article into passages: by section, then by size, with offsets into the article. Pure.

Markdown is flattened to plain text on the way, since passages are embedded, quoted and shown to a model.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from backends.rag.articles import Article
from backends.rag.sentences import split_sentences

CHUNKER = "sections-4"
"""Version of this file's result; part of the index hash, so raise it when passages change."""
TARGET_WORDS = 150
MAX_WORDS = 180

_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_BULLET = re.compile(r"\s*(?:[-*+]|(\d{1,3})[.)])\s+")
_RULE = re.compile(r"\s*(?:[-*_]\s*){3,}$|\s*\|?[\s:|-]+\|[\s:|-]*$")
_INLINE = (
    (re.compile(r"!\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"\[([^\]]+)\]\([^)]*\)"), r"\1"),
    (re.compile(r"<(https?://[^>\s]+)>"), r"\1"),
    (re.compile(r"<!--.*?-->|</?[a-zA-Z][^>]*>"), ""),
    (re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])([*_])(?=\S)(.+?)(?<=\S)\1(?![\w*])"), r"\2"),
    (re.compile(r"`([^`]+)`"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!>|-])"), r"\1"),
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage: what is retrieved, cited and shown to the model."""

    id: str
    """`<article id>#<number>`, unique in an index."""
    article_id: str
    title: str
    url: str
    heading: str
    """Heading of its section, or empty for the text before the first one."""
    text: str
    """Plain text, paragraphs and list items on lines of their own; items keep a `-` or their number."""
    start: int
    end: int
    """Character offsets into the article's markdown body."""


class Block(NamedTuple):
    """A paragraph, list item or table row as plain text, with its place in the markdown."""

    text: str
    start: int
    end: int


class Section(NamedTuple):
    """A heading and the blocks below it."""

    heading: str
    blocks: tuple[Block, ...]


def chunk_articles(articles: Iterable[Article]) -> tuple[Chunk, ...]:
    """Cut several articles, keeping their order."""
    return tuple(chunk for article in articles for chunk in chunk_article(article))


def chunk_article(article: Article) -> list[Chunk]:
    """Cut one article into passages of about 120 to 180 words, none across a heading."""
    chunks: list[Chunk] = []
    for section in sections(article.body):
        for group in _groups(section.blocks):
            chunks.append(
                Chunk(
                    id=f"{article.id}#{len(chunks)}",
                    article_id=article.id,
                    title=article.title,
                    url=article.url,
                    heading=section.heading,
                    text="\n".join(block.text for block in group),
                    start=group[0].start,
                    end=group[-1].end,
                )
            )
    return chunks


def sections(body: str) -> list[Section]:
    """Take a markdown body apart into headings and plain-text blocks; empty sections are left out."""
    found: list[Section] = []
    heading = ""
    blocks: list[Block] = []
    for level, block in _blocks(body):
        if level:
            found.append(Section(heading, tuple(blocks)))
            heading, blocks = block.text, []
        elif block.text:
            blocks.append(block)
    found.append(Section(heading, tuple(blocks)))
    return [section for section in found if section.blocks]


def plain(markdown: str) -> str:
    """Drop inline markup of one line or paragraph; links and images keep their text."""
    for pattern, replacement in _INLINE:
        markdown = pattern.sub(replacement, markdown)
    return " ".join(markdown.split())


def _blocks(body: str) -> Iterator[tuple[int, Block]]:
    """Yield (heading level or 0, block); a block is a run of lines up to a blank one or a new list item."""
    open_lines: list[tuple[str, int, int]] = []
    fenced = False
    offset = 0
    for line in body.splitlines(keepends=True):
        start, offset = offset, offset + len(line)
        bare = line.strip()
        if bare.startswith(("```", "~~~")):
            fenced = not fenced
            bare = ""
        heading = None if fenced else _HEADING.match(bare)
        if heading or not bare or fenced or _BULLET.match(line) or bare.startswith("|") or _RULE.match(line):
            yield from _close(open_lines)
            open_lines = []
        if heading:
            yield len(heading.group(1)), Block(plain(heading.group(2)), start, offset)
        elif bare and not _RULE.match(line):
            open_lines.append((_content(line), start, start + len(line.rstrip())))
    yield from _close(open_lines)


def _content(line: str) -> str:
    bullet = _BULLET.match(line)
    if bullet:
        marker = f"{bullet.group(1)}." if bullet.group(1) else "-"
        return f"{marker} {line[bullet.end() :].strip()}"
    bare = line.strip().lstrip(">").strip()
    if bare.startswith("|"):
        bare = ", ".join(cell.strip() for cell in bare.strip("|").split("|") if cell.strip())
    return bare


def _close(lines: list[tuple[str, int, int]]) -> Iterator[tuple[int, Block]]:
    if lines:
        text = plain(" ".join(content for content, _, _ in lines))
        yield 0, Block(text, lines[0][1], lines[-1][2])


def _groups(blocks: Iterable[Block]) -> list[list[Block]]:
    """Pack blocks into groups of at most MAX_WORDS; a block beyond that is cut between sentences."""
    pieces = [piece for block in blocks for piece in _cut(block)]
    left = sum(_words(piece.text) for piece in pieces)
    groups: list[list[Block]] = []
    size = 0
    for piece in pieces:
        words = _words(piece.text)
        is_full = size + words > MAX_WORDS or (size >= TARGET_WORDS and left > MAX_WORDS - size)
        if not groups or is_full:
            groups.append([])
            size = 0
        groups[-1].append(piece)
        size += words
        left -= words
    return groups


def _cut(block: Block) -> Iterator[Block]:
    """Cut a long block between sentences; its pieces share the block's place in the markdown."""
    if _words(block.text) <= MAX_WORDS:
        yield block
        return
    sentences = [span.text for span in split_sentences(block.text)]
    piece: list[str] = []
    for sentence in sentences:
        if piece and _words(" ".join(piece)) + _words(sentence) > TARGET_WORDS:
            yield block._replace(text=" ".join(piece))
            piece = []
        piece.append(sentence)
    yield block._replace(text=" ".join(piece))


def _words(text: str) -> int:
    return len(text.split())
