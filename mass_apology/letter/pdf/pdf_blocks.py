"""A letter's body, as our own Markdown compiler wrote it in HTML, as blocks of data.

A customer's value is escaped in that HTML and so arrives here as text; what is data is never read as code again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser

from msgspec import Struct, field

_BLANKS = re.compile(r"[ \t\r\n]+")  # a no-break space is none
_STYLES = frozenset({"strong", "em", "code"})
_HEADING = re.compile(r"h([1-6])")
_CID = "cid:"

ISOLATED = ("\u2068", "\u2069")
"""What ``bdi`` says without markup: first strong isolate, and its end (Unicode, UAX #9)."""


class Run(Struct, frozen=True, kw_only=True):
    """Some words in one style, or a picture, or the end of a line."""

    text: str = ""
    styles: tuple[str, ...] = ()  # "strong", "em", "code"
    link: str = ""
    image: str = ""  # its name; ``text`` says what it shows
    ends_line: bool = False


class Block(Struct, frozen=True, kw_only=True):
    """A paragraph, or something that holds others; which of the fields count is told by its kind."""

    kind: str  # "paragraph", "heading", "list", "item", "quote", "table", "row", "cell", "rule", "preformatted"
    runs: tuple[Run, ...] = ()
    blocks: tuple[Block, ...] = ()
    level: int = 0  # of a heading, from 1
    start: int | None = None  # the first number of a numbered list


class _Open(Struct):
    """A block that has begun."""

    kind: str
    level: int = 0
    start: int | None = None
    runs: list[Run] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


def read_blocks(html: str) -> tuple[Block, ...]:
    """The blocks of a body."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return tuple(_levelled(reader.finished()))


def words(blocks: Iterable[Block]) -> str:
    """Everything that is written in some blocks, one after the other."""
    return "".join("".join(run.text for run in block.runs) + words(block.blocks) for block in blocks)


class _Reader(HTMLParser):
    _KINDS = {  # noqa: RUF012 (never changed)
        "p": "paragraph",
        "pre": "preformatted",
        "ul": "list",
        "ol": "list",
        "li": "item",
        "blockquote": "quote",
        "table": "table",
        "tr": "row",
        "th": "cell",
        "td": "cell",
    }

    def __init__(self) -> None:
        super().__init__()
        self._begun = [_Open("body")]
        self._styles: list[str] = []
        self._links: list[str] = []

    def finished(self) -> list[Block]:
        self._flush()
        return self._begun[0].blocks

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _STYLES:
            self._styles.append(tag)
        elif tag == "a":
            self._links.append(given.get("href", ""))
        elif tag == "br":
            self._begun[-1].runs.append(Run(ends_line=True))
        elif tag == "bdi":
            self._say(ISOLATED[0])
        elif tag == "img":
            name = given.get("src", "").removeprefix(_CID)
            self._begun[-1].runs.append(Run(text=given.get("alt", ""), image=name))
        else:
            self._begin(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag in _STYLES:
            self._styles.pop()
        elif tag == "a":
            self._links.pop()
        elif tag == "bdi":
            self._say(ISOLATED[1])
        elif tag in self._KINDS or _HEADING.fullmatch(tag):
            self._end()

    def handle_data(self, data: str) -> None:
        if self._begun[-1].kind == "preformatted":
            self._say(data)
        elif text := _BLANKS.sub(" ", data):
            self._say(text)

    def _say(self, text: str) -> None:
        link = self._links[-1] if self._links else ""
        self._begun[-1].runs.append(Run(text=text, styles=tuple(dict.fromkeys(self._styles)), link=link))

    def _begin(self, tag: str, given: dict[str, str]) -> None:
        heading = _HEADING.fullmatch(tag)
        if not (heading or tag in self._KINDS or tag == "hr"):  # thead and tbody tell nothing that rows do not
            return
        self._flush()
        if tag == "hr":
            self._begun[-1].blocks.append(Block(kind="rule"))
        elif heading:
            self._begun.append(_Open("heading", level=int(heading[1])))
        else:
            start = int(given.get("start", "1")) if tag == "ol" else None
            self._begun.append(_Open(self._KINDS[tag], start=start))

    def _end(self) -> None:
        done = self._begun[-1]
        runs: tuple[Run, ...] = ()
        if done.kind in {"paragraph", "heading", "cell", "preformatted"}:
            runs = tuple(done.runs) if done.kind == "preformatted" else _trimmed(done.runs)
        else:
            self._flush()
        self._begun.pop()
        if runs or done.blocks or done.kind == "cell":
            self._begun[-1].blocks.append(
                Block(kind=done.kind, runs=runs, blocks=tuple(done.blocks), level=done.level, start=done.start)
            )

    def _flush(self) -> None:
        """Words that stand beside blocks, as in the items of a tight list, are a paragraph."""
        around = self._begun[-1]
        if around.kind in {"body", "item", "quote"} and (runs := _trimmed(around.runs)):
            around.blocks.append(Block(kind="paragraph", runs=runs))
        around.runs.clear()


def _trimmed(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Without the blanks that HTML does not show: at both ends, beside a line's end, and more than one of them."""
    kept: list[Run] = []
    for run in runs:
        text = run.text
        if not kept or kept[-1].ends_line or kept[-1].text.endswith(" "):
            text = text.lstrip(" ")
        if run.ends_line or (text and run.image == ""):
            kept.append(_with_text(run, text))
        elif run.image:
            kept.append(run)
    while kept and not kept[-1].image and not (text := kept[-1].text.rstrip(" ")):
        kept.pop()
    if kept and not kept[-1].image:
        kept[-1] = _with_text(kept[-1], kept[-1].text.rstrip(" "))
    return tuple(kept)


def _with_text(run: Run, text: str) -> Run:
    return run if run.text == text else Run(text=text, styles=run.styles, link=run.link, ends_line=run.ends_line)


def _levelled(blocks: Iterable[Block]) -> Iterable[Block]:
    """Headings without gaps: a screen reader counts on every level that stands above another."""
    deepest = 0
    for block in blocks:
        if block.kind != "heading":
            yield block
            continue
        deepest = min(block.level, deepest + 1)
        yield Block(kind="heading", runs=block.runs, level=deepest)
