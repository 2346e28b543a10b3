"""The suppression list: addresses that no campaign of a machine writes to. ``Suppressions`` keeps it.

``rules`` judges an entry (pure), ``lists`` reads and writes CSV files, ``store`` is the SQLite file.
``mass_apology.mailboxes`` finds the spellings of one address.
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
