"""Counts the letters that log.jsonl records as sent and that the ledger does not know.

It reads only lines written since the ledger last agreed with the log. If the log was cut, deleted or replaced since, it
reads all of it: a million lines take a second or two, and some megabytes of memory.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct, field

from mass_apology.ledger import Records
from mass_apology.ledger.whereabouts import KnownLetter, LogMark

BATCH = 5000  # letters that are looked up at once
UNFOUND_LIMIT = 100_000  # letters not found by number that are searched for together
_END = 512  # octets at the agreed end of a log, by which it is recognised
_HEAD = 64  # octets of a line that contain its event
_ACCEPTED, _IN_DOUBT, _STARTED = b'"accepted"', b'"in_doubt"', b'"started"'


class LogComparison(Struct, frozen=True, kw_only=True):
    """Sent letters in a log that its ledger does not know."""

    letters: int = 0  # of this campaign
    foreign: Mapping[str, int] = field(default_factory=dict)  # of other campaigns: name → letters


class _Line(Struct, frozen=True, kw_only=True, gc=False):
    """The fields of a line that are used here."""

    event: str
    letter: str = ""
    number: int = 0
    attempts: int = 0
    campaign: str = ""
    ledger: str = ""


_decode = msgspec.json.Decoder(_Line).decode


def end_of(log: Path) -> LogMark:
    """The present end of the log."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            return LogMark(size=size, end=_end(file, size))
    except OSError:
        return LogMark()


def compare(log: Path, campaign: str, records: Records | None) -> LogComparison:
    """The sent letters in the log that ``records`` do not know; all without records, none if it cannot be read."""
    if not log.is_file():  # a pipe would be waited for
        return LogComparison()
    comparison = _Comparison(campaign, records)
    with suppress(OSError), log.open("rb") as file:
        file.seek(_agreed_size(file, records.continuity.origin.log) if records else 0)
        for line in _lines(file):
            comparison.add(line)
    return comparison.result()


def _agreed_size(file: BinaryIO, mark: LogMark) -> int:
    """The size up to which ledger and log agreed; 0 if it is a different log now."""
    if file.seek(0, 2) < mark.size or _end(file, mark.size) != mark.end:
        return 0
    return mark.size


def _end(file: BinaryIO, size: int) -> str:
    start = max(0, size - _END)
    file.seek(start)
    return hashlib.sha256(file.read(size - start)).hexdigest()


def _lines(file: BinaryIO) -> Iterator[_Line]:
    """The lines about runs and sent letters, without lines left incomplete by a full disk or a power cut."""
    for line in file:
        head = line[:_HEAD]
        if _ACCEPTED in head or _STARTED in head or _IN_DOUBT in head:  # a loop over the three would cost as much again
            try:
                yield _decode(line)
            except msgspec.DecodeError:
                continue


class _Comparison:
    def __init__(self, campaign: str, records: Records | None) -> None:
        self._campaign = campaign
        self._records = records
        self._replaced = records.continuity.replaced() if records else frozenset()
        self._current_campaign = campaign  # whose letters the lines are about now
        self._is_replaced = False  # whether these are of a ledger that a person gave up
        self._unknown = 0
        self._foreign: Counter[str] = Counter()
        self._batch: list[_Line] = []
        self._unfound: list[_Line] = []

    def add(self, line: _Line) -> None:
        if line.event == "started":
            self._current_campaign = line.campaign or self._campaign  # an older log does not say
            self._is_replaced = line.ledger in self._replaced
        elif self._is_replaced:
            return
        elif self._current_campaign != self._campaign:
            self._foreign[self._current_campaign] += 1
        elif self._records is None:
            self._unknown += 1
        else:
            self._batch.append(line)
            if len(self._batch) == BATCH:
                self._find_by_number(self._records)

    def result(self) -> LogComparison:
        if self._records is not None:
            self._find_by_number(self._records)
            self._find_by_token(self._records)
        return LogComparison(letters=self._unknown, foreign=dict(self._foreign))

    def _find_by_number(self, records: Records) -> None:
        """Look letters up by number, which is the ledger's order and so the fastest."""
        batch, self._batch = self._batch, []
        known = records.continuity.by_number([line.number for line in batch])
        for line in batch:
            letter = known.get(line.number)
            if letter is None or letter.token != line.letter:
                self._unfound.append(line)
            elif not letter.settled and not _is_known(line, letter):
                self._unknown += 1
        if len(self._unfound) >= UNFOUND_LIMIT:
            self._find_by_token(records)

    def _find_by_token(self, records: Records) -> None:
        """Look letters up by token: a rebuilt ledger, or a new plan, has different numbers."""
        unfound, self._unfound = self._unfound, []
        if not unfound:
            return
        tokens = {line.letter for line in unfound}
        found = {letter.token: letter for letter in records.continuity.all_letters() if letter.token in tokens}
        for line in unfound:
            letter = found.get(line.letter)
            self._unknown += letter is None or not _is_known(line, letter)


def _is_known(line: _Line, letter: KnownLetter) -> bool:
    """Whether the ledger knows that the letter left, and so does not send it again by itself.

    A letter in doubt is made due again only by a person, and then keeps the count of its attempts.
    """
    if line.event == "in_doubt":
        return letter.settled or letter.handed_over
    return letter.settled or letter.attempts >= line.attempts
