"""What makes a letter good mail, whatever it says: both parts alike, nothing fetched, short lines, read by anybody."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from test_library import NAMES

from mass_apology.letter.message.compose import LONGEST_LINE
from tests.gallery.accessibility import barriers
from tests.gallery.samples import DATE, LAYOUTS, PLAIN, SHOWS_LAYOUTS, Sample, message, samples, saved
from tests.pages.browser import CHROMIUM, chromium

pytestmark = pytest.mark.slow

SUBJECT = 78
"""Characters: what a line of a header holds (RFC 5322 §2.1.1), and more than a mail client shows."""


@pytest.fixture(
    scope="module",
    params=[*((name, PLAIN) for name in NAMES), *((SHOWS_LAYOUTS, each) for each in LAYOUTS if each != PLAIN)],
    ids="-".join,
)
def letters(request: pytest.FixtureRequest) -> list[Sample]:
    """A scenario's letters in one layout; together they are the library."""
    return list(samples(*request.param))


class Reader(HTMLParser):
    """What somebody reads of a document, and what it refers to."""

    unread = frozenset({"head", "style", "title"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.links: list[str] = []
        self.sources: list[str] = []  # what a mail client would fetch to show the letter
        self.undescribed: list[str] = []  # images without a description, not even an empty one
        self.tables_for_looks: list[str] = []  # those that a screen reader would read out as tables of nothing
        self._silent: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in self.unread or re.search(r"display:\s*none", given.get("style") or ""):
            self._silent.append(tag)
        self.links += [given["href"] or ""] if tag == "a" else []
        self.sources += [given[name] or "" for name in ("src", "background", "srcset") if name in given]
        self.sources += [given["href"] or ""] if tag == "link" else []
        self.sources += re.findall(r"url\(([^)]*)", given.get("style") or "")
        if tag == "img" and "alt" not in given:
            self.undescribed.append(self.get_starttag_text() or tag)
        if tag == "table" and given.get("width") and given.get("role") != "presentation":
            self.tables_for_looks.append(self.get_starttag_text() or tag)
        if tag in {"br", "p", "td", "li", "h1", "h2", "h3", "div"}:
            self.text += "\n"

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text += data


def words(text: str) -> list[str]:
    return re.findall(r"[\w'’@.+-]*\w", text)


def blocks(sample: Sample) -> list[str]:
    """The letter's paragraphs, from the salutation to the signature."""
    return sample.content.text.partition("\n--\n")[0].split("\n\n")


def test_the_text_says_all_that_the_html_says(letters: list[Sample], subtests: pytest.Subtests) -> None:
    """Nobody who reads the text part alone misses a word or an address."""
    for sample in letters:
        with subtests.test(sample.name):
            reader = Reader(sample.content.html)
            assert len(words(reader.text)) > 50
            assert set(words(reader.text)) - set(words(sample.content.text)) == set()
            for link in reader.links:
                assert link.partition(":")[2] in sample.content.text.replace(" ", "") or link in sample.content.text


def test_the_text_holds_no_markup(letters: list[Sample], subtests: pytest.Subtests) -> None:
    for sample in letters:
        with subtests.test(sample.name):
            marks = r"</?[a-z][^>]*>|&(?:#?\w+);|^#+ |\\[^\s]|`|__|\]\(|\*\*|&nbsp"
            assert re.findall(marks, f"{sample.content.subject}\n{sample.content.text}", re.M | re.I) == []


def test_a_subject_is_short_and_calm(letters: list[Sample], subtests: pytest.Subtests) -> None:
    for sample in letters:
        with subtests.test(sample.name):
            subject = sample.content.subject
            assert len(subject) <= SUBJECT
            assert "!" not in subject
            assert not subject.isupper()


def test_a_letter_is_neither_curt_nor_long(letters: list[Sample], subtests: pytest.Subtests) -> None:
    for sample in letters:
        with subtests.test(sample.name):
            everything = blocks(sample)
            between = everything[1:-2]  # without salutation, closing phrase and signature
            assert len(words(" ".join(everything))) >= 90
            assert len(words(" ".join(between))) <= 270  # with every optional sentence


def test_nothing_is_fetched_to_show_a_letter(letters: list[Sample], subtests: pytest.Subtests) -> None:
    """No tracking, no empty frames: images, if any, travel with the letter."""
    for sample in letters:
        with subtests.test(sample.name):
            reader = Reader(sample.content.html)
            assert [source for source in reader.sources if urlsplit(source).scheme != "cid"] == []
            assert "@import" not in sample.content.html
            assert {urlsplit(link).scheme for link in reader.links} <= {"https", "mailto", "tel"}


def test_a_letter_can_be_read_out(letters: list[Sample], subtests: pytest.Subtests) -> None:
    for sample in letters:
        with subtests.test(sample.name):
            reader = Reader(sample.content.html)
            assert (reader.undescribed, reader.tables_for_looks) == ([], [])


def test_a_letter_travels_as_it_is(letters: list[Sample], subtests: pytest.Subtests) -> None:
    """No line forces quoted-printable or base64 on a relay that takes 8BITMIME."""
    for sample in letters:
        with subtests.test(sample.name):
            data = message(sample, date=DATE, eightbit=True)
            assert max(map(len, data.split(b"\r\n"))) <= LONGEST_LINE
            encodings = re.findall(rb"Content-Type: text/.*\r\nContent-Transfer-Encoding: (.*)\r\n", data)
            assert len(encodings) == 2
            assert set(encodings) <= {b"7bit", b"8bit"}


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed here; on Debian: apt-get install chromium")
def test_every_layout_is_readable_by_anybody_and_fits_a_telephone(tmp_path: Path) -> None:
    written = [each for layout in LAYOUTS for each in samples(SHOWS_LAYOUTS, layout)]
    chosen = {each.layout: each for each in written if each.complete and each.language == "el"}
    assert tuple(sorted(chosen)) == LAYOUTS
    files = saved(chosen.values(), tmp_path)
    with chromium() as browser:
        assert list(barriers(files, browser)) == []
