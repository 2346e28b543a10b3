"""The preview as a file: what is in it, and that nothing a value holds becomes a part of the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st
from sample_letters import COMPANY, EMPTY, PIXEL, head, letter

from mass_apology.model import Severity
from mass_apology.pages.preview_page import (
    Head,
    Letter,
    LetterFinding,
    preview_page,
)

_MARKUP = ("</script>", "<script>alert(1)</script>", "<!--", "-->", "<!--<script>", "]]>", "</title><b>", "&lt;b")
_ATTRIBUTES = ('"><img src=x onerror=alert(1)>', "' onfocus='alert(1)")
_UNSEEN = ("\u202e", "\u2028", "\ud800", "\x00", "Ź👩\u200d💻")
_HOSTILE = st.sampled_from((*_MARKUP, *_ATTRIBUTES, *_UNSEEN))
_PIECE = st.one_of(_HOSTILE, st.text(st.characters(exclude_categories=()), max_size=8))
VALUE = st.lists(_PIECE, max_size=4).map("".join)
VALUES = st.lists(VALUE, max_size=3).map(tuple)


class Outline(HTMLParser):
    """The elements of a page with their attributes, and the text of its data blocks."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.data: dict[str, str] = {}
        self._block = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(attrs)))
        self._block = (dict(attrs).get("id") or "") if tag == "script" else ""

    def handle_endtag(self, tag: str) -> None:
        self._block = ""

    def handle_data(self, data: str) -> None:
        if self._block:
            self.data[self._block] = self.data.get(self._block, "") + data


def _page(head: Head, *letters: Letter) -> str:
    return "".join(preview_page(head, letters))


@st.composite
def _letters(draw: st.DrawFn) -> Letter:
    text = {
        name: draw(VALUE) for name in ("name", "address", "language", "domain", "subject", "text", "html", "source")
    }
    finding = LetterFinding(
        severity=draw(st.sampled_from(Severity)),
        code=draw(VALUE),
        problem=draw(VALUE),
        advice=draw(VALUE),
        marks=draw(VALUES),
    )
    values = {"segments": draw(VALUES), "variant": draw(VALUES), "images": {draw(VALUE): draw(VALUE)}}
    return letter(1, **text, **values, findings=(finding,))


@settings(max_examples=60, deadline=None)
@given(_letters(), st.builds(Head, campaign=VALUE, template=VALUE, code=VALUE, made_at=VALUE, letters=st.just(1)))
def test_no_value_becomes_an_element_or_an_attribute(hostile: Letter, about: Head) -> None:
    page = _page(about, hostile)
    page.encode()
    assert Outline(page).elements == Outline(_page(head(1), letter(1)).replace(_NOTES, "")).elements


_NOTES = '<ul class="notes"><li>One row is set aside.</li></ul>\n'


@settings(max_examples=40, deadline=None)
@given(VALUE, VALUE)
def test_the_data_of_a_letter_is_its_own(html: str, name: str) -> None:
    data = Outline(_page(head(1), letter(1, html=html, images={name: PIXEL}))).data
    parts = json.loads(data["letter-0"])
    assert parts["html"] == html
    assert parts["images"] == {name: 0}
    assert json.loads(data["image-0"]) == PIXEL


def test_an_image_is_in_the_page_once_however_many_letters_show_it() -> None:
    assert _page(head(50), *map(letter, range(1, 51))).count(PIXEL.removeprefix("data:")) == 1


def test_letters_are_read_and_written_one_by_one() -> None:
    read: list[int] = []

    def letters() -> Iterator[Letter]:
        for number in range(1, 4):
            read.append(number)
            yield letter(number, images={})

    pieces = preview_page(head(3), letters())
    seen = next(piece for piece in pieces if 'id="letter-0"' in piece)
    assert "Ann Lee 1" in seen
    assert read == [1]


def test_the_gravest_finding_comes_first_and_marks_are_given_as_written_and_as_shown() -> None:
    marked = LetterFinding(severity=Severity.INFO, code="c", problem="p", advice="a", marks=("a\u202eb", "plain"))
    data = Outline(_page(head(1), letter(1, findings=(marked, COMPANY, EMPTY)))).data
    findings = json.loads(data["letter-0"])["findings"]
    assert [each["severity"] for each in findings] == ["error", "warning", "info"]
    assert findings[2]["marks"] == ["a\u202eb", "a⟨U+202E⟩b", "plain"]
    assert json.loads(data["index"])["letters"][0][5] == "error"


def test_without_javascript_the_page_says_what_to_do() -> None:
    page = _page(head(1), letter(1))
    assert "<noscript>" in page
    assert "mass-apology preview --to preview.txt" in page
    assert '<div id="page" hidden>' in page
