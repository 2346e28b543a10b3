"""campaign.toml → a frozen ``Campaign``, or one error that lists everything wrong with the file.

Every command reads it here and nowhere else, so that what one of them would refuse is refused by all.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from mass_apology.campaign_types import as_written, typed
from mass_apology.campaign_values import value_problems
from mass_apology.errors import CampaignError
from mass_apology.ledger_settings import LedgerSettings
from mass_apology.relay_settings import RelaySettings
from mass_apology.settings import Campaign
from mass_apology.system.bounded_toml import MAX_OCTETS, parse_toml
from mass_apology.system.regular_file import read_regular
from mass_apology.system.toml_edits import Edit, edited
from mass_apology.system.toml_lines import line_of
from mass_apology.system.whole_file import write_whole
from mass_apology.type_errors import place_of

FILE_NAME = "campaign.toml"
LOG_NAME = "log.jsonl"

_KEY = re.compile(r"`(\$[^`]*)`")
_TEXT_LINE = re.compile(r"""^(?P<key>\w+)[ \t]*=[ \t]*(["'])(?P<value>[^"'\n]*)\2""", re.MULTILINE)


def read_campaign(folder: Path, *, secrets: Path | None = None) -> Campaign:
    """Read and validate ``folder/campaign.toml``. Files of passwords and certificates are named relative to
    ``secrets``, or to the folder.

    Raises ``CampaignError`` naming the file and the key path (``$.relay.url``) of all that is wrong.
    """
    path = folder / FILE_NAME
    text = _text(path)
    return _anchored(_validated(_parsed(text, path), text, path), folder if secrets is None else secrets)


def read_ledger_settings(folder: Path) -> tuple[str, LedgerSettings]:
    """The campaign's name, and where ``folder/campaign.toml`` says that its ledger is, as far as either can be read.

    Nothing else of the file is looked at, since a mistake in it must not prevent a stop. Raises ``CampaignError`` where
    it names a database in a way that cannot be used.
    """
    path = folder / FILE_NAME
    try:
        text = _text(path)
    except CampaignError:
        return "", LedgerSettings()
    if "ledger" not in text:
        return "", LedgerSettings()
    try:
        tables: Mapping[str, Any] = _parsed(text, path)
    except CampaignError:
        tables = _salvaged(text)
    try:
        found = msgspec.convert(tables.get("ledger", {}), LedgerSettings)
    except msgspec.ValidationError as error:
        raise CampaignError(
            f"{path}: [ledger] cannot be used: {error}.", next_step="Mend it, then run the same command again."
        ) from error
    return str(tables.get("name", "")), anchored_ledger(found, folder)


def anchored_ledger(settings: LedgerSettings, folder: Path) -> LedgerSettings:
    """With its files named relative to the campaign's folder."""
    password = _anchored_place(settings.password, folder) if settings.password else None
    return replace(settings, ca_file=_anchored_file(settings.ca_file, folder), password=password)


def _salvaged(text: str) -> Mapping[str, Any]:
    """What of a file that is no TOML tells where the ledger is: keys with a text, line by line."""
    top, *tables = re.split(r"^\[", text, flags=re.MULTILINE)
    ledger = next((table for table in tables if table.startswith("ledger]")), "")
    return {**_texts(top), "ledger": _texts(ledger)}


def _texts(lines: str) -> dict[str, str]:
    return {match["key"]: match["value"] for match in _TEXT_LINE.finditer(lines)}


def edit_campaign(folder: Path, edits: Sequence[Edit]) -> None:
    """Write these values into ``folder/campaign.toml``, whose other octets and mode stay as they are; all or none.

    Raises ``CampaignError`` where the file cannot be used, before or after, or written, or a value has no place in it.
    """
    path = folder / FILE_NAME
    after = edited_campaign(folder, edits)
    try:
        mode = stat.S_IMODE(path.stat().st_mode)  # a team may read it
        write_whole(path.resolve(), after.encode(), mode=mode)
    except OSError as error:
        raise CampaignError(
            f"{path} cannot be written: {error.strerror or error}. It is as it was.",
            next_step="Make room on the disk, or mend its permissions, then run the same command again.",
        ) from error


def edited_campaign(folder: Path, edits: Sequence[Edit]) -> str:
    """The text that ``edit_campaign`` writes; raises as it does."""
    path = folder / FILE_NAME
    before = _text(path)
    mark = "\ufeff" * before.startswith("\ufeff")
    try:
        after = edited(before.removeprefix(mark), edits)
    except ValueError as error:
        raise CampaignError(
            f"{path}: {error}.", next_step="Write it by hand, or make it a table of its own: [table], then its keys."
        ) from error
    _validated(_parsed(after, path), after, path)
    return mark + after


def _text(path: Path) -> str:
    """The file's text as it is, with its mark and line ends."""
    try:
        return read_regular(path, MAX_OCTETS).decode()
    except FileNotFoundError:
        raise CampaignError(
            f"There is no {FILE_NAME} in {'this folder' if path.parent == Path() else path.parent}.",
            next_step="Change to a campaign's folder, or make one: mass-apology init NAME --template service-outage "
            "--recipients affected.csv",
        ) from None
    except NotADirectoryError:
        raise CampaignError(
            f"{path.parent} is a file, and a campaign is a folder.", next_step="Name the folder that it is in."
        ) from None
    except OSError as error:
        raise CampaignError(f"{path} cannot be read: {error.strerror}.", next_step="Write a file there.") from error
    except UnicodeDecodeError as error:
        raise CampaignError(
            f"{path} cannot be read: octet {error.start + 1:,} is not UTF-8.",
            next_step="Make it a readable UTF-8 file, then run check again.",
        ) from error


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return parse_toml(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    except ValueError as error:  # a TOMLDecodeError, or what no person writes
        raise CampaignError(
            f"{path} is not valid TOML: {error}.",
            next_step="Mend that line, then run: mass-apology check",
        ) from error


def _validated(tables: dict[str, Any], text: str, path: Path) -> Campaign:
    found = typed(tables)
    problems = list(found.problems)
    if found.campaign is not None:
        written = [as_written(each, listed=found.listed) for each in value_problems(found.campaign)]
        problems += [each for each in written if found.is_own(_key_of(each))]
    if problems or found.campaign is None:
        raise CampaignError(
            f"{path}: " + "; ".join(f"{_line(each, text)}{each}" for each in problems) + ".",
            next_step="Mend what is named here (docs/campaign.md lists all keys), then run: mass-apology check",
        )
    return found.campaign


def _line(problem: str, text: str) -> str:
    """The line that a problem is about, as "line 12: "; empty where the file has none."""
    line = line_of(text, place_of(_key_of(problem)))
    return f"line {line}: " if line is not None else ""


def _key_of(problem: str) -> str:
    """The first path that a problem names."""
    match = _KEY.search(problem)
    return match[1] if match else "$"


def _anchored(campaign: Campaign, folder: Path) -> Campaign:
    """Certificates and secrets are named relative to the campaign's folder, wherever the command is run."""
    first, *further = [_anchored_relay(each, folder) for each in campaign.relays]
    hook = campaign.notify.webhook
    if hook is not None:
        ca_file = _anchored_file(hook.ca_file, folder)
        hook = replace(hook, ca_file=ca_file, secret=_anchored_place(hook.secret, folder))
    notify = replace(campaign.notify, webhook=hook)
    return replace(campaign, relay=first, further_relays=tuple(further), notify=notify)


def _anchored_relay(relay: RelaySettings, folder: Path) -> RelaySettings:
    password = _anchored_place(relay.password, folder) if relay.password else None
    return replace(relay, ca_file=_anchored_file(relay.ca_file, folder), password=password)


def _anchored_file(name: str | None, folder: Path) -> str | None:
    return str(folder / name) if name else None


def _anchored_place(place: str, folder: Path) -> str:
    scheme, _, path = place.partition(":")
    return f"file:{folder / path}" if scheme == "file" else place
