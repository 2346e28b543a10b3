"""The origin of a ledger, the letters that left with it, and its letters in a log."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from mass_apology.model import Status

MakeToken = Callable[[str, int], str]
"""(wave, identity) → the left part of the Message-ID."""


class LogMark(Struct, frozen=True, kw_only=True):
    """A place in log.jsonl."""

    size: int = 0  # octets before it
    end: str = ""  # SHA-256 of the last ones of these


class Origin(Struct, frozen=True, kw_only=True):
    """Which ledger this is, and what it was last sent from."""

    ledger: str  # 32 hexadecimal digits
    folder: str  # where it was last sent from: an absolute path
    suppressions: str  # the suppression list that was used when letters left last; empty where none have
    suppressed: int  # entries that it had then
    log: LogMark  # up to here the log tells nothing that the ledger does not know


class Gone(Struct, frozen=True, kw_only=True):
    """The number of letters that left."""

    handed_over: int  # letters that the relay has, or may have
    accepted: int  # of these, those that it took: never becomes less


class KnownLetter(Struct, frozen=True, gc=False):
    """The ledger's state of a letter that a log mentions."""

    number: int
    token: str  # the left part of its Message-ID
    attempts: int
    handed_over: bool  # its final dot may have been written, once at least
    settled: bool  # it is not due any more; one that was withheld may be, when its row comes back


class Told(Struct, frozen=True, kw_only=True, gc=False):
    """The last state of a letter by a log."""

    token: str
    wave: str
    line: (
        int | None
    )  # where the first of its rows starts in the recipients file; None where the file is another one now
    status: Status | None  # ACCEPTED, REFUSED, EXPIRED or IN_DOUBT; None: due again
    at: float = 0.0  # Unix seconds
    attempts: int = 0
    code: int | None = None
    enhanced_code: str | None = None
    reply: str | None = None


class Learned(Struct, frozen=True, kw_only=True):
    """The result of learning from a log."""

    accepted: int  # letters that were due, or in doubt, and are not any more
    refused: int
    expired: int
    in_doubt: int
    aside: int  # letters of people whose rows are set aside by now: they are not written to
    unmatched: int  # letters of other people whom the ledger does not know

    @property
    def letters(self) -> int:
        return self.accepted + self.refused + self.expired + self.in_doubt


class File(Struct, frozen=True, kw_only=True):
    """The recipients file as it is, for letters that are only known by their rows."""

    lines: Sequence[tuple[int, str]]  # where each row starts, and the token that its first letter has in the ledger
    planned: bool  # the ledger's plan is of this very file: so its rows that were set aside are this file's
