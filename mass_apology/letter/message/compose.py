"""Content → message octets: a MIME skeleton built once for a language, into which each letter is spliced.

The standard library would take over a millisecond a message and damages long URLs, quoted names and IDN addresses.
"""

from __future__ import annotations

import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote

from msgspec import Struct

from mass_apology.errors import MessageError
from mass_apology.letter.message.headers import (
    Mailbox,
    field_name,
    mailbox_field,
    message_id_field,
    raw_field,
    text_field,
)
from mass_apology.model import Content

LONGEST_LINE = 998
"""Octets of a line without its CRLF (RFC 5321 §4.5.3.1.6)."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# Fields that are written by us or by the relay, or would add recipients.
_OUR_FIELD = re.compile(
    "date|from|sender|to|cc|bcc|reply-to|subject|message-id|in-reply-to|references|mime-version|auto-submitted"
    "|list-unsubscribe(-post)?|return-path|received|dkim-signature|content-.*|resent-.*"
)
_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")
_CONTENT_ID = re.compile(r"[A-Za-z0-9._@+-]{1,200}")
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")


class Attachment(Struct, frozen=True, kw_only=True):
    """A file that goes with every letter, or an image shown inside it."""

    filename: str
    content_type: str  # "application/pdf"
    data: bytes
    content_id: str | None = None  # without angle brackets; for an image shown as <img src="cid:…">


class Composed(Struct, frozen=True, gc=False):
    """A message's octets and what the relay must offer to take them."""

    data: bytes  # CRLF only, lines of at most 998 octets, not dot-stuffed
    eightbit: bool  # needs 8BITMIME (RFC 6152)
    smtputf8: bool  # needs SMTPUTF8 (RFC 6531)


class Bodies(Struct, frozen=True, gc=False):
    """A letter that is ready to be put into a message: UTF-8 with CRLF, the last line's included; no NUL."""

    subject: str
    text: bytes
    html: bytes  # empty in a letter in plain text alone
    lines_fit: bool = False  # it is known that none is longer than ``LONGEST_LINE``
    holds_no_boundary: bool = False  # it is known that no boundary of ours is in it


class _Frame(NamedTuple):
    """The constant octets around the bodies; each of the first two ends where a transfer encoding is named."""

    opening: bytes
    middle: bytes
    closing: bytes
    delimiter: bytes  # before each of the recipient's own files
    ending: bytes


def rfc5322_date(unix_seconds: float) -> str:
    """A Date in UTC (RFC 5322 §3.3), the same under every locale; fractions of a second are dropped."""
    at = datetime.fromtimestamp(unix_seconds // 1, UTC)
    return f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04} {at:%H:%M:%S} +0000"


