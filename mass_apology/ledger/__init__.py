"""The ledger: durable once-only bookkeeping in SQLite. ``Ledger`` writes, ``Records`` reads, ``Staging`` plans."""

from mass_apology.ledger.control import Control
from mass_apology.ledger.planning import Conflict, Counts, Planned, Staging
from mass_apology.ledger.reading import Note, Records, Result
from mass_apology.ledger.sqlite import Ledger

__all__ = ["Conflict", "Control", "Counts", "Ledger", "Note", "Planned", "Records", "Result", "Staging"]
