"""``suppress``: changes and shows this machine's suppression list."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from mass_apology.errors import SuppressionError
from mass_apology.flows.output import new_file, require_ending
from mass_apology.near_misses import did_you_mean, ended
from mass_apology.suppression import Entry, Exported, Imported, Reason, Suppressions, shared_path
from mass_apology.system.timestamps import utc_day

BY_HAND = "by hand"


def add(address: str, reason: str, note: str) -> bool:
    """Put an address on the list; false where it is there already. Raises ``SuppressionError``."""
    entry = Entry.of(address, _reason(reason), at=time.time(), source=BY_HAND, note=note)
    with Suppressions.open(shared_path()) as store:
        return store.add(entry)


def remove(address: str) -> bool:
    """Take an address off the list; false where it is not there."""
    with Suppressions.open(shared_path()) as store:
        return store.remove(address)


def lines(reason: str | None) -> Iterator[str]:
    """Every entry as a line, the earliest first."""
    with Suppressions.open(shared_path()) as store:
        for entry in store.entries(_reason(reason) if reason else None):
            day = utc_day(entry.at)
            address = entry.address or "(address purged)"
            yield f"{day}  {entry.reason.value:<13} {address}  {entry.source}{f': {entry.note}' if entry.note else ''}"


def import_file(file: Path, reason: str) -> Imported:
    """Put all addresses of a file on the list, or none. Raises ``SuppressionError`` that names the lines."""
    with Suppressions.open(shared_path()) as store:
        return store.import_csv(file, now=time.time(), reason=_reason(reason))


def export_file(to: Path, *, force: bool) -> Exported:
    """Write the list to a file. Raises ``OutputError``."""
    require_ending(to, (".csv",))
    with Suppressions.open(shared_path()) as store, new_file(to, force=force) as file:
        return store.export_csv(file)


def _reason(text: str) -> Reason:
    try:
        return Reason(text)
    except ValueError:
        raise SuppressionError(
            ended(f"{text!r} is no reason to suppress an address{did_you_mean(text, list(Reason))}"),
            next_step=f"There are: {', '.join(Reason)}.",
        ) from None
