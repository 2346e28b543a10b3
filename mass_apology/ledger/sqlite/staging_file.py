"""The file of a plan in the making: a temporary file beside the ledger, which is this process's own."""

from __future__ import annotations

from pathlib import Path

from mass_apology.errors import LedgerError
from mass_apology.system.temporary_files import remove_abandoned, temporary_file


def new_file(ledger: Path) -> Path:
    """An empty file of this process beside the ledger, mode 0600. Raises ``LedgerError`` where there can be none."""
    try:
        return temporary_file(_prefix(ledger))
    except OSError as error:
        raise LedgerError(
            f"{ledger.parent} cannot be written: {error.strerror}.", next_step="Make the campaign's folder writable."
        ) from error


def delete_abandoned(ledger: Path) -> None:
    """Delete the files of processes that have ended: they hold customers' data."""
    remove_abandoned(_prefix(ledger))


def _prefix(ledger: Path) -> Path:
    return ledger.with_name(f"{ledger.name}.plan-")
