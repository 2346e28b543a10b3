"""Reads the lines of a log file, plain or gzip, or of standard input."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from mass_apology.errors import InputError
from mass_apology.system.regular_file import refuse_special

STANDARD_INPUT = "-"

_LONGEST_LINE = 1 << 16  # octets; a longer line is split
_GZIP = b"\x1f\x8b"


def log_lines(source: str) -> Iterator[bytes]:
    """The lines of a file, or of standard input ("-"), with line ends; gzip is decompressed. Raises ``InputError``."""
    try:
        with ExitStack() as opened:
            stream = _opened(source, opened)
            yield from iter(partial(stream.readline, _LONGEST_LINE), b"")
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise InputError(
            f"{source} is compressed, and damaged or cut off: {error}.",
            next_step="Copy it again from the relay, then run the same command. Nothing was recorded.",
        ) from error
    except OSError as error:
        raise InputError(
            f"{source} cannot be read: {error.strerror or error}.",
            next_step="Name a log file of the relay, such as /var/log/mail.log, or - for standard input.",
        ) from error


def _opened(source: str, opened: ExitStack) -> BinaryIO:
    if source == STANDARD_INPUT:
        raw = cast("io.BufferedReader", sys.stdin.buffer)
    else:
        raw = opened.enter_context(_file(source))
    if raw.peek(len(_GZIP))[: len(_GZIP)] != _GZIP:
        return raw
    plain = gzip.GzipFile(fileobj=raw, mode="rb")
    return cast("BinaryIO", opened.enter_context(io.BufferedReader(plain, 1 << 18)))


def _file(source: str) -> io.BufferedReader:
    refuse_special(Path(source), but_open_pipes=True)
    return Path(source).open("rb")
