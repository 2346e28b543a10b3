"""The ledger: durable once-only bookkeeping, behind a port.

``port`` declares the interfaces: ``Ledger`` writes, ``Records`` reads, ``Planner`` plans, ``Store`` opens them.
``sqlite`` is the implementation, and alone knows SQL.
"""

from mass_apology.ledger.port import Ledger, Planner, Records, Sender, Store
from mass_apology.ledger.recorded import Note, Result
from mass_apology.ledger.sender_state import Control
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
    "Planner",
    "Records",
    "Respelled",
    "Result",
    "Sender",
    "Shared",
    "Store",
]
