"""log.jsonl → the letters that it says have left and that the ledger does not know.

Only what was written since the ledger last agreed with the log is read. Where the log is not that one any more, because
it was cut, deleted or replaced, all of it is: a million lines in a second or two, in some megabytes.
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
STRAYS = 100_000  # letters that were not found by their number: so many are looked for at once
_END = 512  # octets by which a log is known again
_HEAD = 64  # octets within which a line names its event
_ACCEPTED, _IN_DOUBT, _STARTED = b'"accepted"', b'"in_doubt"', b'"started"'


class LogSays(Struct, frozen=True, kw_only=True):
    """What a log tells beyond its ledger."""

    letters: int = 0  # of this campaign
    strange: Mapping[str, int] = field(default_factory=dict)  # of other campaigns: name → letters


class _Line(Struct, frozen=True, kw_only=True, gc=False):
    """What is needed of a line."""

    event: str
    letter: str = ""
    number: int = 0
    attempts: int = 0
    campaign: str = ""
    ledger: str = ""


_decode = msgspec.json.Decoder(_Line).decode


def end_of(log: Path) -> LogMark:
    """Where the log ends now."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            return LogMark(size=size, end=_end(file, size))
    except OSError:
        return LogMark()


def compare(log: Path, campaign: str, records: Records | None) -> LogSays:
    """What the log tells that ``records`` do not know; all where there are none. An unreadable one tells nothing."""
    if not log.is_file():  # a pipe would be waited for
        return LogSays()
    comparison = _Comparison(campaign, records)
    with suppress(OSError), log.open("rb") as file:
        file.seek(_agreed(file, records.continuity.origin.log) if records else 0)
        for line in _lines(file):
            comparison.take(line)
    return comparison.result()


def _agreed(file: BinaryIO, mark: LogMark) -> int:
    """Up to where the log was known before; 0 where it is another one now."""
    if file.seek(0, 2) < mark.size or _end(file, mark.size) != mark.end:
        return 0
    return mark.size


def _end(file: BinaryIO, size: int) -> str:
    start = max(0, size - _END)
    file.seek(start)
    return hashlib.sha256(file.read(size - start)).hexdigest()


def _lines(file: BinaryIO) -> Iterator[_Line]:
    """The lines that matter. One that a full disk or a power cut left incomplete is passed over."""
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
        self._of = campaign  # whose letters the lines are about now
        self._accounted = False  # whether these are of a ledger that a person gave up
        self._unknown = 0
        self._strange: Counter[str] = Counter()
        self._batch: list[_Line] = []
        self._strays: list[_Line] = []

    def take(self, line: _Line) -> None:
        if line.event == "started":
            self._of = line.campaign or self._campaign  # an older log does not say
            self._accounted = line.ledger in self._replaced
        elif self._accounted:
            return
        elif self._of != self._campaign:
            self._strange[self._of] += 1
        elif self._records is None:
            self._unknown += 1
        else:
            self._batch.append(line)
            if len(self._batch) == BATCH:
                self._look_up(self._records)

    def result(self) -> LogSays:
        if self._records is not None:
            self._look_up(self._records)
            self._look_through(self._records)
        return LogSays(letters=self._unknown, strange=dict(self._strange))

    def _look_up(self, records: Records) -> None:
        """By their numbers: the ledger's order, and so the fastest."""
        batch, self._batch = self._batch, []
        known = records.continuity.by_number([line.number for line in batch])
        for line in batch:
            letter = known.get(line.number)
            if letter is None or letter.token != line.letter:
                self._strays.append(line)
            elif not letter.settled and not _is_known(line, letter):
                self._unknown += 1
        if len(self._strays) >= STRAYS:
            self._look_through(records)

    def _look_through(self, records: Records) -> None:
        """By their tokens: the numbers of a ledger that was rebuilt, and of letters planned anew, are others."""
        strays, self._strays = self._strays, []
        if not strays:
            return
        tokens = {line.letter for line in strays}
        found = {letter.token: letter for letter in records.continuity.all_letters() if letter.token in tokens}
        for line in strays:
            letter = found.get(line.letter)
            self._unknown += letter is None or not _is_known(line, letter)


def _is_known(line: _Line, letter: KnownLetter) -> bool:
    """Whether the ledger knows that the letter left, and so does not send it by itself.

    A letter that is due again although it was in doubt is so by a person's word, and its attempts go on counting.
    """
    if line.event == "in_doubt":
        return letter.settled or letter.handed_over
    return letter.settled or letter.attempts >= line.attempts
