"""The ledger: durable once-only bookkeeping in SQLite. ``Ledger`` writes, ``Records`` reads, ``Staging`` plans."""

from mass_apology.ledger.sqlite.control_file import Control
from mass_apology.ledger.sqlite.planning import Staging
from mass_apology.ledger.sqlite.sqlite_ledger import Ledger
from mass_apology.ledger.sqlite.sqlite_records import Note, Records, Result
from mass_apology.ledger.staged import Again, Changed, Codes, Conflict, Counts, Kin, Known, Planned, Respelled, Shared

__all__ = [
    "Again",
    "Changed",
    "Codes",
    "Conflict",
    "Control",
    "Counts",
    "Kin",
    "Known",
    "Ledger",
    "Note",
    "Planned",
    "Records",
    "Respelled",
    "Result",
    "Shared",
    "Staging",
]
