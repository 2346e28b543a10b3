"""campaign.toml → a frozen ``Campaign``, or one error that lists everything wrong with the file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time
from functools import cache, partial
from pathlib import Path
from zoneinfo import available_timezones

import msgspec
from msgspec.structs import replace

from mass_apology.errors import CampaignError
from mass_apology.settings import Campaign, LetterheadSettings, numbered, parse_duration, parse_rate

FILE_NAME = "campaign.toml"
LEDGER_NAME = "ledger.sqlite"
LOG_NAME = "log.jsonl"

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_FACT = re.compile(r"[a-z][a-z0-9_]{0,59}")
_CHOICE = re.compile(r"(?:https?://[^\s{}/?#]+[/?#][^\s{}]*|mailto:[^\s{}@?]+@[^\s{}?]+\?[^\s{}]*)\{token\}[^\s{}]*")
_SCENARIO = re.compile(r"[a-z0-9][a-z0-9-]*")
_PDF_NAME = re.compile(r"[^/\\\x00-\x1f\x7f]{1,100}\.pdf")


def read_campaign(folder: Path) -> Campaign:
    """Read and validate ``folder/campaign.toml``.

    Raises ``CampaignError`` naming the file and the key path (``$.relay.url``) of what is wrong.
    """
    path = folder / FILE_NAME
    return _anchored(_validated(_converted(_toml(path), path), path), folder)


def _toml(path: Path) -> Mapping[str, object]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise CampaignError(
            f"There is no {FILE_NAME} in {path.parent}.",
            next_step="Change to a campaign's folder, or make one: mass-apology init NAME --template service-outage "
            "--recipients affected.csv",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CampaignError(
            f"{path} cannot be read: {error}.",
            next_step="Make it a readable UTF-8 file, then run check again.",
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise CampaignError(
            f"{path} is not valid TOML: {error}.",
            next_step="Mend that line, then run: mass-apology check",
        ) from error


def _converted(tables: Mapping[str, object], path: Path) -> Campaign:
    try:
        return msgspec.convert(tables, Campaign)
    except msgspec.ValidationError as error:
        raise CampaignError(
            f"{path}: {error}.",
            next_step="Mend that key (docs/campaign.md lists all of them), then run: mass-apology check",
        ) from error


def _validated(campaign: Campaign, path: Path) -> Campaign:
    problems = list(_problems(campaign))
    if problems:
        raise CampaignError(
            f"{path}: " + "; ".join(problems) + ".",
            next_step="Mend the keys named here (docs/campaign.md lists all of them), then run: mass-apology check",
        )
    return campaign


def _anchored(campaign: Campaign, folder: Path) -> Campaign:
    """The relay's own files are named relative to the campaign's folder, wherever the command is run."""
    relay = campaign.relay
    ca_file = str(folder / relay.ca_file) if relay.ca_file else None
    scheme, _, path = (relay.password or "").partition(":")
    password = f"file:{folder / path}" if scheme == "file" else relay.password
    return replace(campaign, relay=replace(relay, ca_file=ca_file, password=password))


def _problems(campaign: Campaign) -> Iterator[str]:
    if not _SCENARIO.fullmatch(campaign.template):
        yield f"`$.template` is {campaign.template!r}, but a template's name has only a-z, 0-9 and '-'"
    if not campaign.languages:
        yield "`$.languages` is empty, but one language must be the last resort"
    for code in campaign.languages:
        if not _LANGUAGE.fullmatch(code):
            yield f"`$.languages` holds {code!r}, but a language is two or three lower-case letters such as 'pl'"
    if campaign.time_zone not in _time_zones():
        yield f"`$.time_zone` is {campaign.time_zone!r}, which is no time zone; 'Europe/Warsaw' is one"
    for key, moment in (("not_after", campaign.not_after), ("finish_by", campaign.finish_by)):
        if moment is not None and moment.tzinfo is None:
            yield f"`$.{key}` has no offset; write 2026-11-20T17:00:00Z, or +01:00 instead of Z"
    yield from _pace_problems(campaign)
    yield from _refused(parse_duration, campaign.approval.valid_for, "$.approval.valid_for")
    if campaign.approval.signers and not campaign.approval.required:
        yield "`$.approval.signers` is set, but `$.approval.required` is 0; say how many people must approve"
    yield from _letterhead_problems(campaign.letterhead)
    yield from _remedy_problems(campaign.remedies)
    yield from _moment_problems(campaign.incident, "$.incident")


def _remedy_problems(remedies: Mapping[str, str]) -> Iterator[str]:
    for name, address in remedies.items():
        if not _FACT.fullmatch(name):
            yield f"`$.remedies` holds {name!r}, but a remedy is called as its fact: a-z, 0-9 and '_'"
        if not _CHOICE.fullmatch(address):
            yield (
                f"`$.remedies.{name}` is {address!r}, but must be an https:, http: or mailto: address that holds "
                "{token} once, after its host"
            )


def _letterhead_problems(letterhead: LetterheadSettings) -> Iterator[str]:
    if letterhead.number is not None:
        yield from _refused(partial(numbered, number=1), letterhead.number, "$.letterhead.number")
    names = letterhead.pdf_name
    for name in [names] if isinstance(names, str) else names.values():
        if not _PDF_NAME.fullmatch(name):
            yield f"`$.letterhead.pdf_name` holds {name!r}, which is no file name such as 'letter.pdf'"


def _pace_problems(campaign: Campaign) -> Iterator[str]:
    yield from _refused(parse_rate, campaign.relay.rate, "$.relay.rate")
    for window in campaign.relay.windows:
        yield from _refused(parse_rate, window, "$.relay.windows")
        if window == "unlimited":
            yield "`$.relay.windows` holds 'unlimited'; leave the window out instead"
    yield from _refused(parse_duration, campaign.limits.give_up_after, "$.limits.give_up_after")


def _refused(parse: Callable[[str], object], text: str, key: str) -> Iterator[str]:
    try:
        parse(text)
    except ValueError as error:
        yield f"`{key}` {error}"


def _moment_problems(facts: Mapping[str, object], key: str) -> Iterator[str]:
    """A moment without an offset would be read differently by every recipient."""
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _moment_problems(value, f"{key}.{name}")
        elif (isinstance(value, datetime) and value.tzinfo is None) or isinstance(value, time):
            yield f"`{key}.{name}` has no offset; write 2026-11-20T09:12:00Z, or +01:00 instead of Z"


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())
