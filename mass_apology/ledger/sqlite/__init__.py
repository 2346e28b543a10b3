"""The ledger in a SQLite file in the campaign's folder: one writer thread, nothing to install.

Opened by ``SqliteStore``. What the methods promise is said in ``ledger.port``.
"""

from mass_apology.ledger.sqlite.planning import SqliteStaging
from mass_apology.ledger.sqlite.sqlite_ledger import SqliteLedger
from mass_apology.ledger.sqlite.sqlite_records import SqliteRecords
from mass_apology.ledger.sqlite.sqlite_store import SqliteStore

__all__ = ["SqliteLedger", "SqliteRecords", "SqliteStaging", "SqliteStore"]
