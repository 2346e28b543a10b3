"""The ledger's notes and the approvals, as the log's chain has them when a run begins and ends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from mass_apology.approval import approval_file
from mass_apology.ledger.recorded import Note


def run_facts(notes: Iterable[Note], folder: Path) -> dict[str, object]:
    """Number and SHA-256 of the notes, and the SHA-256 of the approvals; "" where there are none.

    An approvals file that cannot be read is told by whoever asks for approvals, and counts as none here.
    """
    whole, count = hashlib.sha256(), 0
    for line in note_lines(notes):
        whole.update(line)
        count += 1
    return {"notes": {"count": count, "sha256": whole.hexdigest()}, "approvals": _digest(approval_file.path_in(folder))}


def note_lines(notes: Iterable[Note]) -> Iterator[bytes]:
    """Each note as a line of canonical JSON, with its line feed."""
    for note in notes:
        yield msgspec.json.encode({"at": utc_moment(note.at), "what": note.what}) + b"\n"


def utc_moment(at: float) -> str:
    """``2026-11-20T09:12:00.123+00:00``"""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
