"""Writes a pack of evidence: a zip file of stored files, whose octets follow from the names and contents of its files.

The format is defined in ``verify_pack``, which is packed too. Whoever packs the same files gets the same octets.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from typing import BinaryIO

import msgspec

from mass_apology.evidence import verify_pack
from mass_apology.evidence.verify_pack import MANIFEST, SUMS, TOKEN, Member, directory, local_header, sums

_PIECE = 1 << 20  # octets


class PackWriter:
    """Adds files one after the other to a file that is open for writing and reading, and can be sought in."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.members: list[Member] = []

    def add(self, name: str, octets: Iterable[bytes]) -> None:
        """Add a file of these octets, which may come in pieces."""
        offset = self._file.tell()
        self._file.write(local_header(name, 0, 0))
        start = self._file.tell()
        whole, size, crc = hashlib.sha256(), 0, 0
        for piece in octets:
            self._file.write(piece)
            whole.update(piece)
            size += len(piece)
            crc = zlib.crc32(piece, crc)
        header = local_header(name, size, crc)
        self._make_room(start, size, offset + len(header) - start)
        start = offset + len(header)
        self._file.seek(offset)
        self._file.write(header)
        self._file.seek(start + size)
        self.members.append(Member(name, offset, start, size, crc, whole.hexdigest()))

    def _make_room(self, start: int, size: int, more: int) -> None:
        """Move a file's octets back, where its header became longer: it is known only now how large the file is."""
        end = start + size
        while more and end > start:
            begin = max(start, end - _PIECE)
            self._file.seek(begin)
            piece = self._file.read(end - begin)
            self._file.seek(begin + more)
            self._file.write(piece)
            end = begin

    def finish(self, manifest: dict[str, object]) -> str:
        """Add the manifest with the digests of all files so far, and close the container; the manifest's SHA-256."""
        files = [{"name": each.name, "size": each.size, "sha256": each.sha256} for each in self.members]
        whole = {"format": verify_pack.FORMAT, **manifest, "files": files}
        self.add(MANIFEST, [canonical(whole)])
        self.close()
        return self.members[-2].sha256

    def close(self) -> None:
        """Add the digests of the manifest and of a time-stamp, and close the container."""
        tail = [each for each in self.members if each.name in {MANIFEST, TOKEN}]
        self.add(SUMS, [sums([(each.sha256, each.name) for each in tail])])
        self._file.write(directory(self.members))


def canonical(value: object) -> bytes:
    """One value as JSON with sorted keys and without blanks."""
    return msgspec.json.encode(value, order="sorted")
