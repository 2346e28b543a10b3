"""The files that a wave's letters are made from, each content once, under its SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from mass_apology.ledger.in_sql.connection import Connection, Reading, Writing
from mass_apology.ledger.recorded import LetterFile


class SqlLetterFileRecords:
    """Implements ``port.LetterFileRecords``."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._queries = reading.statements("letter_files.sql")

    def of(self, wave: str) -> list[LetterFile]:
        with self._reading.shared() as reader:
            rows = reader.execute(self._queries["of-wave"], {"wave": wave}).fetchall()
        return [LetterFile(path=path, sha256=bytes(sha256), octets=octets) for path, sha256, octets in rows]

    def content(self, sha256: bytes) -> bytes | None:
        with self._reading.shared() as reader:
            row = reader.execute(self._queries["content"], {"sha256": sha256}).fetchone()
        return None if row is None else bytes(row[0])


class SqlLetterFiles(SqlLetterFileRecords):
    """Implements ``port.LetterFiles``."""

    def __init__(self, reading: Reading, writing: Writing) -> None:
        super().__init__(reading)
        self._writing = writing

    def keep(self, wave: str, files: Mapping[str, bytes]) -> None:
        self._writing.change_fenced(lambda connection: self._keep(connection, wave, files))

    def _keep(self, connection: Connection, wave: str, files: Mapping[str, bytes]) -> None:
        connection.execute(self._queries["forget-wave"], {"wave": wave})
        written: set[bytes] = set()
        for path, data in files.items():
            sha256 = hashlib.sha256(data).digest()
            if sha256 not in written:
                # Written anew, though it may be there: what is wrong with it is mended.
                connection.execute(self._queries["forget-content"], {"sha256": sha256})
                connection.execute(self._queries["add-content"], {"sha256": sha256, "data": data})
                written.add(sha256)
            connection.execute(self._queries["add-file"], {"wave": wave, "path": path, "sha256": sha256})
        connection.execute(self._queries["forget-unused"])
