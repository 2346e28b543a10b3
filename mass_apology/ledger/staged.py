"""What a plan in the making holds, and what it means for the ledger."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Conflict(Struct, frozen=True, kw_only=True):
    """Rows of one person that do not agree, so that nobody can tell what the letter should say."""

    staged: int  # the id of the first row
    lines: tuple[int, ...]  # where the rows start in the recipients file
    differs: tuple[str, ...]  # "name", "language", …
    address: str  # the first row's

    @property
    def problem(self) -> str:
        """A sentence."""
        lines = ", ".join(map(str, self.lines[:10])) + (", …" if len(self.lines) > 10 else "")
        fields = " and ".join(self.differs).replace("_", " ")
        return f"Lines {lines} are one customer, but differ in {fields}."


class Counts(Struct, frozen=True, kw_only=True):
    """What was staged."""

    letters: int  # people to write to
    rows: int  # their rows in the file
    withheld: int  # rows set aside
    conflicts: int  # people whose rows do not agree; they are among the letters
    languages: Mapping[str, int]  # letters by the letter's language, the most frequent first
    domains: tuple[tuple[str, int], ...]  # letters by domain, the most frequent first, as many as were asked for

    @property
    def merged(self) -> int:
        """Rows that share a letter with another one."""
        return self.rows - self.letters


class Planned(Struct, frozen=True, kw_only=True):
    """What a plan means for the ledger, in letters."""

    new: int  # become due, for the first time or because their withheld customer's row is back
    known: int  # were planned before with the same data, and stay as they are
    updated: int  # were planned before, are still due, and take on changed data
    outdated: int  # are not due any more although their data changed since: they stay as they are
    missing: int  # are still due although the file has no sendable row of theirs any more: they will be withheld
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
