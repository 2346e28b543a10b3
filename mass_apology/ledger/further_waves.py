"""What a ledger says of further waves: who could be written to, what was agreed to, and letters to be added."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from mass_apology.model import Status


class Candidate(Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """Somebody with a letter in an earlier wave, and what the next letter depends on. Times are Unix seconds."""

    delivery: int  # the earlier letter's row
    recipient: int
    identity: int
    address: str
    name: str
    language: str  # what the recipient's row asks for
    time_zone: str
    lines: str  # JSON array
    rows: str  # JSON array of objects
    status: Status  # of the earlier letter
    accepted_at: float | None
    sha256: bytes | None  # of the earlier letter's octets
    edition: str | None  # the digest of what the earlier letter was made from; see ``ledger.editions``
    replied: bool  # to any letter of the campaign
    left_file: bool  # the last plan found no usable row of theirs in the recipients file any more
    code: str  # allotted to the recipient; empty where there is none
    next_delivery: int | None  # the letter of the wave that is asked about, where there is one
    next_status: Status | None


class Thread(Struct, frozen=True, kw_only=True, gc=False):
    """What the next letter to somebody answers to: those that were accepted."""

    message_ids: tuple[str, ...] = ()  # the oldest first
    subject: str = ""  # of the last of these


class Armed(Struct, frozen=True, kw_only=True):
    """A person's consent to a wave."""

    wave: str
    at: float  # Unix seconds
    by: str
    letters: int  # of the whole wave, at the most
    digest_parts: Mapping[str, str]  # what it was agreed to be made from


class Addition(Struct, frozen=True, kw_only=True):
    """A letter to be planned."""

    recipient: int
    language: str  # the letter's
    message_id: str


class Sharer(Struct, frozen=True, kw_only=True, gc=False):
    """Somebody whose mailbox is another recipient's, too."""

    recipient: int
    mailbox: int
    has_letter: bool  # of the wave that is asked about: one that left, may have, or is due