class Skeleton:
    """What all messages of one language share: header fields, MIME structure, attachments."""

    def __init__(
        self,
        *,
        sender: Mailbox,
        language: str,
        headers: Mapping[str, str] | None = None,
        attachments: Sequence[Attachment] = (),
        encloses: bool = False,
    ) -> None:
        """Build it. ``headers`` are further header fields: ASCII as written, other text as encoded-words.

        ``encloses`` says that messages may carry files of their own, besides the ``attachments`` that are the same
        in all. Raises ``MessageError`` where one of them cannot stand in a message.
        """
        self._encloses = encloses
        self._smtputf8 = not sender.address.isascii()
        self._from = mailbox_field("From", sender.name, sender.address)
        self._fixed = "".join(
            (
                "MIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n",  # RFC 3834: no holiday replies, please
                _language_field(language),
                *_further_fields(headers or {}),
            )
        )
        self._images = [encoded_part(each) for each in attachments if each.content_id is not None]
        self._files = [encoded_part(each) for each in attachments if each.content_id is None]
        self._frame = self._framed(0)
        self._plain_frame = self._framed(0, plain=True)

    def compose(  # noqa: PLR0913 (what differs between two messages)
        self,
        letter: Content | Bodies,
        *,
        to_address: str,
        to_name: str,
        date: str,
        message_id: str,
        thread: Sequence[str] = (),
        reply_to: Mailbox | None = None,
        enclosed: Sequence[bytes] = (),
        unsubscribe: str = "",
        eightbit: bool,
    ) -> Composed:
        """The message for one recipient.

        ``to_address`` is an addr-spec whose domain is ASCII, ``date`` comes from ``rfc5322_date``; ``thread`` holds the
        Message-IDs of earlier letters, the oldest first; ``enclosed`` are the recipient's own files, each from
        ``encoded_part``, where the skeleton ``encloses`` some; ``unsubscribe`` are the header lines of
        ``unsubscribe_fields``; ``eightbit`` says whether the relay offers 8BITMIME. Raises ``MessageError`` where name,
        address, subject or a body cannot be sent: controls, ``=?`` and lone surrogates in headers, an empty subject,
        NUL and lone surrogates in bodies. In bodies CRLF and a bare CR become a line break, and the last line gets one
        where it has none.
        """
        bodies = letter if isinstance(letter, Bodies) else bodies_of(letter)
        subject, fits = bodies.subject, bodies.lines_fit
        if not subject or subject.isspace():
            raise MessageError("The letter's subject is empty.", next_step="Give the template a Subject: line.")
        answered = mailbox_field("Reply-To", reply_to.name, reply_to.address) if reply_to else ""
        head = (
            f"Date: {date}\r\n{self._from}{mailbox_field('To', to_name, to_address)}{answered}"
            f"{text_field('Subject', subject)}{message_id_field(message_id)}"
            f"{_thread_fields(thread) if thread else ''}{self._fixed}{unsubscribe}"
        )
        text_encoding, text = _encoded(bodies.text, eightbit=eightbit, fits=fits)
        plain = not bodies.html  # a letter in plain text alone
        html_encoding, html = (b"", b"") if plain else _encoded(bodies.html, eightbit=eightbit, fits=fits)
        if plain and text_encoding is _BASE64:
            text += b"\r\n"  # no delimiter follows that would begin with one
        frame = self._plain_frame if plain else self._frame
        if not bodies.holds_no_boundary:
            frame = self._frame_for(text, html, plain=plain)
        opening, middle, closing, delimiter, ending = frame
        if enclosed:
            closing += b"".join([piece for part in enclosed for piece in (delimiter, part)])
        return Composed(
            b"".join((head.encode(), opening, text_encoding, text, middle, html_encoding, html, closing, ending)),
            text_encoding is _EIGHTBIT or html_encoding is _EIGHTBIT,
            self._smtputf8 or not to_address.isascii() or not (reply_to is None or reply_to.address.isascii()),
        )

    def _frame_for(self, text: bytes, html: bytes, *, plain: bool) -> _Frame:
        """The frame whose boundaries are in neither body (RFC 2046 §5.1.1): one of the first few, always the same."""
        if _FIRST_DELIMITER not in text and _FIRST_DELIMITER not in html:
            return self._plain_frame if plain else self._frame
        number = 1
        while _delimiter(number) in text or _delimiter(number) in html:
            number += 1
        return self._framed(number, plain=plain)

    def _framed(self, number: int, *, plain: bool = False) -> _Frame:
        """multipart/alternative of text and HTML, around the HTML related for images, around all mixed for files.

        A plain letter is its text alone, which shows no images.
        """
        mixed, alternative, related = (f"{_stem(number)}{kind}" for kind in ("mixed", "alternative", "related"))
        opening = _body_head("plain") if plain else _multipart("alternative", alternative) + _body_head("plain")
        middle = _body_head("html")
        images, delimiter, files = b"", b"", b""
        if self._images and not plain:
            middle = _multipart("related", related, '; type="text/html"') + middle
            images = _parts(related, self._images)
        if self._files or self._encloses:
            opening = _multipart("mixed", mixed) + opening
            delimiter = f"\r\n--{mixed}\r\n".encode("ascii") if self._encloses else b""
            files = _parts(mixed, self._files)
        return _Frame(
            opening=opening.encode("ascii"),
            middle=b"" if plain else f"\r\n--{alternative}\r\n{middle}".encode("ascii"),
            closing=(b"" if plain else images + f"\r\n--{alternative}--\r\n".encode("ascii")),
            delimiter=delimiter,
            ending=files,
        )


