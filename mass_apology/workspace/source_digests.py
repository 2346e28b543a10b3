"""SHA-256 of what letters are made from, part by part, so that a change can be told by its part's name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec.structs import replace

from mass_apology import __version__
from mass_apology.relay_settings import RelaySettings
from mass_apology.settings import (
    Campaign,
    LimitSettings,
    NotifySettings,
    ReportSettings,
    ScheduleSettings,
    WordingSettings,
)


def letters_digest(campaign: Campaign) -> str:
    """Of all settings with an effect on letters."""
    return _digest_of(replace(_shape(campaign), schedule=ScheduleSettings(), follow_up=()))


def wave_digest(campaign: Campaign) -> str:
    """Of all settings with an effect on the letters of a further wave, and on when they go."""
    return _digest_of(_shape(campaign))


def part_digests(
    *, template: Iterable[Path], attachments: Iterable[Path], codes: Path | None, languages: Sequence[Path]
) -> dict[str, str]:
    """The name of each part of files → its digest; codes and languages are parts only where there are some."""
    parts = {
        "the template": _digest(template),
        "the attachments": _digest(attachments),
        "the program's version": __version__,
    }
    if codes is not None:
        parts["the codes"] = _digest([codes])
    if languages:
        parts["the languages"] = _digest(languages)
    return parts


def _shape(campaign: Campaign) -> Campaign:
    """The campaign without the settings that have no effect on letters."""
    return replace(
        campaign,
        message=replace(campaign.message, archive=None),
        relay=RelaySettings(url="-"),
        limits=LimitSettings(),
        notify=NotifySettings(),
        kept=(),
        wording=WordingSettings(),
        not_after=None,
        finish_by=None,
        segments={},
        report=ReportSettings(),
    )


def _digest_of(shape: Campaign) -> str:
    return hashlib.sha256(msgspec.json.encode(shape, order="deterministic")).hexdigest()


def _digest(files: Iterable[Path]) -> str:
    """One digest over names and contents; files that cannot be read are reported where they are used."""
    whole = hashlib.sha256()
    for path in files:
        whole.update(path.name.encode() + b"\0")
        with suppress(OSError):
            if path.is_file():  # reading a pipe would wait, and some devices never end
                with path.open("rb") as file:
                    whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()
