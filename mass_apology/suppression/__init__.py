"""Addresses never to write to, for all campaigns of a machine. ``Suppressions`` keeps them, ``judge`` applies them.

``rules`` decides (pure), ``lists`` reads and writes CSV files, ``store`` is the SQLite file. ``mass_apology.mailboxes``
knows the spellings of one address.
"""

from mass_apology.suppression.entries import Entry, Purpose, Reason, Scope
from mass_apology.suppression.lists import Exported, Imported
from mass_apology.suppression.rules import SuppressionVerdict, is_suppression, judge
from mass_apology.suppression.store import Suppressions
from mass_apology.suppression.suppression_file import default_path, shared_path

__all__ = [
    "Entry",
    "Exported",
    "Imported",
    "Purpose",
    "Reason",
    "Scope",
    "SuppressionVerdict",
    "Suppressions",
    "default_path",
    "is_suppression",
    "judge",
    "shared_path",
]
