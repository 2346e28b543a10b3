"""The place where a ledger's file was last sent from, so that a copy is known as one.

A copy of a campaign's folder has the name in common with the first one, but neither the path nor the inode; a copy that
was put back lacks the last runs. The inode alone tells a folder that was moved, and, on a file system that several
hosts share, the same file under another path.
"""

from __future__ import annotations

import secrets
import socket
from pathlib import Path

import msgspec
from msgspec import Struct

from mass_apology.ledger.in_sql.connection import Connection
from mass_apology.ledger.sqlite.on_disk import file_id
from mass_apology.ledger.sqlite.statements import statements

_QUERIES = statements("place.sql")


class Place(Struct, frozen=True, kw_only=True):
    """Where a file is."""

    host: str
    folder: str  # absolute path
    device: str
    inode: str

    def is_at(self, path: Path) -> bool:
        """Whether the ledger at ``path`` is the file that was sent from, or stands in its place; else it is a copy."""
        here = place_of(path)
        same_file = self.inode == here.inode and (self.device == here.device or self.host != here.host)
        return same_file or self.folder == here.folder


def place_of(path: Path) -> Place:
    """Where this file is now. After a restart of the machine a device may have another number."""
    device, inode = file_id(path) or ("", "")
    return Place(host=socket.gethostname(), folder=str(path.parent.resolve()), device=str(device), inode=str(inode))


def read_place(connection: Connection) -> Place:
    """Where the ledger was last sent from."""
    host, folder, device, inode = connection.execute(_QUERIES["place"]).fetchone()
    return Place(host=host, folder=folder, device=device, inode=inode)


def begin(connection: Connection, path: Path) -> None:
    """Give a ledger that is being made its name and its place."""
    facts = {"ledger": secrets.token_hex(16), **msgspec.structs.asdict(place_of(path))}
    connection.execute(_QUERIES["begin"], facts)


class FileSite:
    """Implements ``continuity.Site`` for a ledger's file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def copied_from(self, reader: Connection) -> str:
        place = read_place(reader)
        return "" if place.is_at(self._path) else place.folder

    def other_server(self, reader: Connection) -> bool:
        return False

    def is_settled_here(self, reader: Connection) -> bool:
        return read_place(reader) == place_of(self._path)

    def settle(self, connection: Connection) -> None:
        connection.execute(_QUERIES["move"], msgspec.structs.asdict(place_of(self._path)))
