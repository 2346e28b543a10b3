"""Mailboxes: the messages of an mbox, a Maildir, a folder of .eml files, or of standard input, one after the other.

Of a large message only its first ``parts.LIMIT`` octets are kept. Nothing is changed, moved or marked as read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from mass_apology.errors import InputError
from mass_apology.mail_parts import LIMIT
from mass_apology.system.regular_file import refuse_special

_LINE_OCTETS = 1 << 16  # a longer line is read in pieces
# RFC 4155 §3: "From ", an address, and a moment as asctime() writes it. A sentence that begins with "From" is none.
_SEPARATOR = re.compile(rb"From \S.{0,300}? \w{3} [ \d]\d \d\d:\d\d(?::\d\d)? .{0,40}\d{4}\b")
# RFC 5322 §2.2; a field's name has no blank, and old programs put some before its colon. A mark may stand before it.
_FIELD = re.compile(rb"(?:\xef\xbb\xbf)?\s*[A-Za-z][!-9;-~]*[ \t]*:")
_START = 1 << 10  # octets that a file's kind is told by
# Fields that mail programs add to a message in an mbox, or change, while it lies there.
_OF_THE_BOX = (b"status:", b"x-status:", b"x-keywords:", b"x-uid:", b"x-mozilla-", b"content-length:", b"lines:")


class BoxMessage(Struct, frozen=True, kw_only=True):
    """One message of a mailbox, as ``mail_reading.read`` takes it."""

    key: str  # SHA-256 of the content, hexadecimal: the same however and wherever the message is kept
    data: bytes  # its beginning, at most ``parts.LIMIT`` octets and one line
    where: str  # for people: "bounces.mbox, message 12"


def messages(path: Path) -> Iterator[BoxMessage]:
    """The messages of a file (one message or an mbox), a Maildir or a folder of .eml files.

    Raises:
        InputError: there is no such box, it cannot be read, or the file or folder holds no mail.
    """
    try:
        if path.is_dir():
            yield from _of_folder(path)
        else:
            with _opened(path) as stream:
                _require_mail(stream, path)
                yield from of_stream(stream, path.name)
    except FileNotFoundError as error:
        raise InputError(
            f"There is no mailbox {path}.",
            next_step="Name an mbox file, a Maildir or a folder of .eml files; or - for standard input.",
        ) from error
    except OSError as error:
        raise InputError(
            f"The mailbox {path} cannot be read: {error.strerror or error}.",
            next_step="Give this user the right to read it, or name a copy of it. Reading it again changes nothing.",
        ) from error


def _require_mail(stream: BinaryIO, path: Path) -> None:
    """Raise ``InputError`` for another file, such as a table of customers: nothing would be read of it, in silence."""
    start = stream.peek(_START)[:_START] if isinstance(stream, BufferedReader) else b""
    if start and not (_SEPARATOR.match(start) or _FIELD.match(start)):
        raise InputError(
            f"{path} is no mail: it begins with neither a field such as From: nor the separator of an mbox.",
            next_step="Name the mailbox that bounces go to: an mbox file, a Maildir, a folder of .eml files or a "
            "message; a relay's events are read from .json or .jsonl.",
        )


def of_stream(stream: BinaryIO, name: str) -> Iterator[BoxMessage]:
    """The messages of an open file: an mbox if it begins like one, else a single message; none where it is empty."""
    reader = _Lines(stream)
    first = reader.next_line()
    if not _SEPARATOR.match(first):
        if first:
            yield _message(reader, first, name, of_mbox=False)
        return
    count = 0
    while _SEPARATOR.match(reader.line):
        count += 1
        yield _message(reader, reader.next_line(), f"{name}, message {count}", of_mbox=True)


def of_message(stream: BinaryIO, where: str) -> BoxMessage:
    """The single message in ``stream``, which is not empty."""
    reader = _Lines(stream)
    return _message(reader, reader.next_line(), where, of_mbox=False)


def _of_folder(path: Path) -> Iterator[BoxMessage]:
    if (path / "new").is_dir() and (path / "cur").is_dir():
        for folder in (path / "new", path / "cur"):  # a message goes from new to cur, so none is missed in this order
            for file in sorted(folder.iterdir()):
                yield from _of_maildir_file(file, path / "cur")
        return
    files = sorted(file for file in path.iterdir() if file.suffix.lower() == ".eml")
    if not files:
        raise InputError(
            f"The folder {path} is no Maildir and holds no .eml files.",
            next_step="Name a Maildir (with the folders new and cur), a folder of .eml files, or an mbox file.",
        )
    for file in files:
        with _opened(file) as stream:
            yield from of_stream(stream, file.name)


def _of_maildir_file(file: Path, current: Path) -> Iterator[BoxMessage]:
    """One message of a Maildir, under its new name where a mail program has just read it."""
    if file.name.startswith(".") or file.is_dir():
        return
    try:
        stream = _opened(file)
    except FileNotFoundError:
        unique = file.name.partition(":")[0]
        renamed = next((other for other in current.iterdir() if other.name.partition(":")[0] == unique), None)
        if renamed is None:  # deleted meanwhile
            return
        stream = _opened(renamed)
    with stream:
        yield from of_stream(stream, file.name)


def _opened(path: Path) -> BinaryIO:
    refuse_special(path, but_open_pipes=True)
    return path.open("rb")


class _Lines:
    """The lines of a file, of which the last one read can be looked at again."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.line = b""  # empty at the end

    def next_line(self) -> bytes:
        self.line = self._stream.readline(_LINE_OCTETS)
        return self.line


def _message(reader: _Lines, line: bytes, where: str, *, of_mbox: bool) -> BoxMessage:
    """The message that begins with ``line``, up to the next separator of an mbox or to the end."""
    digest, kept, octets = sha256(), [], 0
    in_header, after_blank, blanks = True, False, 0
    while line and not (of_mbox and after_blank and _SEPARATOR.match(line)):
        bare = line.rstrip(b"\r\n")
        if octets <= LIMIT:
            kept.append(line)
            octets += len(line)
        after_blank = not bare
        if bare:
            # Blank lines count only when something follows them: an mbox adds one to the end of each message.
            digest.update(b"\n" * blanks)
            if not (in_header and bare.lower().startswith(_OF_THE_BOX)):
                digest.update(bare + b"\n")
            blanks = 0
        else:
            in_header, blanks = False, blanks + 1
        line = reader.next_line()
    return BoxMessage(key=digest.hexdigest(), data=b"".join(kept), where=where)
