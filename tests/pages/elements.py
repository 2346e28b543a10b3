"""What a page is made of, as Python's own parser reads it."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

from hypothesis import strategies as st

VOID = {"meta", "br"}

HOSTILE = (
    "<script>alert(1)</script>",
    "</title></style><img src=x onerror=alert(1)>",
    "\" autofocus onfocus='alert(1)",
    "&lt;b&gt; &amp; &#x202e;",
    "<!-- ]]> -->",
    "\u202etxt.exe\u2066 a\u200bb\x00c\r\nd\ud800",
    "👩‍👩‍👧 محمد بن علي",
    "x" * 10_240,
)


def hostile_texts() -> st.SearchStrategy[str]:
    """Anything a row, a relay or a file may hold; never empty."""
    return st.sampled_from(HOSTILE) | st.text(st.characters(), min_size=1, max_size=20)


class Elements(HTMLParser):
    """The elements with their attributes, and the text; fails where one is not closed in its turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: Counter[tuple[str, tuple[tuple[str, str | None], ...]]] = Counter()
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag, tuple(attrs)] += 1
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag, tuple(attrs)] += 1

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")