def _stem(number: int) -> str:
    """How all boundaries of one frame begin. "=_" stands in no quoted-printable or base64 (RFC 2045 §6.7 note)."""
    return f"=_mass-apology_{number}_"


def _delimiter(number: int) -> bytes:
    """How all delimiter lines of one frame begin."""
    return f"--{_stem(number)}".encode("ascii")


_FIRST_DELIMITER = _delimiter(0)


def _multipart(subtype: str, boundary: str, parameters: str = "") -> str:
    """The Content-Type of a multipart, and the delimiter of its first part."""
    return f'Content-Type: multipart/{subtype}{parameters};\r\n boundary="{boundary}"\r\n\r\n--{boundary}\r\n'


def _body_head(subtype: str) -> str:
    return f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: "


def _parts(boundary: str, parts: Iterable[bytes]) -> bytes:
    """Further parts of a multipart, and its end."""
    delimiter = f"\r\n--{boundary}\r\n".encode("ascii")
    return b"".join(delimiter + part for part in parts) + f"\r\n--{boundary}--\r\n".encode("ascii")


# What follows "Content-Transfer-Encoding: " up to the body.
_SEVENBIT = b"7bit\r\n\r\n"
_EIGHTBIT = b"8bit\r\n\r\n"
_QUOTED_PRINTABLE = b"quoted-printable\r\n\r\n"
_BASE64 = b"base64\r\n\r\n"


def _encoded(octets: bytes, *, eightbit: bool, fits: bool) -> tuple[bytes, bytes]:
    """A body's transfer encoding and its octets.

    As it is where the relay and the length of its lines allow; else the shorter of quoted-printable, three octets for
    each non-ASCII one, and base64, four for every three. In UTF-8 a non-ASCII letter is two octets more often than not,
    so there are about twice as many such octets as there are octets more than characters.
    """
    is_ascii = octets.isascii()
    if (eightbit or is_ascii) and (fits or _lines_fit(octets)):
        return (_SEVENBIT if is_ascii else _EIGHTBIT), octets
    if 12 * (len(octets) - len(octets.decode())) > len(octets) - octets.count(b"\n"):
        return _BASE64, _base64(octets)
    return _QUOTED_PRINTABLE, b2a_qp(octets, istext=True)


def bodies_of(content: Content) -> Bodies:
    """Raises ``MessageError`` where a body cannot be sent; see ``Skeleton.compose``."""
    html = _octets(content.html, "HTML") if content.html else b""
    return Bodies(content.subject, _octets(content.text, "text"), html)


def _octets(body: str, which: str) -> bytes:
    return _utf8(_with_line_ends(body), which).replace(b"\n", b"\r\n")


def _with_line_ends(body: str) -> str:
    """LF only, the last line's included."""
    if "\r" in body:
        body = body.replace("\r\n", "\n").replace("\r", "\n")
    return body if body.endswith("\n") else f"{body}\n"


def _utf8(body: str, which: str) -> bytes:
    """A NUL may not travel (RFC 2045 §2.8), and a lone surrogate is no character."""
    try:
        octets = body.encode()
    except UnicodeEncodeError as error:
        raise _unsendable(which, f"the lone surrogate U+{ord(body[error.start]):04X}") from error
    if b"\0" in octets:
        raise _unsendable(which, "a NUL character")
    return octets


