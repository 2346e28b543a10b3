"""A file's name and octets → the letters in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import PurePath

from mass_apology.errors import InputError
from mass_apology.wording.letter_text import Document
from mass_apology.wording.reading.html import read_page, stated_language
from mass_apology.wording.reading.mail import read_mail, read_mailbox
from mass_apology.wording.reading.text import read_text

LARGEST = 16 << 20
"""Octets of a file."""

LONGEST = 500_000
"""Characters of a letter's text: some 80,000 words, which no letter has."""

# What only a template says. A lone {{ name }} in a letter that is finished otherwise was left there.
_TEMPLATE = re.compile(r"\{%|\{\{-?\s*(?:salutation|incident|customer|sender|rows|brand|language|code)\b|\A---\s")
_CODE = re.compile(r"[a-z]{2}")


def read_letters(name: str, data: bytes) -> Iterator[Document]:
    """The letters of a file, by the ending of its name: .md, .txt, .html, .eml or .mbox; a name without one is a text.

    Raises ``InputError`` for another ending, and for what is too large or no text.
    """
    ending = PurePath(name).suffix.lower()
    if ending and ending not in _READERS:
        raise InputError(
            f"{name} ends in {ending}, and lint reads {', '.join(_READERS)}.",
            next_step="Name a letter, a template or a mail.",
        )
    if len(data) > LARGEST:
        raise InputError(
            f"{name} has {len(data) >> 20} MB, and a letter at most {LARGEST >> 20}.", next_step="Name a letter."
        )
    return (_short_enough(name, each) for each in _READERS.get(ending, _markdown)(name, data))


def _short_enough(name: str, document: Document) -> Document:
    length = sum(len(block.text) for block in document.blocks)
    if length > LONGEST:
        raise InputError(
            f"{name} holds a text of {length:,} characters, and a letter has at most {LONGEST:,}.",
            next_step="Name a letter.",
        )
    return document


def language_in_name(name: str, data: bytes) -> str:
    """The code that a file's name or page states ("pl.md", "pl.informal.md"); "" where none does."""
    code = PurePath(name).name.partition(".")[0].lower()
    if _CODE.fullmatch(code):
        return code
    return stated_language(data[:10_000].decode("utf-8", "replace")) if name.lower().endswith((".html", ".htm")) else ""


def _text(name: str, data: bytes) -> str:
    text = data.decode("utf-8-sig", "replace")
    if "\0" in text:
        raise InputError(f"{name} is no text.", next_step="Name a letter, a template or a mail.")
    return text.replace("\r\n", "\n")


def _markdown(name: str, data: bytes) -> Iterator[Document]:
    text = _text(name, data)
    yield read_text(text, is_markdown=True, is_template=bool(_TEMPLATE.search(text)))


def _plain(name: str, data: bytes) -> Iterator[Document]:
    text = _text(name, data)
    yield read_text(text, is_markdown=False, is_template=bool(_TEMPLATE.search(text)))


def _html(name: str, data: bytes) -> Iterator[Document]:
    text = _text(name, data)
    yield read_page(text, is_template=bool(_TEMPLATE.search(text)))


def _mail(name: str, data: bytes) -> Iterator[Document]:
    return read_mail(data)


def _mailbox(name: str, data: bytes) -> Iterator[Document]:
    mails = read_mailbox(data)
    first = next(mails, None)
    if first is None:
        raise InputError(
            f"{name} holds no mail: no line begins with “From ”.",
            next_step="Name a mailbox, or a mail whose name ends in .eml.",
        )
    return chain((first,), mails)


_READERS: Mapping[str, Callable[[str, bytes], Iterator[Document]]] = {
    ".md": _markdown,
    ".txt": _plain,
    ".html": _html,
    ".htm": _html,
    ".eml": _mail,
    ".mbox": _mailbox,
}
