"""Further waves in the ledger: who could be written to, what a person agreed to, and the letters that are added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from mass_apology.ledger.further_waves import Addition, Armed, Candidate, Sharer, Thread
from mass_apology.ledger.in_sql.connection import Connection, Reading, Writing
from mass_apology.ledger.staged import Changed
from mass_apology.model import NO_LETTER, LargestLetter
from mass_apology.quantities import counted

_PAGE = 1000  # rows fetched at a time


class SqlWaveRecords:
    """Implements ``port.WaveRecords``."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._queries = reading.statements("waves.sql")

    def candidates(self, base: str, wave: str) -> Iterator[Candidate]:
        with self._reading.own() as reader:
            cursor = reader.execute(self._candidates("of-everybody"), {"base": base, "wave": wave})
            while page := cursor.fetchmany(_PAGE):
                yield from map(_candidate, page)

    def candidates_of(self, base: str, letters: Sequence[int]) -> list[Candidate]:
        facts = {"base": base, "letters": msgspec.json.encode(letters).decode()}
        with self._reading.own() as reader:
            return [_candidate(row) for row in reader.execute(self._candidates("of-letters"), facts)]

    def _candidates(self, which: str) -> str:
        return "\n".join((self._queries["candidate"], self._queries[which]))

    def threads(self, recipients: Sequence[int]) -> dict[int, Thread]:
        found: dict[int, Thread] = {}
        with self._reading.own() as reader:
            facts = {"recipients": msgspec.json.encode(recipients).decode()}
            for recipient, message_id, subject in reader.execute(self._queries["threads"], facts):
                earlier = found.get(recipient, Thread()).message_ids
                found[recipient] = Thread(message_ids=(*earlier, message_id), subject=subject)
        return found

    def planned(self, wave: str) -> int:
        with self._reading.own() as reader:
            (count,) = reader.execute(self._queries["count"], {"wave": wave}).fetchone()
            return int(count)

    def languages(self, wave: str, also: Sequence[int] = ()) -> dict[str, int]:
        facts = {"wave": wave, "also": msgspec.json.encode(also).decode()}
        with self._reading.own() as reader:
            return dict(reader.execute(self._queries["languages"], facts).fetchall())

    def sharing(self, wave: str) -> list[Sharer]:
        with self._reading.own() as reader:
            rows = reader.execute(self._queries["sharing"], {"wave": wave})
            return [Sharer(recipient=each, mailbox=mailbox, has_letter=bool(has)) for each, mailbox, has in rows]

    def armed(self) -> dict[str, Armed]:
        with self._reading.own() as reader:
            rows = reader.execute(self._queries["armed"]).fetchall()
        return {
            wave: Armed(wave=wave, at=at, by=by, letters=letters, digest_parts=msgspec.json.decode(parts))
            for wave, at, by, letters, parts in rows
        }

    def agreed_letters(self, since: float) -> dict[str, int]:
        with self._reading.own() as reader:
            return dict(reader.execute(self._queries["agreed-letters"], {"since": since}).fetchall())


class SqlWaves(SqlWaveRecords):
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
            connection.execute(self._queries["disarm"], facts)
            connection.execute(self._queries["arm"], facts)
            add_note = self._reading.statements("records.sql")["add-note"]
            connection.execute(add_note, {"now": consent.at, "what": what})

        self._writing.change(act)

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
            connection.executemany(self._queries["change"], changed)
            connection.executemany(self._queries["drop-withheld"], rows)
            connection.executemany(self._queries["add"], rows)
            sizes = {"wave": wave, **msgspec.structs.asdict(largest)}
            connection.execute(self._queries["drop-smaller"], sizes)
            connection.execute(self._queries["keep-largest"], sizes)

        self._writing.change_fenced(act)

    def withhold(self, reasons: Mapping[int, str], now: float) -> None:
        rows = [{"delivery": delivery, "reason": reason, "now": now} for delivery, reason in reasons.items()]

        def act(connection: Connection) -> None:
            connection.executemany(self._queries["withhold"], rows)

        self._writing.change_fenced(act)


def _candidate(row: Sequence[Any]) -> Candidate:
    return msgspec.convert(row, Candidate, strict=False)  # SQLite's 0 and 1 are no booleans in the strict sense
