"""A mail, or a mailbox of mails → one document each: the text that its reader sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from msgspec.structs import replace

from mass_apology.mail_parts import Part, take_apart, words
from mass_apology.wording.letter_text import Block, Builder, Document, Role
from mass_apology.wording.reading.html import read_html
from mass_apology.wording.reading.text import read_text

_FROM = re.compile(rb"^From [^\n]*\n", re.MULTILINE)
_BEGINNING = 200  # octets of a part by which it is found in the mail


def read_mailbox(data: bytes) -> Iterator[Document]:
    """Every mail of an mbox (RFC 4155); lines are counted in the whole file."""
    starts = [found.start() for found in _FROM.finditer(data)]
    first_line = 1
    for start, end in pairwise((*starts, len(data))):
        mail = data[start:end].partition(b"\n")[2]
        for document in read_mail(mail):
            yield replace(document, first_line=document.first_line + first_line)
        first_line += data.count(b"\n", start, end)


def read_mail(data: bytes) -> Iterator[Document]:
    """The mail's text, and its HTML where it has no text. A part is a source of its own, decoded."""
    message = take_apart(data)
    subject = words(message.header("subject"))
    texts = [part for part in message.walk() if part.media_type in {"text/plain", "text/html"} and _is_shown(part)]
    chosen = next((part for part in texts if part.media_type == "text/plain"), texts[0] if texts else None)
    if chosen is None:
        yield _with_subject(Document(source="", blocks=()), subject)
        return
    at = data.find(chosen.body[:_BEGINNING])
    first_line = data.count(b"\n", 0, max(at, 0)) + 1
    yield _with_subject(_document(chosen, first_line), subject)


def _is_shown(part: Part) -> bool:
    return not part.header("content-disposition").lower().startswith("attachment")


def _document(part: Part, first_line: int) -> Document:
    if part.media_type == "text/html":
        return read_html(part.text(), is_template=False, first_line=first_line)
    # An empty line before it says that there are no headers.
    return read_text(f"\n{part.text()}", is_markdown=False, is_template=False, first_line=first_line - 1)


def _with_subject(document: Document, subject: str) -> Document:
    """The subject stands behind the text in the source, since it may be encoded in the mail."""
    source = f"{document.source}\n{subject}"
    builder = Builder(source)
    builder.add(len(document.source) + 1, len(source))
    block = builder.block(Role.SUBJECT)
    before: tuple[Block, ...] = (block,) if block else ()
    return replace(document, source=source, blocks=(*before, *document.blocks))
