"""All that a ledger knows of one person, and the letters that one person gets once more."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from mass_apology.model import Status


class PersonLetter(Struct, frozen=True, kw_only=True):
    """One letter to them. Times are Unix seconds."""

    delivery: int  # the ledger's row
    wave: str
    status: Status
    message_id: str  # with angle brackets
    language: str
    attempts: int
    planned_at: float
    due_at: float | None  # DEFERRED: not before
    handed_over_at: float | None
    accepted_at: float | None
    marked_at: float | None
    code: int | None  # of the relay's last reply
    enhanced_code: str | None
    reply: str | None
    subject: str | None  # as it left
    repeats: int | None  # the letter that this one is once more
    same_id: bool  # with that letter's Message-ID
    parts: Mapping[str, str]  # what it was made from when it was handed over, and the digests; empty before that


class KnownPerson(Struct, frozen=True, kw_only=True):
    """One recipient of the campaign."""

    recipient: int  # the ledger's row
    identity: int
    address: str
    name: str
    language: str  # what the row asks for
    time_zone: str
    lines: str  # JSON array of line numbers in the recipients file
    rows: str  # JSON array of objects: the recipient's rows, non-empty fields only
    left_file: bool  # the last plan found no usable row of theirs
    code: str  # allotted to them, such as a voucher; empty where there is none
    letters: tuple[PersonLetter, ...]  # of all waves, in the order in which they were planned


class FoundPerson(Struct, frozen=True, kw_only=True):
    """A recipient among others, with their last letter."""

    recipient: int  # the ledger's row
    address: str
    name: str
    language: str  # what the row asks for
    lines: str  # JSON array of line numbers in the recipients file
    wave: str | None  # of the last letter; None where they have none
    status: Status | None
    reply: str | None  # the relay's last one about it, or what happened instead


class SetAside(Struct, frozen=True, kw_only=True):
    """A row of the recipients file that was not written to."""

    wave: str
    line: int
    address: str  # as it stands in the file, as far as it can be read
    reason: str


class CameBack(Struct, frozen=True, kw_only=True):
    """A message or event about one of their letters."""

    wave: str  # the letter's
    read_at: float
    at: float | None  # as the message claims
    kind: str  # "reply", "bounce" …; "answered" when somebody said that they got an answer
    cause: str | None
    address: str  # as reported
    detail: str  # what the server said, or the subject


class Chosen(Struct, frozen=True, kw_only=True):
    """A remedy that they chose."""

    wave: str  # of the letter whose link was used
    remedy: str
    at: float
    source: str


class OnceMore(Struct, frozen=True, kw_only=True):
    """A letter that is to go once more, to the same recipient."""

    delivery: int  # the letter that went before
    wave: str  # of the new one
    message_id: str  # the new one's, with angle brackets
    same_id: bool  # its header has the Message-ID of the one before


class NewAddress(Struct, frozen=True, kw_only=True):
    """A letter that is to go to another address of the same person, who is a recipient of their own there."""

    delivery: int  # the letter to the address before
    address: str
    identity: int  # of the new recipient, as ``Recipient.identity``
    mailbox: int
    message_id: str  # with angle brackets
