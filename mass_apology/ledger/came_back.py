"""Feedback for the ledger: notes of reports, choices of remedies, proofs about letters in doubt."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from mass_apology.model import Status


class Match(Struct, frozen=True, kw_only=True):
    """Whose letter something is about."""

    delivery: int
    address: str  # the recipient's, as the ledger has it
    proven: bool  # by something that an outsider cannot guess


class Traces(Struct, frozen=True, kw_only=True):
    """What may tell whose letter something is about; any may be empty. An address alone proves nothing."""

    tokens: Sequence[str] = ()  # left parts of Message-IDs: an ENVID, and those in return paths
    message_ids: Sequence[str] = ()  # with angle brackets
    relay_ids: Sequence[str] = ()  # the last word of what the relay said after 250, too long to be guessed
    address: str = ""


class Note(Struct, frozen=True, kw_only=True):
    """The content of one message or event about one letter."""

    key: str  # of the message
    part: int  # which of the recipients it speaks of, from 0
    at: float | None  # the message's own date, Unix seconds
    kind: str
    cause: str | None
    match: Match | None
    address: str  # as reported
    detail: str
    becomes: Status | None  # BOUNCED or COMPLAINED, where it changes the letter's status; ACCEPTED for one in doubt
    said: str  # what the letter's record then says


class Returned(Struct, frozen=True, kw_only=True):
    """One message or event that came back, as the ledger keeps it. Times are Unix seconds."""

    key: str  # its SHA-256, hexadecimal
    part: int  # which of the recipients it speaks of, from 0
    read_at: float
    at: float | None  # as the message claims
    kind: str
    cause: str | None
    message_id: str | None  # the letter's, with angle brackets; None where it is about none that is known
    proven: bool  # matched by something that an outsider cannot guess
    address: str  # as reported; empty where it is not, or was purged
    detail: str  # what the last server said, or the subject


class Token(Struct, frozen=True, kw_only=True):
    """A remedy that a recipient chose by a link of a letter."""

    remedy: str
    letter: str  # the left part of its Message-ID
    at: float | None  # Unix seconds, where it is known
    source: str  # the file or mailbox it was read from


class Choice(Struct, frozen=True, kw_only=True):
    """A recipient's last choice of a remedy."""

    address: str
    name: str
    lines: str  # JSON array of line numbers in the recipients file
    rows: str  # JSON array of objects
    remedy: str
    at: float  # Unix seconds
    source: str


class WaitingPerson(Struct, frozen=True, kw_only=True):
    """Somebody who wrote after a letter, and whom nobody has answered since."""

    address: str  # the letter's recipient
    name: str
    language: str  # of the letters
    lines: str  # JSON array of line numbers in the recipients file
    rows: str  # JSON array of objects
    sender: str  # who wrote: the recipient, or somebody for them
    subject: str  # of the first message that waits
    since: float  # when it was written, as it claims, or else when it was read; Unix seconds
    messages: int


class Recorded(Struct, frozen=True, kw_only=True):
    """The result of recording tokens."""

    new: int
    known: int  # read before
    strange: int  # of no letter of this campaign


class Doubt(Struct, frozen=True, kw_only=True):
    """A letter that the relay may have."""

    delivery: int
    message_id: str  # with angle brackets
    address: str
    handed_over_at: float  # when its final dot was about to be written last; Unix seconds


class Proof(Struct, frozen=True, kw_only=True):
    """A proof that the relay accepted a letter."""

    delivery: int
    at: float  # when; Unix seconds
    reply: str  # what the letter's record then says
