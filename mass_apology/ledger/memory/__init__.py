"""A ledger in memory: it proves that the sender's port is one, and keeps tests of the sending off the disk.

It implements ``port.Sender`` and of ``port.Session`` what a run needs. Nothing outlasts the process.
"""

from mass_apology.ledger.memory.memory_ledger import MemoryLedger
from mass_apology.ledger.memory.memory_letters import MemoryLetters

__all__ = ["MemoryLedger", "MemoryLetters"]
