"""The recipients file, opened once for a command, so that its digest, layout and rows describe the same octets."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mass_apology.errors import InputError
from mass_apology.system.regular_file import refuse_special

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BLOCK = 1 << 17  # octets asked of the system at a time
_START = 1 << 16  # octets
_IF_MISSING = "Correct 'recipients' in campaign.toml, or put the file there."


class RecipientsFile:
    """A file of customers. A command makes one and passes it to every reader of this room.

    The digest, the layout and the rows come from one open file, even if another file takes its name meanwhile. The
    first read opens it; leaving the context closes it. Several passes may run at once, each with its own position.
    Every method raises ``InputError`` if the file cannot be read.
    """

    def __init__(self, path: Path, *, mended: Path | None = None, if_missing: str = _IF_MISSING) -> None:
        """``mended``: a file of mended rows; ``if_missing``: what to do where there is no file at ``path``."""
        self.path = path
        self.mended = (
            RecipientsFile(mended, if_missing="Correct 'mended' in campaign.toml, or take it out.") if mended else None
        )
        self._if_missing = if_missing

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "_file" in self.__dict__:
            self._file.close()
        if self.mended is not None:
            self.mended.__exit__(kind, error, trace)

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name

    @cached_property
    def start(self) -> bytes:
        """The first octets, 64 KiB at most."""
        return self.octets().read(_START)

    @property
    def size(self) -> int:
        """Octets."""
        with self.read_errors():
            return self._file.seek(0, io.SEEK_END)  # each pass seeks before it reads

    @cached_property
    def sha256(self) -> bytes:
        """The digest of the contents; a renamed copy has the same one."""
        with self.read_errors():
            return hashlib.file_digest(self.octets(), "sha256").digest()

    def octets(self) -> io.BufferedReader:
        """A new pass over the file, from its beginning."""
        return io.BufferedReader(_Pass(self._file), _BLOCK)

    def text(self, codec: str, errors: str = "strict") -> io.TextIOWrapper:
        """A new pass over the decoded file; its lines keep their ends."""
        return io.TextIOWrapper(self.octets(), encoding=codec, errors=errors, newline="")

    @contextmanager
    def read_errors(self) -> Iterator[None]:
        """Turn the system's errors with this file into ``InputError``."""
        try:
            yield
        except FileNotFoundError as error:
            raise InputError(
                f"There is no file {self.path}.",
                next_step=self._if_missing,
            ) from error
        except OSError as error:
            raise InputError(
                f"{self.path} cannot be read: {error.strerror or error}.",
                next_step="Make it a file that you may read, and run the command again.",
            ) from error

    @cached_property
    def _file(self) -> io.FileIO:
        with self.read_errors():
            refuse_special(self.path)
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
