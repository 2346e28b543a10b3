"""What earlier runs on this machine left: the last check of a campaign, and which files were sent by which campaign.

Both only serve to notice accidents. So what cannot be read counts as absent, and what cannot be written is said in a
sentence and stops nothing. Neither holds a customer's address.

The record of sent files is one file of JSON lines for each day (UTC). Lines are appended, so that campaigns that start
at the same moment keep each other's; old days are deleted as whole files, so that nothing is ever rewritten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from mass_apology.system.json_lines import append_line
from mass_apology.system.state_folder import STATE_VARIABLE, state_folder
from mass_apology.system.timestamps import utc_day
from mass_apology.system.whole_file import write_whole

CHECK_FILE = "last-check.json"
"""The last check, in the campaign's folder."""

KEPT = timedelta(days=30)
"""For so long a sent file is remembered."""


class Checked(Struct, frozen=True, kw_only=True):
    """A check that was made."""

    at: float  # Unix seconds
    letters: int
    parts: Mapping[str, str]  # what the plan was made of: "the template" → its digest, …


class Sent(Struct, frozen=True, kw_only=True):
    """A recipients file that a campaign began to send to."""

    file_sha256: str  # of the recipients file, hexadecimal
    campaign: str  # its name
    folder: str  # its absolute path
    at: float  # Unix seconds
    letters: int


def remember_check(folder: Path, checked: Checked) -> str | None:
    """Keep a check in the campaign's ``folder`` in place of the one before; a sentence if that is impossible."""
    try:
        write_whole(folder / CHECK_FILE, msgspec.json.encode(checked) + b"\n")
    except OSError as error:
        return f"This check cannot be remembered: {folder / CHECK_FILE} cannot be written ({_reason(error)})."
    return None


def last_check(folder: Path) -> Checked | None:
    """The last check of the campaign in ``folder``; ``None`` if there is none, or its file is damaged."""
    try:
        return msgspec.json.decode((folder / CHECK_FILE).read_bytes(), type=Checked)
    except (OSError, msgspec.DecodeError):
        return None


def remember_sent(sent: Sent) -> str | None:
    """Record a file that is being sent, and forget what is older than ``KEPT``; a sentence if that is impossible."""
    days = _days_folder()
    if days is None:
        return f"Sent files cannot be remembered: there is no home directory. Name a folder in {STATE_VARIABLE}."
    today = utc_day(sent.at)
    try:
        days.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        days.mkdir(exist_ok=True, mode=0o700)
        append_line(days / f"{today}.jsonl", msgspec.json.encode(sent))
    except OSError as error:
        return f"Sent files cannot be remembered: {days} cannot be written ({_reason(error)})."
    for day, path in _kept_days(days):
        if day < today - KEPT:
            with suppress(OSError):  # another process has just deleted it
                path.unlink()
    return None


def sent_since(since: float) -> list[Sent]:
    """What any campaign on this machine began to send at ``since`` (Unix seconds) or later, the earliest first."""
    days = _days_folder()
    files = [path for day, path in _kept_days(days) if day >= utc_day(since)] if days else []
    return sorted((sent for path in files for sent in _read(path) if sent.at >= since), key=lambda sent: sent.at)


def _days_folder() -> Path | None:
    """``None`` for a user without a home directory, as in some containers."""
    state = state_folder()
    return state / "sent" if state else None


def _kept_days(days: Path) -> Iterator[tuple[date, Path]]:
    for path in days.glob("*.jsonl"):
        with suppress(ValueError):  # not one of ours
            yield date.fromisoformat(path.stem), path


def _read(path: Path) -> Iterator[Sent]:
    """A day's entries, without those that a full disk or a power cut left incomplete."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        with suppress(msgspec.DecodeError):
            yield msgspec.json.decode(line, type=Sent)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
