"""The recipients file, opened once for a command: what is said of it is said of the same octets."""

from __future__ import annotations

import hashlib
import io
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mass_apology.errors import InputError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BLOCK = 1 << 17  # octets asked of the system at a time
_START = 1 << 16  # octets

_NO_FILES = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))


class RecipientsFile:
    """A file of customers; its digest, its layout and its rows come from one open file, whatever takes its name.

    It is opened when something is first asked of it, and closed with its context. Several passes over it may be under
    way at once, each from the beginning. Whatever cannot be read raises ``InputError``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "_file" in self.__dict__:
            self._file.close()

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name

    @cached_property
    def start(self) -> bytes:
        """The first octets, 64 KiB at most."""
        return self.octets().read(_START)

    @cached_property
    def sha256(self) -> bytes:
        """The digest of the contents alone: a renamed copy has the same."""
        with self.read_errors():
            return hashlib.file_digest(self.octets(), "sha256").digest()

    def octets(self) -> io.BufferedReader:
        """A pass over the file."""
        return io.BufferedReader(_Pass(self._file), _BLOCK)

    def text(self, codec: str, errors: str = "strict") -> io.TextIOWrapper:
        """A pass over the decoded file, whose lines keep their ends."""
        return io.TextIOWrapper(self.octets(), encoding=codec, errors=errors, newline="")

    @contextmanager
    def read_errors(self) -> Iterator[None]:
        """Tell as ``InputError`` why the system does not let the file be read."""
        try:
            yield
        except FileNotFoundError as error:
            raise InputError(
                f"There is no file {self.path}.",
                next_step="Correct 'recipients' in campaign.toml, or put the file there.",
            ) from error
        except OSError as error:
            raise InputError(
                f"{self.path} cannot be read: {error.strerror or error}.",
                next_step="Make it a file that you may read, and run the command again.",
            ) from error

    @cached_property
    def _file(self) -> io.FileIO:
        with self.read_errors():
            _require_regular(self.path)
            return self.path.open("rb", buffering=0)


class _Pass(io.RawIOBase):
    """One pass over an open file, with a position of its own. Closing it leaves the file open."""

    def __init__(self, file: io.FileIO) -> None:
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._file.seek(self._at)
        count = self._file.readinto(buffer) or 0
        self._at += count
        return count


def _require_regular(path: Path) -> None:
    """Raise ``InputError`` for what is no file: a pipe would be waited for, and some devices never end."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        what = next((what for is_it, what in _NO_FILES if is_it(mode)), "a device")
        raise InputError(
            f"{path} is {what}, not a file.", next_step="Write the customers into a file, and name that one."
        )
