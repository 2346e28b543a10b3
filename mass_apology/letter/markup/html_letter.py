"""An HTML letter of one's own: a whole page, whose styles are inlined once, and the text part that is read out of it.

The page is a layout and its body in one, so the same holds for it: values are escaped, addresses are guarded, pieces of
Jinja stand between elements or inside an attribute's value. What a mail program would run or ask for is refused.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from mass_apology.letter.markup.html_layout import inlined
from mass_apology.letter.markup.links import Guard
from mass_apology.letter.markup.masking import Mask
from mass_apology.letter.markup.source import Fragment, mistake

_REFUSED = frozenset({"script", "iframe", "object", "embed", "applet", "form", "base", "svg", "math"})
"""Mail programs drop these, run them, or let them change what the rest of the page leads to."""

_UNSEEN = frozenset({"head", "style", "title", "template"})
_BREAKS = {"br": "\n", "hr": "\n\n* * *\n\n", "li": "\n- ", "dt": "\n", "dd": "\n  "}
_PARAGRAPHS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre", "div", "section"}
    | {"header", "footer", "article", "main", "center", "figure"}
)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_AROUND_LINE_ENDS = re.compile(r" *\n *")
_EMPTY_LINES = re.compile(r"\n{3,}")
_CONDITIONAL = re.compile(r"<!--\[if\b.*?<!\[endif\]-->", re.DOTALL | re.IGNORECASE)


def own_page(letter: Fragment, mask: Mask) -> str:
    """The masked page, with its styles inlined and its style elements and conditional comments kept.

    Raises ``TemplateError`` with the file's line.
    """
    masked = mask.hide(letter, exact=True)
    _Inspected(letter, mask).feed(masked)
    guard = Guard(mask=mask, path=letter.path, text=letter.text, first=letter.line, shows_web_images=True)
    return inlined(guard.attributes(masked), letter, mask, kept=_CONDITIONAL)


def text_of_page(letter: Fragment, mask: Mask) -> str:
    """The page's words as masked text: paragraphs, lists and lines of tables; addresses in brackets."""
    reader = _Text()
    reader.feed(_CONDITIONAL.sub("", mask.hide(letter, exact=True)))
    reader.close()
    return _EMPTY_LINES.sub("\n\n", _AROUND_LINE_ENDS.sub("\n", "".join(reader.pieces))).strip()


class _Inspected(HTMLParser):
    """Refuses elements of a page that no letter may hold, and Jinja where a value could become markup."""

    def __init__(self, letter: Fragment, mask: Mask) -> None:
        super().__init__()
        self._letter = letter
        self._mask = mask
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _REFUSED:
            self._refuse(f"the page holds a `{tag}` element, which mail programs drop or run", "Delete it.")
        self._refuse_pieces(f"{tag} {' '.join(name for name, _ in attrs)}", "in a tag, where a value could be markup")
        for name, value in attrs:
            if name.startswith("on"):
                self._refuse(f"the page holds the attribute `{name}`, which is a program", "Delete it.")
            if name == "style":
                self._refuse_pieces(value or "", "in a style, where a value could ask for a web page")
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_style = self._in_style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self._refuse_pieces(data, "in a style, where a value could ask for a web page")

    def _refuse_pieces(self, masked: str, where: str) -> None:
        for token in self._mask.find(masked):
            problem = f"`{token.code.strip()}` stands {where}."
            raise mistake(token.path, token.line, problem, "Put it between elements, or in another attribute's value.")

    def _refuse(self, problem: str, advice: str) -> None:
        raise mistake(self._letter.path, self._letter.line - 1 + self.getpos()[0], f"{problem}.", advice)


class _Text(HTMLParser):
    """Gathers the words of a page as lines of text."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._unseen = 0
        self._preformatted = 0
        self._in_row = False  # a cell stands before in the same row
        self._links: list[tuple[str, int]] = []  # address, and the pieces before its words

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._unseen += tag in _UNSEEN
        self._preformatted += tag == "pre"
        if tag in _PARAGRAPHS:
            self.pieces.append("\n\n")
        elif tag == "a":
            self._links.append((given.get("href") or "", len(self.pieces)))
        elif tag == "img":
            self.pieces.append(given.get("alt") or "")
        elif tag in {"tr", "td", "th"}:
            self.pieces.append("\n" if tag == "tr" else " " * self._in_row)
            self._in_row = tag != "tr"
        else:
            self.pieces.append(_BREAKS.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        self._preformatted -= tag == "pre" and self._preformatted > 0
        if tag in _PARAGRAPHS:
            self.pieces.append("\n\n")
        elif tag == "a" and self._links:
            self._end_link(*self._links.pop())

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(data if self._preformatted else _SPACES.sub(" ", data))

    def _end_link(self, address: str, begin: int) -> None:
        shown = address.removeprefix("mailto:").removeprefix("tel:")
        words = "".join(self.pieces[begin:]).strip()
        if shown and words not in {shown, address}:
            self.pieces.append(f" ({shown})" if words else shown)
