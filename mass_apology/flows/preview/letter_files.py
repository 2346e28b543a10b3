"""Writes finished letters to mbox, a folder of .eml, JSON lines or plain text, in constant memory."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec

from mass_apology.errors import OutputError
from mass_apology.flows.output import new_binary_file, new_folder
from mass_apology.flows.preview.finished_letters import Finished
from mass_apology.flows.preview.reading_back import read_back

_FROM_LINE = re.compile(rb"^(>*From )", re.MULTILINE)
_RULE = "─" * 72


class LetterFile(Protocol):
    """A file, or folder, to which letters are added one by one."""

    def add(self, letter: Finished) -> None:
        """Write one more."""


class _Mbox:
    """The mbox format that can be undone (mboxrd): LF line ends, and ">" before every line that begins with "From "."""

    def __init__(self, file: BinaryIO, made_at: float) -> None:
        self._file = file
        self._separator = f"From mass-apology {time.asctime(time.gmtime(made_at))}\n".encode("ascii")  # RFC 4155

    def add(self, letter: Finished) -> None:
        data = letter.message.data.replace(b"\r\n", b"\n")
        if b"From " in data:  # seldom, and the pattern is tried at every line
            data = _FROM_LINE.sub(rb">\1", data)
        self._file.write(self._separator + data + b"\n")


class _Folder:
    """A file for each letter, octet for octet; they sort in the plan's order."""

    def __init__(self, folder: Path, letters: int) -> None:
        self._folder = folder
        self._width = len(str(letters))

    def add(self, letter: Finished) -> None:
        (self._folder / f"{letter.number:0{self._width}}.eml").write_bytes(letter.message.data)


class _JsonLines:
    """An object a line; ``message`` is the whole message, whose octets are its UTF-8."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._encode = msgspec.json.Encoder().encode

    def add(self, letter: Finished) -> None:
        message, delivery = letter.message, letter.delivery
        line = {
            "number": letter.number,
            "rows": msgspec.Raw(delivery.lines.encode()),
            "recipient": delivery.name,
            "address": delivery.address,
            "language": delivery.language,
            "envelope_sender": message.sender,
            "message_id": delivery.message_id,
            "size": len(message.data),
            "sha256": message.sha256.hex(),
            "message": message.data.decode(),
        }
        self._file.write(self._encode(line) + b"\n")


class _Text:
    """The letters' text parts, one under the other, to be read."""

    def __init__(self, file: BinaryIO, letters: int) -> None:
        self._file = file
        self._letters = letters

    def add(self, letter: Finished) -> None:
        mail, delivery = read_back(letter.message.data), letter.delivery
        rows = delivery.lines.strip("[]").replace(",", ", ")
        self._file.write(
            f"{_RULE}\n{letter.number} of {self._letters} · row {rows} · {delivery.language}\n"
            f"To: {mail.to}\nSubject: {mail.subject}\n{_RULE}\n\n{mail.text}\n\n".encode()
        )


@contextmanager
def letter_file(path: Path, letters: int, made_at: float, *, force: bool) -> Iterator[LetterFile]:
    """Yield a ``LetterFile`` for ``path`` by its suffix: .mbox, .jsonl, .txt, or none for a folder.

    ``letters`` is the number of letters in the plan. The file appears when it is complete. Raises ``OutputError``.
    """
    if not path.suffix:
        with new_folder(path, suffix=".eml", force=force) as folder:
            yield _Folder(folder, letters)
        return
    with new_binary_file(path, force=force) as file:
        yield _format(path, file, letters, made_at)


def require_known(path: Path) -> None:
    """Raise ``OutputError`` if the suffix is not one of a preview."""
    if path.suffix not in {"", ".html", ".mbox", ".jsonl", ".txt"}:
        raise OutputError(
            f"{path} ends in none of .html, .mbox, .jsonl and .txt.",
            next_step="Name the file preview.html, or give a name without a dot for a folder of .eml files.",
        )


def _format(path: Path, file: BinaryIO, letters: int, made_at: float) -> LetterFile:
    if path.suffix == ".mbox":
        return _Mbox(file, made_at)
    return _JsonLines(file) if path.suffix == ".jsonl" else _Text(file, letters)
