"""Further waves in the ledger: who could be written to, what a person agreed to, and the letters that are added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from sqlite3 import Connection
from typing import Any

import msgspec

from mass_apology.ledger.further_waves import Addition, Armed, Candidate, Sharer, Thread
from mass_apology.ledger.sqlite import lock
from mass_apology.ledger.sqlite.connections import Reading, Writing
from mass_apology.ledger.sqlite.statements import statements
from mass_apology.ledger.staged import Changed
from mass_apology.model import NO_LETTER, LargestLetter
from mass_apology.quantities import counted

_QUERIES = statements("waves.sql")
_CANDIDATES = "\n".join((_QUERIES["candidate"], _QUERIES["of-everybody"]))
_CANDIDATES_OF = "\n".join((_QUERIES["candidate"], _QUERIES["of-letters"]))
_ADD_NOTE = statements("queries.sql")["add-note"]
_PAGE = 1000  # rows fetched at a time


class SqliteWaveRecords:
    """Implements ``port.WaveRecords``."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def candidates(self, base: str, wave: str) -> Iterator[Candidate]:
        with self._reading.own() as reader:
            cursor = reader.execute(_CANDIDATES, {"base": base, "wave": wave})
            while page := cursor.fetchmany(_PAGE):
                yield from map(_candidate, page)

    def candidates_of(self, base: str, letters: Sequence[int]) -> list[Candidate]:
        facts = {"base": base, "letters": msgspec.json.encode(letters).decode()}
        with self._reading.own() as reader:
            return [_candidate(row) for row in reader.execute(_CANDIDATES_OF, facts)]

    def threads(self, recipients: Sequence[int]) -> dict[int, Thread]:
        found: dict[int, Thread] = {}
        with self._reading.own() as reader:
            facts = {"recipients": msgspec.json.encode(recipients).decode()}
            for recipient, message_id, subject in reader.execute(_QUERIES["threads"], facts):
                earlier = found.get(recipient, Thread()).message_ids
                found[recipient] = Thread(message_ids=(*earlier, message_id), subject=subject)
        return found

    def planned(self, wave: str) -> int:
        with self._reading.own() as reader:
            (count,) = reader.execute(_QUERIES["count"], {"wave": wave}).fetchone()
            return int(count)

    def languages(self, wave: str, also: Sequence[int] = ()) -> dict[str, int]:
        facts = {"wave": wave, "also": msgspec.json.encode(also).decode()}
        with self._reading.own() as reader:
            return dict(reader.execute(_QUERIES["languages"], facts).fetchall())

    def sharing(self, wave: str) -> list[Sharer]:
        with self._reading.own() as reader:
            rows = reader.execute(_QUERIES["sharing"], {"wave": wave})
            return [Sharer(recipient=each, mailbox=mailbox, has_letter=bool(has)) for each, mailbox, has in rows]

    def armed(self) -> dict[str, Armed]:
        with self._reading.own() as reader:
            rows = reader.execute(_QUERIES["armed"]).fetchall()
        return {
            wave: Armed(wave=wave, at=at, by=by, letters=letters, digest_parts=msgspec.json.decode(parts))
            for wave, at, by, letters, parts in rows
        }

    def agreed_letters(self, since: float) -> dict[str, int]:
        with self._reading.own() as reader:
            return dict(reader.execute(_QUERIES["agreed-letters"], {"since": since}).fetchall())


class SqliteWaves(SqliteWaveRecords):
    """Implements ``port.Waves``."""

    def __init__(self, reading: Reading, writing: Writing) -> None:
        super().__init__(reading)
        self._writing = writing

    def arm(self, consent: Armed, *, overridden: Sequence[str] = ()) -> None:
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

        self._writing.write(act)

    def add(
        self,
        wave: str,
        letters: Iterable[Addition],
        now: float,
        *,
        largest: LargestLetter = NO_LETTER,
        changes: Iterable[Changed] = (),
    ) -> None:
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

        self._writing.write(act)

    def withhold(self, reasons: Mapping[int, str], now: float) -> None:
        rows = [{"delivery": delivery, "reason": reason, "now": now} for delivery, reason in reasons.items()]

        def act(connection: Connection) -> None:
            with lock.fenced(connection):
                connection.executemany(_QUERIES["withhold"], rows)

        self._writing.write(act)


def _candidate(row: Sequence[Any]) -> Candidate:
    return msgspec.convert(row, Candidate, strict=False)  # SQLite's 0 and 1 are no booleans in the strict sense
