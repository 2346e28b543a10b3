"""Whatever a letter is written in, each character of its text has its place in the source, and passages are slices."""

from __future__ import annotations

from base64 import b64encode
from html import unescape
from pathlib import Path
from quopri import encodestring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mass_apology.wording.critic import criticise
from mass_apology.wording.letter_text import Document
from mass_apology.wording.reading.files import read_letters
from mass_apology.wording.sentences import VALUE
from mass_apology.wording.wording_rules import rules

pytestmark = pytest.mark.slow

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "wording"
LETTERS = sorted(each for each in SAMPLES.glob("*/*.*") if each.suffix != ".toml")

SENTENCE = "We’re sorry if the “café” & you were affected – 20 % of 5 < 6."
MARKDOWN = f"Subject: Late\n\nDear Ms Moor,\n\n**{SENTENCE}**\n\n- {SENTENCE}\n\n> {SENTENCE}\n"
ESCAPED = SENTENCE.replace("&", "&amp;").replace("<", "&lt;").replace("’", "&rsquo;")
PAGE = f"<html><head><title>Late</title></head><body><p>Dear Ms Moor,</p><p>{ESCAPED}</p></body></html>"
HEADERS = "From: a@b.example\nSubject: =?utf-8?q?We_are_sorry_if_you_were_affected?=\nMIME-Version: 1.0\n"


def mail(kind: str, encoding: str, body: bytes) -> bytes:
    head = f"{HEADERS}Content-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n"
    return head.encode() + body


MAILS = {
    "8bit.eml": mail("plain", "8bit", f"Dear Ms Moor,\n\n{SENTENCE}\n".encode()),
    "quoted.eml": mail("plain", "quoted-printable", encodestring(f"Dear Ms Moor,\n\n{SENTENCE}\n".encode())),
    "base64.eml": mail("plain", "base64", b64encode(f"Dear Ms Moor,\n\n{SENTENCE}\n".encode())),
    "page.eml": mail("html", "8bit", PAGE.encode()),
    "box.mbox": b"".join(
        b"From a@b.example Mon Nov 30 12:00:00 2026\n" + mail("plain", "8bit", f"{SENTENCE}\n\n".encode()) for _ in "ab"
    ),
}


def check_places(document: Document) -> None:
    """Each character is the source's at its place, or stands for an entity, a line's end, a value or a gap."""
    for block in document.blocks:
        assert len(block.text) == len(block.places)
        assert list(block.places) == sorted(block.places)
        for number, (written, place) in enumerate(zip(block.text, block.places, strict=True)):
            shown = document.source[place : document.end(block, number)] or document.source[place : place + 1]
            assert written in {shown, VALUE, " ", "\n"} or written in unescape(shown), (written, shown)


def check_passages(document: Document, code: str = "en") -> list[str]:
    known = rules(code)
    assert known is not None
    found = criticise(document, known)
    assert all(each.passage == document.source[each.start : each.end] for each in found)
    return [each.passage for each in found if each.rule == "conditional-apology"]


@pytest.mark.parametrize(
    ("name", "data", "passages"),
    [
        ("a.md", MARKDOWN.encode(), ["We’re sorry if", "We’re sorry if"]),
        ("a.txt", MARKDOWN.encode(), ["We’re sorry if", "We’re sorry if"]),
        ("a.html", PAGE.encode(), ["We&rsquo;re sorry if"]),
        ("8bit.eml", MAILS["8bit.eml"], ["We’re sorry if", "We are sorry if"]),
        ("quoted.eml", MAILS["quoted.eml"], ["We’re sorry if", "We are sorry if"]),
        ("base64.eml", MAILS["base64.eml"], ["We’re sorry if", "We are sorry if"]),
        ("page.eml", MAILS["page.eml"], ["We&rsquo;re sorry if", "We are sorry if"]),
    ],
)
def test_a_passage_is_a_slice_of_what_was_written(name: str, data: bytes, passages: list[str]) -> None:
    (document,) = read_letters(name, data)
    check_places(document)
    assert check_passages(document) == passages


def test_each_mail_of_a_mailbox_has_its_lines() -> None:
    first, second = read_letters("box.mbox", MAILS["box.mbox"])
    assert check_passages(first) == check_passages(second) == ["We’re sorry if", "We are sorry if"]
    lines = MAILS["box.mbox"].decode().split("\n")
    for document in (first, second):
        (start,) = [each.start for each in criticise(document, known()) if each.passage == "We’re sorry if"]
        line, column = document.position(start)
        assert lines[line - 1][column - 1 :].startswith("We’re sorry if")


def known() -> object:
    found = rules("en")
    assert found is not None
    return found


@pytest.mark.parametrize("path", LETTERS, ids=lambda each: f"{each.parent.name}-{each.name}")
def test_the_labelled_letters_have_their_places(path: Path) -> None:
    for document in read_letters(path.name, path.read_bytes()):
        check_places(document)


PIECES = (
    "We are sorry if ",
    "you were affected",
    ". ",
    "\n",
    "\n\n",
    "- ",
    "**",
    "&amp;",
    "&#8217;",
    "<p>",
    "</p>",
    "<br>",
    "“",
    "”",
    "{{ x }}",
    "> ",
    "é",
    "e\u0301",
    "\t",
    "!!",
)


@given(st.lists(st.sampled_from(PIECES), max_size=25), st.sampled_from(["a.md", "a.txt", "a.html", "a.eml"]))
@settings(max_examples=200, deadline=None)
def test_any_letter_has_its_places(pieces: list[str], name: str) -> None:
    text = ("Subject: a\n\n" if name == "a.eml" else "") + "".join(pieces)
    for document in read_letters(name, text.encode()):
        check_places(document)
        check_passages(document)
