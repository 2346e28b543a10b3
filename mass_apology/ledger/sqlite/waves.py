"""Further waves in the ledger: who could be written to, what a person agreed to, and the letters that are added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from sqlite3 import Connection
from typing import Any

import msgspec
from msgspec import Struct

from mass_apology.ledger.sqlite import lock
from mass_apology.ledger.sqlite.database import explained, open_reading
from mass_apology.ledger.sqlite.sqlite_ledger import Ledger
from mass_apology.ledger.sqlite.sqlite_records import Records
from mass_apology.ledger.sqlite.statements import statements
from mass_apology.ledger.staged import Changed
from mass_apology.model import NO_LETTER, LargestLetter, Status
from mass_apology.quantities import counted

_QUERIES = statements("waves.sql")
_CANDIDATES = "\n".join((_QUERIES["candidate"], _QUERIES["of-everybody"]))
_CANDIDATES_OF = "\n".join((_QUERIES["candidate"], _QUERIES["of-letters"]))
_ADD_NOTE = statements("queries.sql")["add-note"]
_THREAD = msgspec.json.Decoder(tuple[str, ...])
_PAGE = 1000  # rows fetched at a time


class Candidate(Struct, frozen=True, kw_only=True, gc=False):
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
    thread: tuple[str, ...]  # the Message-IDs of all letters that were accepted, the oldest first
    thread_subject: str  # of the last of these


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


def candidates(records: Records, base: str, wave: str) -> Iterator[Candidate]:
    """Everybody who has a letter in the wave ``base``, with regard to ``wave``, as of one moment; streams."""
    with explained(records.path), closing(open_reading(records.path, records.name)) as reader:
        cursor = reader.execute(_CANDIDATES, {"base": base, "wave": wave})
        while page := cursor.fetchmany(_PAGE):
            yield from map(_candidate, page)


def candidates_of(records: Records, base: str, letters: Sequence[int]) -> list[Candidate]:
    """The candidates whose next letters these are, by their rows in the ledger, as of now."""
    facts = {"base": base, "letters": msgspec.json.encode(letters).decode()}
    with explained(records.path), closing(open_reading(records.path, records.name)) as reader:
        return [_candidate(row) for row in reader.execute(_CANDIDATES_OF, facts)]


def _candidate(row: Sequence[Any]) -> Candidate:
    values = dict(zip(Candidate.__struct_fields__, row, strict=True))
    for flag in ("replied", "left_file"):
        values[flag] = bool(values[flag])
    for status in ("status", "next_status"):
        values[status] = Status(values[status]) if values[status] is not None else None
    values["thread"] = _THREAD.decode(values["thread"])
    return Candidate(**values)


def planned(records: Records, wave: str) -> int:
    """How many letters of the wave have left, may have, or are due: all but withheld ones."""
    with explained(records.path), closing(open_reading(records.path, records.name)) as reader:
        (count,) = reader.execute(_QUERIES["count"], {"wave": wave}).fetchone()
        return int(count)


class Sharer(Struct, frozen=True, kw_only=True, gc=False):
    """Somebody whose mailbox is another recipient's, too."""

    recipient: int
    mailbox: int
    has_letter: bool  # of the wave that is asked about: one that left, may have, or is due


def sharing(records: Records, wave: str) -> list[Sharer]:
    """All who share a mailbox, those first whose letter of the wave has left, or may have."""
    with explained(records.path), closing(open_reading(records.path, records.name)) as reader:
        rows = reader.execute(_QUERIES["sharing"], {"wave": wave})
        return [Sharer(recipient=each, mailbox=mailbox, has_letter=bool(has)) for each, mailbox, has in rows]


def armed(records: Records) -> dict[str, Armed]:
    """What has been agreed to, by wave."""
    with explained(records.path), closing(open_reading(records.path, records.name)) as reader:
        rows = reader.execute(_QUERIES["armed"]).fetchall()
    return {
        wave: Armed(wave=wave, at=at, by=by, letters=letters, digest_parts=msgspec.json.decode(parts))
        for wave, at, by, letters, parts in rows
    }


def agreed_letters(records: Records, since: float) -> dict[str, int]:
    """The letters, without withheld ones, planned after ``since`` (Unix seconds), by wave that was ever armed."""
    with explained(records.path), closing(open_reading(records.path, records.name)) as reader:
        return dict(reader.execute(_QUERIES["agreed-letters"], {"since": since}).fetchall())


def arm(ledger: Ledger, consent: Armed, *, overridden: Sequence[str] = ()) -> None:
    """Keep a consent, in place of an earlier one to the same wave, and note it. It needs no campaign's lock.

    ``overridden`` are codes of guards that spoke against it."""
    facts = {
        "wave": consent.wave,
        "at": consent.at,
        "by": consent.by,
        "letters": consent.letters,
        "digest_parts": msgspec.json.encode(consent.digest_parts).decode(),
    }
    what = f"wave {consent.wave} of at most {counted(consent.letters, 'letter')} armed by {consent.by}"
    what += f"; overridden: {', '.join(overridden)}" if overridden else ""

    def act(connection: Connection) -> None:
        with lock.transaction(connection):
            connection.execute(_QUERIES["arm"], facts)
            connection.execute(_ADD_NOTE, {"now": consent.at, "what": what})

    ledger.write(act)


def add(
    ledger: Ledger,
    wave: str,
    letters: Iterable[Addition],
    now: float,
    *,
    largest: LargestLetter = NO_LETTER,
    changes: Iterable[Changed] = (),
) -> None:
    """Plan these letters, all of them or none: they are PLANNED at ``now``, and due; ``changes`` hold from then on.

    ``largest`` is the largest of them; the wave's is kept, see ``Records.largest_letter``.
    Nobody gets two letters of one wave: the ledger refuses the second, unless the first was withheld. Raises
    ``FencedOut`` unless the lock is held.
    """
    changed = [msgspec.structs.asdict(each) for each in changes]
    rows = [
        {
            "recipient": each.recipient,
            "wave": wave,
            "message_id": each.message_id,
            "language": each.language,
            "now": now,
        }
        for each in letters
    ]

    def act(connection: Connection) -> None:
        with lock.fenced(connection):
            connection.executemany(_QUERIES["change"], changed)
            connection.executemany(_QUERIES["drop-withheld"], rows)
            connection.executemany(_QUERIES["add"], rows)
            connection.execute(_QUERIES["keep-largest"], {"wave": wave, **msgspec.structs.asdict(largest)})

    ledger.write(act)


def withhold(ledger: Ledger, reasons: Mapping[int, str], now: float) -> None:
    """Letters that must not go any more become WITHHELD: the delivery's row → why. Others than due ones are left alone.

    Raises ``FencedOut`` unless the lock is held.
    """
    rows = [{"delivery": delivery, "reason": reason, "now": now} for delivery, reason in reasons.items()]

    def act(connection: Connection) -> None:
        with lock.fenced(connection):
            connection.executemany(_QUERIES["withhold"], rows)

    ledger.write(act)
