"""The content of a plan in the making, and its effect on the ledger."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from mass_apology.model import Status


class Conflict(Struct, frozen=True, kw_only=True):
    """Rows of one letter that contradict each other, so that its content is undefined."""

    staged: int  # the id of the first row
    lines: tuple[int, ...]  # where the rows start in the recipients file
    differs: tuple[str, ...]  # "language", "time_zone"; where each customer gets a letter, "address" and "name" too
    address: str  # the first row's

    @property
    def problem(self) -> str:
        """A sentence."""
        lines = ", ".join(map(str, self.lines[:10])) + (", …" if len(self.lines) > 10 else "")
        fields = " and ".join(self.differs).replace("_", " ")
        return f"Lines {lines} share one letter, but differ in {fields}."


class Shared(Struct, frozen=True, kw_only=True):
    """One letter to several persons with the same mailbox."""

    address: str
    persons: int
    names: tuple[str, ...]  # the first ones
    lines: tuple[int, ...]  # where the rows start in the recipients file


class Respelled(Struct, frozen=True, kw_only=True):
    """A letter whose rows spell one mailbox in several ways."""

    addresses: tuple[str, ...]  # the letter goes to the first one
    lines: tuple[int, ...]


class SeveralRows(Struct, frozen=True, kw_only=True):
    """A letter that several rows share."""

    language: str  # the letter's
    address: str
    lines: tuple[int, ...]
    rows: list[dict[str, str]]  # their non-empty fields


class Kin(Struct, frozen=True, kw_only=True):
    """Several letters to one mailbox or one customer."""

    addresses: tuple[str, ...]  # each letter's, the first ones
    names: tuple[str, ...]  # so are these; empty where there is none
    lines: tuple[int, ...]  # the first row's of each of these letters
    letters: int


class Again(Struct, frozen=True, kw_only=True):
    """A new letter to a mailbox that a letter of the wave has reached already, or may have."""

    lines: tuple[int, ...]
    name: str
    address: str
    status: Status  # of the letter that there is
    at: float | None  # when that one left, Unix seconds


class Known(Struct, frozen=True, kw_only=True):
    """The people of a plan whom the ledger knows; ``check`` shows them before sending."""

    written: int = 0  # new letters to mailboxes that a letter of the wave has reached already, or may have
    again: tuple[Again, ...] = ()  # the first of these
    known: int = 0  # letters to people whom the ledger knows
    earlier: int = 0  # letters of the wave that have left, or may have
    earlier_at: float | None = None  # when the last of them did, Unix seconds
    moved: tuple[tuple[int, str], ...] = ()  # whose letter went to another mailbox: first line and address now


class Counts(Struct, frozen=True, kw_only=True):
    """The numbers of a staged plan."""

    letters: int
    rows: int  # their rows in the file
    withheld: int  # rows set aside
    conflicts: int  # whose rows do not agree; they are among the letters
    languages: Mapping[str, int]  # letters by the letter's language, the most frequent first
    domains: tuple[tuple[str, int], ...]  # letters by domain, the most frequent first, as many as were asked for

    @property
    def merged(self) -> int:
        """Rows that share a letter with another one."""
        return self.rows - self.letters


class Planned(Struct, frozen=True, kw_only=True):
    """The effect of a plan on the ledger, in letters."""

    new: int  # become due, for the first time or because their withheld customer's row is back
    known: int  # were planned before with the same data, and stay as they are
    updated: int  # were planned before, are still due, and take on changed data
    outdated: int  # are not due any more although their data changed since: they stay as they are
    missing: int  # are still due although the file has no sendable row of theirs any more: they will be withheld
    superseded: int  # are still due although another letter is for their mailbox: they will be withheld
    withheld: int  # rows of the file that are set aside


class Codes(Struct, frozen=True, kw_only=True):
    """Codes to be allotted."""

    wanted: int  # by people who have none and get a letter
    free: int  # that are nobody's


class Changed(Struct, frozen=True, kw_only=True):
    """A recipient of the ledger, as the file has them now."""

    recipient: int  # the ledger's row
    address: str
    name: str
    language: str  # what the row asks for
    time_zone: str
    lines: str  # JSON array
    rows: str  # JSON array of objects
