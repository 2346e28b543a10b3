"""HTML → a document: the text that a browser shows, in its blocks. Broken markup is read as far as it goes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from msgspec.structs import replace

from mass_apology.wording.letter_text import Block, Builder, Document, Role, names_in

# A tag ends at the next bracket of either kind, so that no unclosed one is looked for twice.
_PIECE = re.compile(
    r"<(?P<close>/?)(?P<tag>[a-zA-Z][a-zA-Z0-9]*)(?P<attributes>[^<>]*)>"
    r"|(?P<comment><!--)"
    r"|(?P<other><[!?/][^<>]*>)"
    r"|(?P<entity>&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});)"
    r"|(?P<value>\{\{[^{}\n]{0,500}\}\})"
    r"|(?P<statement>\{%[^{}\n]{0,500}%\}|\{#[^{}\n]{0,500}#\})"
    r"|(?P<blank>\s+)"
)
_UNSEEN = frozenset({"head", "style", "script", "title", "template", "noscript"})
_ROLES = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), Role.HEADING),
    **dict.fromkeys(("li", "td", "th", "dt", "dd", "figcaption", "button"), Role.ITEM),
    "blockquote": Role.QUOTE,
}
_BLOCKS = frozenset(
    {"p", "div", "table", "tr", "ul", "ol", "dl", "tbody", "thead", "section", "article", "header", "footer", "main"}
    | {"hr", "body", "html", "center", "form", "pre", "address", "aside", "nav", "blockquote", *_ROLES}
)
_CELLS = frozenset({"td", "th"})
_SENTENCE = 30  # characters from which a cell that ends with a stop holds a sentence
_HIDDEN = re.compile(r"display\s*:\s*none|\bhidden\b", re.IGNORECASE)
_LANGUAGE = re.compile(r"<html[^<>]*\slang\s*=\s*[\"']?([a-zA-Z]{2,3})", re.IGNORECASE)
_TITLE = re.compile(r"<title[^<>]{0,200}>([^<>]{1,1000})</title>", re.IGNORECASE)
_ENTITY = re.compile(r"&#?\w{1,31};")
_HEAD = 10_000  # characters among which a title stands
_VOID = frozenset({"br", "hr", "img", "meta", "link", "input", "col", "wbr", "area", "base", "source"})


def stated_language(source: str) -> str:
    """The code in ``<html lang="…">``, or an empty string."""
    found = _LANGUAGE.search(source[:10_000])
    return found[1].lower() if found else ""


def read_html(source: str, *, is_template: bool, first_line: int = 1) -> Document:
    """A page, or a piece of one."""
    reader = _Reader(source, is_template=is_template)
    blocks = tuple(reader.blocks())
    return Document(
        source=source, blocks=blocks, names=frozenset(reader.names), is_template=is_template, first_line=first_line
    )


def read_page(source: str, *, is_template: bool) -> Document:
    """A page of its own: its title is the letter's subject, which those who send pages take it for."""
    page = read_html(source, is_template=is_template)
    found = None if is_template else _TITLE.search(source, 0, _HEAD)
    if found is None:
        return page
    builder = Builder(source)
    at, end = found.span(1)
    for entity in _ENTITY.finditer(source, at, end):
        builder.add(at, entity.start())
        builder.put(unescape(entity[0]), entity.start())
        at = entity.end()
    builder.add(at, end)
    subject = builder.block(Role.SUBJECT)
    return replace(page, blocks=(subject, *page.blocks)) if subject else page


class _Reader:
    """Goes from piece to piece; a tag that makes a block ends the block before it."""

    def __init__(self, source: str, *, is_template: bool) -> None:
        self._source = source
        self._is_template = is_template
        self._builder = Builder(source)
        self._roles: list[tuple[str, Role]] = []  # of the open tags that have one
        self._in_paragraph = False  # since the last tag that has a role
        self._unseen: list[str] = []  # open tags whose content nobody sees
        self._at = 0
        self.names: set[str] = set()

    def blocks(self) -> Iterator[Block]:
        no_comment_ends = False
        for found in _PIECE.finditer(self._source):
            if found.start() < self._at:
                continue
            self._text(found.start())
            self._at = found.end()
            if found["comment"]:
                end = -1 if no_comment_ends else self._source.find("-->", found.end())
                no_comment_ends = end < 0
                self._at = self._at if no_comment_ends else end + 3
            elif found["tag"]:
                yield from self._tag(found)
            else:
                self._piece(found)
        self._text(len(self._source))
        yield from self._ended()

    def _text(self, end: int) -> None:
        if not self._unseen and end > self._at:
            self._builder.add(self._at, end)

    def _piece(self, found: re.Match[str]) -> None:
        if self._unseen:
            return
        if found["entity"]:
            self._builder.put(unescape(found[0]), found.start())
        elif found["blank"]:
            self._builder.put(" ", found.start())
        elif not self._is_template and (found["value"] or found["statement"]):
            self._builder.add(*found.span())
        elif found["value"]:
            self.names.update(names_in(found[0]))
            self._builder.value(found.start())

    def _tag(self, found: re.Match[str]) -> Iterator[Block]:
        tag, closes = found["tag"].lower(), bool(found["close"])
        self._see(tag, found["attributes"], closes=closes)
        if tag == "br":
            if self._builder.ends_line():  # two of them part paragraphs
                yield from self._ended()
            self._builder.put("\n", found.start())
        if tag not in _BLOCKS:
            return
        yield from self._ended()
        self._in_paragraph = tag == "p" or (self._in_paragraph and tag not in _ROLES)
        if closes and self._roles and self._roles[-1][0] == tag:
            self._roles.pop()
        elif not closes and tag in _ROLES:
            self._roles.append((tag, _ROLES[tag]))

    def _see(self, tag: str, attributes: str, *, closes: bool) -> None:
        """Keep account of what is not shown."""
        if closes:
            if self._unseen and self._unseen[-1] == tag:
                self._unseen.pop()
        elif tag in _VOID or attributes.endswith("/"):
            return
        elif tag in _UNSEEN or (self._unseen and tag == self._unseen[-1]) or _HIDDEN.search(attributes):
            self._unseen.append(tag)

    def _ended(self) -> Iterator[Block]:
        tag, role = self._roles[-1] if self._roles else ("", Role.PROSE)
        block = self._builder.block(role)
        if block is not None:
            yield replace(block, role=Role.PROSE) if tag in _CELLS and self._is_running(block.text) else block

    def _is_running(self, text: str) -> bool:
        """Whether a cell holds running text: mails are laid out in tables."""
        return self._in_paragraph or text.endswith(",") or (text.endswith((".", "!", "?")) and len(text) > _SENTENCE)
