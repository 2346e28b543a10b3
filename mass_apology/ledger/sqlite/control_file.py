"""What a person asks of the running sender from another terminal: run, pause or stop.

It stands in a small file beside the ledger and not inside it: the sender has the only writing connection (see
writer.py), and a request must get through however busy the ledger is.
"""

from __future__ import annotations

from pathlib import Path

from mass_apology.errors import LedgerError
from mass_apology.ledger.sender_state import Control
from mass_apology.system.whole_file import write_whole


def control_file(ledger: Path) -> Path:
    """The file beside this ledger."""
    return ledger.with_name(f"{ledger.name}.control")


def request(ledger: Path, control: Control) -> None:
    """Ask; the file is replaced in one step, so the sender never sees half a word."""
    path = control_file(ledger)
    try:
        write_whole(path, f"{control}\n".encode("ascii"))
    except OSError as error:
        raise LedgerError(
            f"{path} cannot be written: {error.strerror}.",
            next_step="Make the campaign's folder writable, and ask again.",
        ) from error


def requested(ledger: Path) -> Control:
    """What was asked last; ``RUN`` if nothing was. Raises ``LedgerError`` if the file says something else."""
    path = control_file(ledger)
    try:
        return Control(path.read_text("ascii").strip())
    except FileNotFoundError:
        return Control.RUN
    except (OSError, ValueError) as error:
        raise LedgerError(
            f"{path} cannot be understood: {error}.", next_step="Ask again: mass-apology resume, pause or stop"
        ) from error
