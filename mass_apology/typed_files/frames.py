"""What the reading process is asked, and what it says: frames of MessagePack, each after its length in four octets."""

from __future__ import annotations

from typing import IO

import msgspec
from msgspec import Struct

from mass_apology.system.child_pipes import read_frame, write_frame


class Request(Struct, frozen=True, kw_only=True):
    """Which rows of which file are wanted, and how."""

    path: bytes  # as the file system has it: a name need not be UTF-8
    kind: str  # "excel" or "parquet"
    sheet: str | None = None  # the sheet's name; the first visible one otherwise
    address: str = ""  # the name of the address column, by which a header below a title is found
    rows: int = 0  # in one frame, at most; 0 for the heading alone, and then the fields below mean nothing
    line: int = 1  # the header's, as it was inspected
    width: int = 0  # columns that the header has
    place: int = 0  # the address column's among them, from 0
    bare: list[int] = []  # columns whose numbers are wanted as they are stored, since a declared type reads them


class Notice(Struct, frozen=True):
    """Something to say about the whole file: the parts of a ``Finding``."""

    code: str
    severity: str
    problem: str
    advice: str
    sheets: list[str] = []  # those that people see, where one of several was chosen


class Heading(Struct, frozen=True, tag=True):
    """The header's cells as they stand, and what to say about the file."""

    cells: list[str]
    notices: list[Notice]
    line: int = 1
    shown: dict[int, str] = {}  # columns whose numbers have a sign or a word: an example such as "'4.50 €' in C2"


class FlawedRow(Struct, frozen=True):
    """A row, or a cell of it, that cannot be relied upon; a row may have several."""

    line: int
    address: str  # what stands in the address column
    code: str
    problem: str  # a sentence
    column: str  # "" where it is about the row


class Rows(Struct, frozen=True, tag=True):
    """Some consecutive rows as texts."""

    lines: list[int]
    texts: list[list[str]]  # for each line as many as the header has columns
    flawed: list[FlawedRow]  # rows that are not among the texts


class Refused(Struct, frozen=True, tag=True):
    """Nothing more comes: the file cannot be read (on)."""

    problem: str  # completes the sentence "PATH …"
    next_step: str


class Lacking(Struct, frozen=True, tag=True):
    """Nothing more comes: an extra of the package is not installed."""

    extra: str


class Done(Struct, frozen=True, tag=True):
    """All that was asked for has been said."""


Frame = Heading | Rows | Refused | Lacking | Done

_FRAMES = msgspec.msgpack.Decoder(Frame)


class Unreadable(Exception):
    """The file cannot be read; ``problem`` completes the sentence "PATH …"."""

    def __init__(self, problem: str, next_step: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.next_step = next_step


def broken(reason: str) -> Unreadable:
    """The error of a workbook that no spreadsheet program has written so. ``reason`` ends without a full stop."""
    return Unreadable(
        f"is not a workbook that can be read: {reason}.",
        "Open it in a spreadsheet program and save it anew as .xlsx, without a password.",
    )


def send(stream: IO[bytes], frame: Request | Frame) -> None:
    """Write one frame and hand it over."""
    write_frame(stream, msgspec.msgpack.encode(frame))


def receive(stream: IO[bytes]) -> Frame | None:
    """The next frame, or ``None`` where the other side ended before it was whole."""
    octets = read_frame(stream)
    return None if octets is None else _FRAMES.decode(octets)


def receive_request(stream: IO[bytes]) -> Request | None:
    """The request, or ``None`` where there is none."""
    octets = read_frame(stream)
    return None if octets is None else msgspec.msgpack.decode(octets, type=Request)
