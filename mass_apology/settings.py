"""What campaign.toml may say, as frozen types; ``campaign.py`` reads and validates the file.

Stages take the parts they need from here, so that none depends on how a campaign is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from mass_apology.ledger_settings import LedgerSettings
from mass_apology.model import Status
from mass_apology.relay_settings import DestinationSettings, RelaySettings
from mass_apology.text_forms import CampaignName, Colour, NonEmpty

Told = NonEmpty | Mapping[str, NonEmpty]
"""A text, or one for each language: ``{ en = "…", pl = "…" }``."""

Source = NonEmpty | Annotated[tuple[NonEmpty, ...], Meta(min_length=1)]
"""A column of the file, a pattern such as "{First Name} {Last Name}", or several of these."""

_RATE = re.compile(r"([0-9]{1,9})/(s|min|h|day)", re.ASCII)
_RATE_UNITS = {"s": 1, "min": 60, "h": 3600, "day": 86400}
_DURATION = re.compile(r"([0-9]{1,6}) ?(second|minute|hour|day)s?", re.ASCII)
_DURATION_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_PLACE = re.compile(r"\{([^{}]+)\}")
_NUMBERED = re.compile(r"[^{}\x00-\x1f\x7f]*\{n(?::0[1-9]d)?\}[^{}\x00-\x1f\x7f]*")


class Rate(Struct, frozen=True, kw_only=True):
    """So many letters in so many seconds."""

    letters: int
    seconds: int


def parse_rate(text: str) -> Rate | None:
    """``"50/s"``, ``"30/min"``, ``"1000/h"``, ``"10000/day"``; ``None`` for ``"unlimited"``.

    Raises ``ValueError`` whose text completes the sentence "`key` …".
    """
    if text == "unlimited":
        return None
    match = _RATE.fullmatch(text)
    if not match or int(match[1]) == 0:
        raise ValueError(f"is {text!r}, which is no rate; '50/s', '30/min', '1000/h' and '10000/day' are")
    return Rate(letters=int(match[1]), seconds=_RATE_UNITS[match[2]])


def parse_duration(text: str) -> float:
    """``"72 hours"`` → seconds. Raises ``ValueError`` whose text completes the sentence "`key` …"."""
    match = _DURATION.fullmatch(text)
    if not match:
        raise ValueError(f"is {text!r}, which is no duration; '72 hours', '30 minutes' and '3 days' are")
    return float(int(match[1]) * _DURATION_UNITS[match[2]])


def numbered(pattern: str, number: int) -> str:
    """``"MA-2026/{n:05d}"`` and 17 → ``"MA-2026/00017"``.

    Raises ``ValueError`` whose text completes the sentence "`key` …".
    """
    if not _NUMBERED.fullmatch(pattern):
        raise ValueError(f"is {pattern!r}, which does not say `{{n}}` once; 'MA-2026/{{n}}' and 'MA-{{n:05d}}' do")
    return pattern.format(n=number)


class ColumnType(StrEnum):
    """What a declared column holds; an undeclared column is text."""

    TEXT = "text"
    INT = "int"
    DECIMAL = "decimal"
    BOOL = "bool"  # yes, no, true, FALSE, 1, 0, tak, nie, да, όχι …
    DATE = "date"  # 2026-11-20
    DATETIME = "datetime"  # 2026-11-20T09:12Z; without an offset it is in the campaign's time zone


class CsvSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the recipients file is written; what is not stated is detected and shown."""

    encoding: NonEmpty | None = None
    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] | None = None
    decimal: Literal[".", ","] | None = None  # before a number's fraction; a point unless stated
    thousands: Literal[".", ",", " ", "'"] | None = None  # between a number's thousands; nothing unless stated
    dates: Literal["dmy", "mdy", "ymd"] | None = None  # order of a date's parts; 2026-11-20 is always understood
    sheet: NonEmpty | None = None  # Excel: the sheet's name; the first one otherwise


class ColumnSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which column of the file plays which part: header names as they stand in the file.

    campaign.toml writes ``made`` beside the parts. A part that is made names the made column, which is called like it.
    A part that is ``false`` there is in ``released``: no column plays it, whatever the file's are called.
    """

    address: NonEmpty = "email"
    name: NonEmpty | None = None  # a column "name" is used where there is one
    language: NonEmpty | None = None  # a column "language" is used where there is one
    time_zone: NonEmpty | None = None  # a column "time_zone" is used where there is one
    key: NonEmpty | None = None  # the customer's number: known again by it under a corrected address
    gender: NonEmpty | None = None  # "f" or "m": for salutations that need it
    country: NonEmpty | None = (
        "country"  # ISO 3166-1 alpha-2, e.g. "PL": for weekends and holidays; where there is such a column
    )
    position: NonEmpty | None = None  # for a letterhead's addressee; a column "position" is used where there is one
    company: NonEmpty | None = None  # so is "company",
    street: NonEmpty | None = None  # "street",
    postcode: NonEmpty | None = None  # "postcode"
    city: NonEmpty | None = None  # and "city"
    made: Mapping[str, Source] = {}  # column of the rows → the columns of the file that it is made from
    released: tuple[str, ...] = ()  # parts that no column plays by being called like them

    @property
    def parts(self) -> dict[str, str | None]:
        """Part → the column of the rows that plays it; ``None`` where only a column of the part's name would."""
        return {part: getattr(self, part) for part in PARTS}

    def called_like(self, part: str, header: Sequence[str]) -> str | None:
        """The column that plays a part by its name, in any case, the exact one first; ``None`` where none does."""
        if part in self.released:
            return None
        return next((name for name in sorted(header, key=lambda name: name != part) if name.casefold() == part), None)

    def sources(self, column: str) -> tuple[str, ...]:
        """The file's columns that may be meant by a column of the rows; itself where it is not made."""
        source = self.made.get(column, column)
        parts = (source,) if isinstance(source, str) else source
        return tuple(name for part in parts for name in (_PLACE.findall(part) or [part]))


class ValueSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the cells of a part mean, where the words of the languages do not tell."""

    gender: Mapping[str, Literal["f", "m", ""]] = {}  # cell → gender; "" greets as if it were not known
    several_addresses: Literal["each", "first"] | None = None  # which of a cell's get a letter; else it is an error


PARTS = tuple(name for name in ColumnSettings.__struct_fields__ if name not in {"made", "released"})
"""The parts that columns can play: the keys of [columns] that are no column's own name."""


class SenderSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Who apologises. ``role`` to ``url`` are for the letter; a template may use those that are given."""

    from_: NonEmpty  # "Anna Kowalska <anna@acme.example>"
    reply_to: NonEmpty | None = None  # an address, or "{agent_mail}": the row's
    envelope: NonEmpty | None = None  # MAIL FROM, where bounces go; the From address otherwise
    verp: bool = False  # every letter has a return path of its own: bounces+TOKEN@acme.example
    role: NonEmpty | None = None
    company: NonEmpty | None = None
    phone: NonEmpty | None = None
    url: NonEmpty | None = None


class MessageSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every message carries besides the letter. Paths are relative to the campaign folder."""

    attachments: tuple[NonEmpty, ...] = ()  # "terms.pdf" for all; "bills/{account}.pdf": the row's own
    images: Mapping[str, NonEmpty] = field(
        default_factory=dict
    )  # name → file; a template shows it as <img src="cid:name">
    list_unsubscribe: tuple[NonEmpty, ...] = ()  # URLs: mailto: or https:
    headers: Mapping[str, NonEmpty] = field(default_factory=dict)  # further headers, e.g. for the relay's own settings
    archive: NonEmpty | None = None  # one's own address: it gets a copy of one letter in each language of a wave


class BrandSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the company's letters look like, for the layouts "branded" and "letterhead". All of it may be left out."""

    logo: NonEmpty | None = None  # PNG, JPEG or GIF, relative to the campaign folder
    logo_dark: NonEmpty | None = None  # the same for dark mode, on a dark ground
    logo_alt: NonEmpty | None = None  # what it says, where images are not shown; otherwise the company's name
    colour: Colour = "#1f3a5f"  # what stands on it is black or white
    footer: Told | None = None
    legal_name: NonEmpty | None = None  # the sender's company otherwise
    registration_number: NonEmpty | None = None
    vat_number: NonEmpty | None = None
    address: tuple[NonEmpty, ...] = ()  # lines
    phone: NonEmpty | None = None  # the sender's otherwise
    email: NonEmpty | None = None
    url: NonEmpty | None = None  # the sender's otherwise


class LetterheadSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"date_": "date"}):
    """What stands above a formal letter, for the layout "letterhead"."""

    date_: date | None = None  # the letter's; otherwise the day on which it is written, in the campaign's time zone
    number: NonEmpty | None = None  # "MA-2026/{n:05d}": n counts the campaign's letters from 1
    pdf: bool = False  # the letter goes along as a PDF too (needs the extra "letter")
    pdf_name: Told = "letter.pdf"
    pdf_fonts: NonEmpty | None = None  # a folder in the campaign's, for scripts that the extra's own fonts lack


class LimitSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the campaign pauses itself."""

    refusals: Annotated[float, Meta(gt=0, le=1)] = 0.05  # of the last 200 letters
    deferrals: Annotated[float, Meta(gt=0, le=1)] = 0.25  # of the last 200 letters
    give_up_after: NonEmpty = "72 hours"  # a letter still deferred then is EXPIRED
    max_recipients: Annotated[int, Meta(ge=1)] | None = None  # more letters than these are taken for an accident


class SuppressionSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which list says whom never to write to."""

    file: NonEmpty | None = None  # a list of the campaign's own; this machine's otherwise


class CodeSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code for each recipient, such as a voucher: it stands in the letter as ``{{ code }}``."""

    file: NonEmpty  # CSV in UTF-8, relative to the campaign folder
    column: NonEmpty | None = None  # which one holds the codes; without it the file has one cell in each row


class GestureSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[gesture]`: columns that hold each customer's gesture and what it is compared with."""

    amount: NonEmpty  # the column with what the customer gets
    value: NonEmpty  # the column with what the customer pays, or lost
    loss: NonEmpty | None = None  # a column that is empty or 0 where the customer lost nothing
    at_least: Annotated[float, Meta(ge=0)] = 0.05  # of the value; less may be felt as an insult
    at_most: Annotated[float, Meta(gt=0)] = 2.0  # of the value


class ReportSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the tables of ``report``, ``choices`` and ``answers`` are written."""

    columns: tuple[NonEmpty, ...] | None = None  # of the recipients file; by default results have none, the others all
    delimiter: Literal[",", ";", "\t", "|"] = ","  # of CSV; ";" where Excel writes a decimal comma
    bom: bool = False  # CSV begins with a byte order mark, by which Excel knows UTF-8


class ApprovalSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who must have approved the plan before it is sent."""

    required: Annotated[int, Meta(ge=0, le=10)] = 0  # different people
    valid_for: NonEmpty = "24 hours"  # an older approval counts no more
    signers: NonEmpty | None = None  # OpenSSH's allowed_signers file, in the campaign folder; then approvals are signed
    passkeys: NonEmpty | None = None  # the file of people's passkeys, in the campaign folder; the same by browser


class QuietSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A stretch of time in which no letter arrives. Both ends have an offset, or neither: then each place's clock."""

    from_: datetime
    to: datetime  # the first moment after it


class ScheduleSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a letter may arrive, by the clock on the recipient's wall."""

    hours: NonEmpty = "08:00-20:00"  # "08:00-12:00, 14:00-20:00"; "22:00-02:00" goes over midnight
    weekdays: NonEmpty = (
        "working"  # all but the weekend of the recipient's country; or "mon-fri", "sun-thu", "mon, wed"
    )
    quiet: tuple[QuietSettings, ...] = ()
    holidays: bool = False  # not on public holidays of the recipient's country (needs the extra "calendar")
    default_country: NonEmpty | None = None  # ISO 3166-1 alpha-2, e.g. "PL": for rows that do not say
    first_letter: bool = False  # for first letters too; by default an apology does not wait


class SubjectLine(StrEnum):
    """What a letter in a thread has as its subject."""

    PREFIX = "prefix"  # that of the letter before, after the template's prefix or "Re:"
    SAME = "same"  # that of the letter before
    OWN = "own"  # its template's; some mail programs then begin a new conversation


class FollowUpSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A further wave: to whom, and when."""

    template: NonEmpty
    name: NonEmpty | None = (
        None  # the wave's, e.g. "how-it-went"; otherwise the template's with a number: "follow-up-1"
    )
    after: NonEmpty | None = None  # "3 days": from the recipient's own accepted letter of ``from_wave``
    at: datetime | None = None  # or from this moment on
    from_wave: NonEmpty = "first"  # the wave it follows: an earlier one
    to: tuple[Status, ...] = (Status.ACCEPTED,)  # who: those whose letter of ``from_wave`` is in one of these statuses
    where: NonEmpty | None = None  # chooses among their rows, as the campaign's ``where`` does
    unless_replied: bool = False  # not to those who have answered
    not_after: datetime | None = None  # who cannot be written to by then gets none
    subject: SubjectLine = SubjectLine.PREFIX


class NotifyEvent(StrEnum):
    """What somebody may want to be told while they look at something else."""

    FINISHED = "finished"  # nothing of the wave is due any more
    PAUSED = "paused"  # the campaign waits or ended by itself, with letters still due
    NEEDS_A_PERSON = "needs-a-person"  # letters that nobody got, an error, a follow-up that nobody agreed to
    FOLLOW_UP_SENT = "follow-up-sent"  # the first letters of a further wave have gone, or its last ones


class WebhookSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A server that is told by HTTP POST."""

    url: NonEmpty  # https://…; http:// only within this machine
    secret: NonEmpty  # "env:NAME", "file:PATH" or "keyring:SERVICE"; never the secret itself
    ca_file: NonEmpty | None = None  # PEM, in addition to the system's, for a server with a private authority
    timeout: Annotated[float, Meta(gt=0, le=60)] = 5.0  # seconds for one try, from connecting to the answer


class NotifySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is told when something has happened."""

    on: tuple[NotifyEvent, ...] = tuple(NotifyEvent)
    command: tuple[NonEmpty, ...] = ()  # a program and its arguments; it gets the notification on standard input
    webhook: WebhookSettings | None = None
    mail: NonEmpty | None = None  # one's own address: told through the campaign's relay
    wait: Annotated[float, Meta(gt=0, le=300)] = 20.0  # seconds that a command waits at its end for who is told


class AcceptedWording(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault of wording that is to stay, and why: the report shows it."""

    rule: NonEmpty  # its id, as `lint` and `check` name it: "euphemism"
    passage: str = ""  # only where the passage holds these words; in every letter if empty
    reason: Annotated[str, Meta(min_length=10)]  # a sentence


class WordingSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[wording]`: what the critic of the letters leaves alone."""

    accepted: tuple[AcceptedWording, ...] = ()


Register = Literal["formal", "informal"]
"""How a letter speaks to its reader."""


class Campaign(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One incident's letters."""

    name: CampaignName
    template: NonEmpty
    recipients: NonEmpty  # the file of affected customers, relative to the campaign folder
    sender: SenderSettings
    further_relays: tuple[RelaySettings, ...] = ()  # of [[relay]], all but the first
    relay: RelaySettings  # of [relay], or the first of [[relay]]; mail to oneself goes through it
    destinations: Mapping[str, DestinationSettings] = field(default_factory=dict)  # recipients' domain → its pace
    ledger: LedgerSettings = LedgerSettings()
    mended: NonEmpty | None = None  # rows that `check --bad-rows` wrote and a person mended; they replace the file's
    where: NonEmpty | None = None  # chooses rows: plan == 'pro' and minutes_down > 30
    priority: NonEmpty | None = None  # the column whose numbers say which letters leave before others: the higher ones
    one_letter_per: Literal["mailbox", "customer"] = "mailbox"  # what gets one letter of a wave
    purpose: Literal["safety", "service", "marketing"] | None = (
        None  # which suppressions stop its letters; see scenario
    )
    register: Register = "formal"  # how letters greet and speak, where their scenario allows it
    suppression: SuppressionSettings = SuppressionSettings()
    languages: tuple[NonEmpty, ...] = ("en",)  # the fallback chain where a row's language has no template
    time_zone: NonEmpty = "UTC"  # for rows that do not say
    layout: NonEmpty = "plain"
    not_after: datetime | None = None  # `send` does not begin after it: the schedule has gone stale
    finish_by: datetime | None = None
    kept: tuple[NonEmpty, ...] = ()  # facts whose promises were kept: `status` stops counting the days
    csv: CsvSettings = CsvSettings()
    columns: ColumnSettings = ColumnSettings()
    values: ValueSettings = ValueSettings()
    types: Mapping[str, ColumnType] = field(default_factory=dict)
    incident: Mapping[str, Any] = field(default_factory=dict)  # the facts, as TOML gives them
    message: MessageSettings = MessageSettings()
    brand: BrandSettings = BrandSettings()
    letterhead: LetterheadSettings = LetterheadSettings()
    limits: LimitSettings = LimitSettings()
    approval: ApprovalSettings = ApprovalSettings()
    report: ReportSettings = ReportSettings()
    gesture: GestureSettings | None = None
    codes: CodeSettings | None = None
    remedies: Mapping[str, NonEmpty] = field(
        default_factory=dict
    )  # fact → where it is chosen; {token} says who and what
    schedule: ScheduleSettings = ScheduleSettings()
    follow_up: tuple[FollowUpSettings, ...] = ()
    notify: NotifySettings = NotifySettings()
    wording: WordingSettings = WordingSettings()
    segments: Mapping[str, NonEmpty] = field(default_factory=dict)  # name → a `where` expression, to look at letters by

    @property
    def relays(self) -> tuple[RelaySettings, ...]:
        """All relays, in the order of the file."""
        return (self.relay, *self.further_relays)

    @property
    def pace(self) -> str:
        """How fast letters may leave, for people: "14/s, 10000/day"; of several relays each with its name."""
        if not self.further_relays:
            return self.relay.pace
        return "; ".join(f"{relay.name} {relay.pace}" for relay in self.relays)
