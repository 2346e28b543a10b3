"""The file where a campaign's ledger is kept, whether or not there is one yet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mass_apology.ledger import port
from mass_apology.ledger.doorbell import SilentDoorbell
from mass_apology.ledger.moving import Contents, Copied, Leaving, Relocation, Require, Standing
from mass_apology.ledger.sqlite import sqlite_moving
from mass_apology.ledger.sqlite.migrating import bring_up_to_date
from mass_apology.ledger.sqlite.on_disk import is_there, wal_of
from mass_apology.ledger.sqlite.planning import SqliteStaging
from mass_apology.ledger.sqlite.sqlite_ledger import SqliteLedger
from mass_apology.ledger.sqlite.sqlite_records import SqliteRecords
from mass_apology.ledger.sqlite.write_lock import write_lock_file
from mass_apology.ledger.staging.staging_file import delete_abandoned, delete_kept


class SqliteStore:
    """Implements ``port.Store``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def place(self) -> str:
        return str(self._path)

    def exists(self) -> bool:
        return is_there(self._path)

    def standing(self) -> Standing | None:
        """As ``moving.MovableStore``, which it implements, says; so the next ones."""
        if not self.exists():
            return None
        bring_up_to_date(self._path)
        return sqlite_moving.standing_in(self._path)

    def leaving(self, ledger: port.Ledger) -> Leaving:
        if not isinstance(ledger, SqliteLedger):
            raise TypeError("a ledger leaves its own store")
        return ledger.leaving()

    def arrive(self, name: str, contents: Contents, arriving: Relocation, require: Require) -> Copied:
        return sqlite_moving.arrive(self._path, name, contents, arriving, require)

    def put_to_use(self, note: str, now: float) -> None:
        sqlite_moving.put_to_use(self._path, note, now)

    def create(self, name: str) -> port.Ledger:
        return SqliteLedger.create(self._path, name)

    def open(self, name: str) -> port.Ledger:
        bring_up_to_date(self._path)
        return SqliteLedger.open(self._path, name)

    def read(self, name: str | None = None) -> port.Records:
        bring_up_to_date(self._path)
        return SqliteRecords.open_any(self._path) if name is None else SqliteRecords.open(self._path, name)

    def planner(
        self, wave: str, message_id: Callable[[int], str], *, each_customer: bool = False, stamp: bytes = b""
    ) -> port.Planner:
        return SqliteStaging(self._path, wave, message_id, each_customer=each_customer, stamp=stamp)

    def delete_plans(self, *, kept: bool = False) -> None:
        delete_abandoned(self._path)
        if kept:
            delete_kept(self._path)

    def doorbell(self) -> SilentDoorbell:
        return SilentDoorbell()

    def stray(self) -> str:
        wal = wal_of(self._path)
        return wal.name if not self.exists() and is_there(wal) else ""

    def files(self) -> frozenset[Path]:
        shm = self._path.with_name(f"{self._path.name}-shm")
        return frozenset({self._path, wal_of(self._path), shm, write_lock_file(self._path)})