def _unsendable(which: str, what: str) -> MessageError:
    return MessageError(
        f"The letter's {which} part holds {what}, which cannot be sent.",
        next_step="Remove it from the template or the customer's row, or set the row aside with --skip-bad-rows.",
    )


def _lines_fit(octets: bytes) -> bool:
    """Whether no line is longer than ``LONGEST_LINE``: leaps from line end to line end, as far as is allowed."""
    start = 0
    while len(octets) - start > LONGEST_LINE + 2:
        start = octets.rfind(b"\n", start, start + LONGEST_LINE + 2) + 1
        if not start:
            return False
    return True


def _base64(octets: bytes) -> bytes:
    """In lines of 76 (RFC 2045 §6.8); the last has no CRLF, which belongs to the delimiter after it."""
    line = b2a_base64(octets, newline=False)
    return b"\r\n".join([line[start : start + 76] for start in range(0, len(line), 76)])


def encoded_part(attachment: Attachment) -> bytes:
    """The part of a message that carries a file: its fields, an empty line, and base64."""
    disposition = "attachment" if attachment.content_id is None else "inline"
    fields = [
        f"Content-Type: {_matching(_TYPE, attachment.content_type, 'content type')}",
        "Content-Transfer-Encoding: base64",
        f"Content-Disposition: {disposition};\r\n {_filename_parameter(attachment.filename)}",
    ]
    if attachment.content_id is not None:
        fields.append(f"Content-ID: <{_matching(_CONTENT_ID, attachment.content_id, 'name of an image')}>")
    return "\r\n".join((*fields, "", "")).encode("ascii") + _base64(attachment.data)


def _filename_parameter(filename: str) -> str:
    """RFC 2183 §2.3; percent-encoded after RFC 2231 where a quoted string cannot hold the name.

    Its continuations (§3) are less widely understood than a long line, so only a name that would not fit has them.
    """
    if re.fullmatch(r"[A-Za-z0-9 ._+()@,-]{1,64}", filename) and filename.strip():
        return f'filename="{filename}"'
    try:
        pieces = re.findall("(?:%..|.){1,300}", quote(filename, safe=""))
    except UnicodeEncodeError as error:
        raise MessageError(
            f"The name of the attached file {filename!r} is not text.", next_step="Rename the file."
        ) from error
    if len(pieces) <= 1:
        return f"filename*=utf-8''{''.join(pieces)}"
    pieces[0] = f"utf-8''{pieces[0]}"
    return ";\r\n ".join(f"filename*{number}*={piece}" for number, piece in enumerate(pieces))


def _thread_fields(thread: Sequence[str]) -> str:
    """In-Reply-To and References (RFC 5322 §3.6.4), so that a mail client shows one conversation."""
    for message_id in thread:
        _matching(_MESSAGE_ID, message_id, "Message-ID")
    references = "\r\n ".join(thread)
    return f"In-Reply-To: {thread[-1]}\r\nReferences: {references}\r\n"


def _language_field(language: str) -> str:
    return f"Content-Language: {_matching(_LANGUAGE_TAG, language, 'language tag')}\r\n"  # RFC 3282


def _further_fields(headers: Mapping[str, str]) -> Iterable[str]:
    seen: set[str] = set()
    for name, value in headers.items():
        lower = field_name(name).lower()
        if lower in seen or _OUR_FIELD.fullmatch(lower):
            raise MessageError(
                f"`message.headers` holds {name}, which is written by mass-apology or the relay, or is there twice.",
                next_step="Remove it from `[message.headers]` in campaign.toml.",
            )
        seen.add(lower)
        yield raw_field(name, value) if value.isascii() else text_field(name, value)


def _matching(pattern: re.Pattern[str], value: str, what: str) -> str:
    if not pattern.fullmatch(value):
        raise MessageError(
            f"{value!r} is not a usable {what}.",
            next_step="Correct it in campaign.toml, then run: mass-apology check",
        )
    return value
