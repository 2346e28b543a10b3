"""What a campaign says that has the right type and cannot be used all the same: every problem, with its key's path."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, time
from functools import partial

import msgspec

from mass_apology.control_characters import control_character, named, written_from_right_to_left
from mass_apology.errors import CampaignError, MessageError
from mass_apology.ledger.database_url import parse as parse_database_url
from mass_apology.ledger.database_url import parse_lease
from mass_apology.ledger_settings import LedgerSettings
from mass_apology.letter.message.headers import parse_mailbox
from mass_apology.letter.message.own_files import pattern_problems
from mass_apology.letter.message.return_path import ReturnPath
from mass_apology.letter.message.row_patterns import is_pattern
from mass_apology.notify.webhook import webhook_place
from mass_apology.schedule import problems as schedule_problems
from mass_apology.settings import (
    Campaign,
    ColumnSettings,
    LetterheadSettings,
    NotifySettings,
    SenderSettings,
    numbered,
    parse_duration,
)
from mass_apology.smtp.password import names_a_place
from mass_apology.smtp.relay_values import destination_problems, relay_problems
from mass_apology.system.time_zones import zone_names
from mass_apology.type_errors import refused

YEARS = range(1900, 3000)
"""Of a moment: others are slips of the keyboard, and near the first and the last year clocks of other places fail."""

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_FACT = re.compile(r"[a-z][a-z0-9_]{0,59}")
_CHOICE = re.compile(r"(?:https?://[^\s{}/?#]+[/?#][^\s{}]*|mailto:[^\s{}@?]+@[^\s{}?]+\?[^\s{}]*)\{token\}[^\s{}]*")
_SCENARIO = re.compile(r"[a-z0-9][a-z0-9-]*")
_PDF_NAME = re.compile(r"[^/\\\x00-\x1f\x7f]{1,100}\.pdf")


def value_problems(campaign: Campaign) -> Iterator[str]:
    """Clauses that name the path of their key, as "`$.relay.rate` is …": all that this file alone can tell.

    Paths are those of ``Campaign``: see ``campaign_types.as_written``.
    """
    if not _SCENARIO.fullmatch(campaign.template):
        yield f"`$.template` is {campaign.template!r}, but a template's name has only a-z, 0-9 and '-'"
    yield from _language_problems(campaign)
    if campaign.time_zone not in zone_names():
        yield f"`$.time_zone` is {campaign.time_zone!r}, which is no time zone; 'Europe/Warsaw' is one"
    for key, moment in (("not_after", campaign.not_after), ("finish_by", campaign.finish_by)):
        if moment is not None and moment.tzinfo is None:
            yield f"`$.{key}` has no offset; write 2026-11-20T17:00:00Z, or +01:00 instead of Z"
    yield from _sender_problems(campaign.sender)
    yield from pattern_problems(campaign.message)
    yield from relay_problems(campaign.relays)
    yield from destination_problems(campaign.destinations)
    yield from _ledger_problems(campaign.ledger)
    yield from refused(parse_duration, campaign.limits.give_up_after, "$.limits.give_up_after")
    yield from refused(parse_duration, campaign.approval.valid_for, "$.approval.valid_for")
    yield from _letterhead_problems(campaign.letterhead)
    yield from _joint_problems(campaign)
    if campaign.message.archive is not None:
        yield from _told(partial(parse_mailbox, campaign.message.archive, "$.message.archive"))
    yield from _notify_problems(campaign.notify)
    yield from _remedy_problems(campaign.remedies)
    yield from _offset_problems(campaign.incident, "$.incident")
    yield from schedule_problems(campaign.schedule, campaign.follow_up)
    yield from _column_problems(campaign.columns)
    yield from _scalar_problems(msgspec.to_builtins(campaign, builtin_types=(datetime, time)), "$")


def _joint_problems(campaign: Campaign) -> Iterator[str]:
    """Settings that do not go together."""
    if campaign.approval.signers and not campaign.approval.required:
        yield "`$.approval.signers` is set, but `$.approval.required` is 0; say how many people must approve"
    if campaign.brand.logo_dark and not campaign.brand.logo:
        yield "`$.brand.logo_dark` is set, but `$.brand.logo` is not; give the logo that all others see"
    if campaign.values.several_addresses == "each" and campaign.one_letter_per == "customer" and campaign.columns.key:
        yield (
            "`$.values.several_addresses` is 'each', but with `$.one_letter_per` a customer with a key gets one "
            "letter; write 'first', or take `$.one_letter_per` out"
        )
    if campaign.csv.thousands == (campaign.csv.decimal or "."):
        mark = campaign.csv.thousands
        yield f"`$.csv.thousands` is {mark!r}, which is the decimal mark as well; state another `$.csv.decimal`"


def _language_problems(campaign: Campaign) -> Iterator[str]:
    if not campaign.languages:
        yield "`$.languages` is empty, but one language must be the last resort"
    for code in campaign.languages:
        if not _LANGUAGE.fullmatch(code):
            yield f"`$.languages` holds {code!r}, but a language is two or three lower-case letters such as 'pl'"


def _column_problems(columns: ColumnSettings) -> Iterator[str]:
    for name in columns.made:
        if not name.strip() or name != name.strip() or not name.isprintable():
            yield f"`$.columns` holds {name!r}, which no column can be called"


def _sender_problems(sender: SenderSettings) -> Iterator[str]:
    given = {"from": sender.from_, "reply_to": sender.reply_to, "envelope": sender.envelope}
    wrong = False
    for key, text in given.items():
        if text is not None and not (key == "reply_to" and is_pattern(text)):
            found = list(_told(partial(parse_mailbox, text, f"$.sender.{key}")))
            wrong = wrong or bool(found)
            yield from found
    if not wrong:
        yield from (each.replace("`sender.", "`$.sender.") for each in _told(partial(ReturnPath, sender)))


def _ledger_problems(ledger: LedgerSettings) -> Iterator[str]:
    if ledger.url is None:
        for key in ("password", "lease", "ca_file"):
            if getattr(ledger, key) is not None:
                yield f"`$.ledger.{key}` is set, but `$.ledger.url` names no database"
        return
    if ledger.lease is not None:
        yield from refused(parse_lease, ledger.lease, "$.ledger.lease")
    try:
        if ledger.database is not None:
            parse_database_url(ledger.database)
    except CampaignError as error:
        yield f"`$.ledger.url`: {error.problem} {error.next_step}".rstrip(".")
    if ledger.password is not None and not names_a_place(ledger.password):  # not repeated: it may be the password
        yield (
            "`$.ledger.password` does not say where the password is kept: write 'env:NAME', 'file:PATH' or "
            "'keyring:SERVICE'. If a password stood there, change it"
        )


def _notify_problems(notify: NotifySettings) -> Iterator[str]:
    if notify.mail is not None:
        yield from _told(partial(parse_mailbox, notify.mail, "$.notify.mail"))
    if notify.webhook is None:
        return
    yield from refused(webhook_place, notify.webhook.url, "$.notify.webhook.url")
    if not names_a_place(notify.webhook.secret):  # not repeated: it may be the secret itself
        yield (
            "`$.notify.webhook.secret` does not say where the secret is kept: write 'env:NAME', 'file:PATH' or "
            "'keyring:SERVICE'; if the secret stood there, change it"
        )


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
        yield from refused(partial(numbered, number=1), letterhead.number, "$.letterhead.number")
    names = letterhead.pdf_name
    for name in [names] if isinstance(names, str) else names.values():
        if not _PDF_NAME.fullmatch(name):
            yield f"`$.letterhead.pdf_name` holds {name!r}, which is no file name such as 'letter.pdf'"


def _told(make: Callable[[], object]) -> Iterator[str]:
    try:
        make()
    except MessageError as error:
        yield error.problem.rstrip(".")


def _offset_problems(facts: Mapping[str, object], key: str) -> Iterator[str]:
    """A moment without an offset would be read differently by every recipient."""
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _offset_problems(value, f"{key}.{name}")
        elif (isinstance(value, datetime) and value.tzinfo is None) or isinstance(value, time):
            yield f"`{key}.{name}` has no offset; write 2026-11-20T09:12:00Z, or +01:00 instead of Z"


def _scalar_problems(value: object, key: str, *, right_to_left: bool = False) -> Iterator[str]:
    """What no setting and no fact may be, wherever it stands; ``right_to_left``: told in a language written so."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            turned = right_to_left or (key == "$.incident" and written_from_right_to_left(name))
            yield from _scalar_problems(each, f"{key}.{name}", right_to_left=turned)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for number, each in enumerate(value):
            yield from _scalar_problems(each, f"{key}[{number}]", right_to_left=right_to_left)
    elif isinstance(value, datetime) and value.year not in YEARS:
        yield f"`{key}` is in the year {value.year}; moments from {YEARS.start} to {YEARS.stop - 1} can be used"
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"`{key}` is {value}, which is no number to reckon with"
    elif isinstance(value, str) and (found := control_character(value, right_to_left=right_to_left)):
        yield f"`{key}` holds the control character {named(found[0])}"
