"""SHA-256 of what letters are made from, part by part, so that a change can be told by its part's name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec.structs import replace

from mass_apology import __version__
from mass_apology.ledger_settings import LedgerSettings
from mass_apology.relay_settings import RelaySettings
from mass_apology.settings import (
    Campaign,
    LimitSettings,
    NotifySettings,
    ReportSettings,
    ScheduleSettings,
    WordingSettings,
)

VERSION_PART = "the program's version"
"""The part of the digests that is a version, as text."""


def letters_settings(campaign: Campaign) -> bytes:
    """All settings with an effect on letters, as JSON: without the relay, limits and who is notified."""
    return _encoded(replace(_shape(campaign), schedule=ScheduleSettings(), follow_up=()))


def letters_digest(campaign: Campaign) -> str:
    """Of all settings with an effect on letters."""
    return hashlib.sha256(letters_settings(campaign)).hexdigest()


def wave_digest(campaign: Campaign) -> str:
    """Of all settings with an effect on the letters of a further wave, and on when they go."""
    return hashlib.sha256(_encoded(_shape(campaign))).hexdigest()


def part_digests(files: Mapping[str, Sequence[Path]]) -> dict[str, str]:
    """The name of each part of files → its digest; and the program's version, which shapes letters too."""
    return {**{part: _digest(its) for part, its in files.items()}, VERSION_PART: __version__}


def _shape(campaign: Campaign) -> Campaign:
    """The campaign without the settings that have no effect on letters."""
    return replace(
        campaign,
        message=replace(campaign.message, archive=None),
        relay=RelaySettings(url="-"),
        further_relays=(),
        destinations={},
        ledger=LedgerSettings(),
        limits=LimitSettings(),
        notify=NotifySettings(),
        kept=(),
        wording=WordingSettings(),
        not_after=None,
        finish_by=None,
        segments={},
        report=ReportSettings(),
    )


def _encoded(shape: Campaign) -> bytes:
    return msgspec.json.encode(shape, order="deterministic")


def _digest(files: Iterable[Path]) -> str:
    """One digest over names and contents."""
    whole = hashlib.sha256()
    for path in files:
        whole.update(path.name.encode() + b"\0" + (file_digest(path) or b""))
    return whole.hexdigest()


def file_digest(path: Path) -> bytes | None:
    """SHA-256 of a file; ``None`` where it cannot be read, which is reported where it is used."""
    with suppress(OSError):
        if path.is_file():  # reading a pipe would wait, and some devices never end
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").digest()
    return None
