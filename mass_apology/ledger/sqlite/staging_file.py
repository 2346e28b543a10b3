"""Where a plan in the making is kept: a temporary file beside the ledger, with its process's number in the name."""

from __future__ import annotations

import glob
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from mass_apology.errors import LedgerError
from mass_apology.system.processes import start_of


def new_file(ledger: Path) -> Path:
    """An empty file of this process beside the ledger, mode 0600. Raises ``LedgerError`` where there can be none."""
    try:
        descriptor, path = tempfile.mkstemp(prefix=f"{_prefix(ledger)}{os.getpid()}.", dir=ledger.parent)  # mode 0600
    except OSError as error:
        raise LedgerError(
            f"{ledger.parent} cannot be written: {error.strerror}.", next_step="Make the campaign's folder writable."
        ) from error
    os.close(descriptor)
    return Path(path)


def delete_abandoned(ledger: Path) -> None:
    """Delete the files of processes that have ended: they hold customers' data."""
    prefix = _prefix(ledger)
    for path in ledger.parent.glob(f"{glob.escape(prefix)}*"):
        pid = path.name.removeprefix(prefix).partition(".")[0]
        if pid.isdecimal() and start_of(int(pid)) is None:
            with suppress(OSError):  # another process may be faster
                path.unlink()


def _prefix(ledger: Path) -> str:
    return f"{ledger.name}.plan-"
