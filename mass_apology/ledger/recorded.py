"""Records of a ledger: results, audience, notes, editions and refusals."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from mass_apology.errors import require_sum
from mass_apology.model import Status


class Result(Struct, frozen=True, kw_only=True):
    """The state of one person in one wave. Times are Unix seconds."""

    delivery: int | None  # the ledger's row; None for somebody without a letter, whose rows were set aside
    address: str
    name: str
    language: str  # the letter's
    time_zone: str
    wave: str
    status: Status
    message_id: str  # with angle brackets; empty for a row that was set aside
    attempts: int
    lines: str  # JSON array of line numbers in the recipients file
    rows: str  # JSON array of objects: the recipient's rows, non-empty fields only
    planned_at: float
    due_at: float | None = None  # DEFERRED: not before
    handed_over_at: float | None = None  # the last time the final dot was about to be written
    accepted_at: float | None = None
    marked_at: float | None = None  # the last change of status
    code: int | None = None  # of the relay's last reply
    enhanced_code: str | None = None
    reply: str | None = None  # its text, or what happened instead of one; for a row that was set aside, why
    sha256: bytes | None = None  # of the message's octets
    customer_code: str | None = None  # allotted to the recipient, where the campaign has codes
    relay: str | None = None  # the name of the relay that it was handed over to last, where that has one


class People(Struct, frozen=True, kw_only=True):
    """Everybody whom a wave is about: each in one status, and none twice."""

    counts: Mapping[Status, int]  # every status is there
    letters: int  # people who have a letter in the wave, whatever became of it
    set_aside: int  # people without one: their rows cannot be written to, or must not
    rows_set_aside: int  # rows of the file that are set aside, also of people who have a letter

    def __post_init__(self) -> None:
        """Raise ``CountingError`` where somebody is in no status, or in two."""
        require_sum(
            "the people of the wave",
            self.total,
            {status.value: count for status, count in self.counts.items() if count},
        )

    @property
    def total(self) -> int:
        """The number of people."""
        return self.letters + self.set_aside


class Destinations(Struct, frozen=True, kw_only=True):
    """The domains of a wave's addresses that matter most to who watches."""

    counts: Mapping[str, Mapping[Status, int]]  # of each; the largest first, then those with the most trouble
    domains: int  # of all letters


class LatestReply(Struct, frozen=True, kw_only=True):
    """The last reply about one letter that was not accepted, or came back."""

    wave: str
    status: Status
    code: int | None  # of the relay's last reply
    enhanced_code: str | None
    text: str  # the reply's, or what happened instead of one
    at: float  # Unix seconds


class Note(Struct, frozen=True, kw_only=True):
    """An action that is recorded for later questions."""

    at: float  # Unix seconds
    what: str


class Edition(Struct, frozen=True, kw_only=True):
    """The letters of one wave that were made from the same files."""

    wave: str
    digest: str  # SHA-256 over the parts, hexadecimal
    digest_parts: Mapping[str, str]  # "the template", "campaign.toml", … and the digest of each
    first_at: float  # when sending from it began, Unix seconds
    letters: int  # that were accepted


def digest_of(parts: Mapping[str, str]) -> str:
    """One digest over all parts, whatever their order."""
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()


class LetterFile(Struct, frozen=True, kw_only=True):
    """A file that a wave's letters are made from, as the ledger has it."""

    path: str  # from the campaign's folder, with slashes
    sha256: bytes  # of its content
    octets: int | None  # None where the content is missing


class Refusal(Struct, frozen=True, kw_only=True):
    """A letter that the relay refused for good."""

    delivery: int
    address: str
    lines: str  # JSON array of line numbers in the recipients file
    rows: str  # JSON array of objects: the recipient's rows, non-empty fields only
    code: int | None  # None where the relay was not asked
    enhanced_code: str | None
    reply: str  # the reply's text, or what happened instead of one
    left_file: bool  # the recipients file has no usable row of theirs any more


class Unfinished(Struct, frozen=True, kw_only=True):
    """Letters that a purge would leave without an end."""

    due: int  # or on their way
    in_doubt: int
