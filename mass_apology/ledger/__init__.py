"""The ledger: durable once-only bookkeeping in SQLite. ``Ledger`` writes, ``Records`` reads, ``Staging`` plans."""

from mass_apology.ledger.control_file import Control
from mass_apology.ledger.planning import Staging
from mass_apology.ledger.reading import Note, Records, Result
from mass_apology.ledger.sqlite import Ledger
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
