"""Planning in two steps: rows are staged in a file of their own, and the ledger is not touched before ``commit``.

So everything can be checked, counted and rendered first, in constant memory however long the recipients file is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from sqlite3 import Connection, Cursor
from typing import Any, Protocol, Self

import msgspec

from mass_apology.ledger import port
from mass_apology.ledger.local_file import explained, transaction
from mass_apology.ledger.merging import NAMED, Row, merge
from mass_apology.ledger.staged import (
    Changed,
    Codes,
    Conflict,
    Counts,
    Kin,
    Known,
    Planned,
    Respelled,
    SeveralRows,
    Shared,
)
from mass_apology.ledger.staging.meeting import Met, meet
from mass_apology.ledger.staging.staged_rows import again, in_order, kin, numbers, texts
from mass_apology.ledger.staging.staging_file import StagingFile
from mass_apology.model import NO_LETTER, Delivery, LargestLetter, Recipient, Withheld, read_rows
from mass_apology.system.statement_files import statements

_STAGING = statements(__package__, "staging.sql")


class LedgerOfPlan(Protocol):
    """The ledger that a plan is compared with; it need not exist yet."""

    @property
    def beside(self) -> Path:
        """The plan's file lies beside this one, and is named after it."""

    def exists(self) -> bool:
        """Whether there is anybody to be compared with."""

    def as_of(self) -> object:
        """Equal to what it was before while the ledger has not changed."""

    def attached(self, connection: Connection) -> AbstractContextManager[None]:
        """Its tables can be read on a plan's connection meanwhile, as of one moment."""


class StagedPlan(ABC):
    """Implements ``port.Planner`` but for ``commit``: a wave's plan in a temporary file (mode 0600).

    ``message_id`` gives the Message-ID for a recipient's identity. A mailbox gets one letter; with ``each_customer``
    each of its customers does. The plan that was kept with ``stamp`` is gone on with. Raises ``LedgerError`` where the
    file cannot be written.
    """

    def __init__(
        self,
        ledger: LedgerOfPlan,
        wave: str,
        message_id: Callable[[int], str],
        *,
        each_customer: bool = False,
        stamp: bytes = b"",
    ) -> None:
        self._ledger = ledger
        self._wave = wave
        self._message_id = message_id
        self._each_customer = each_customer
        self._merged = True
        self._met = Met()
        self._met_as_of: object = None  # how the ledger was then; None: the plan has changed since
        self._file = StagingFile(ledger.beside, stamp)
        self._path, self._connection = self._file.path, self._file.connection
        with explained(self._path):
            self._offers = bool(self._count("offered"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Delete the file, or keep it."""
        self._file.close()

    # Keeping them

    @property
    def kept(self) -> bytes:
        return self._file.kept

    def keep(self, record: bytes) -> None:
        self._merge()
        self._file.keep(record)

    # Taking rows

    def add(self, recipients: Sequence[tuple[Recipient, str]]) -> None:
        encode = msgspec.json.encode
        rows = [
            (
                recipient.identity,
                recipient.mailbox,
                recipient.customer,
                recipient.person,
                recipient.address,
                recipient.name,
                recipient.language,
                recipient.time_zone,
                letter_language,
                self._message_id(recipient.identity),
                f"[{recipient.line}]",
                f"[{encode(recipient.row).decode()}]",
                recipient.priority,
            )
            for recipient, letter_language in recipients
        ]
        self._many("add", rows)
        self._merged, self._met_as_of = False, None

    def withhold(self, rows: Sequence[Withheld]) -> None:
        self._many("set-aside", [_set_aside(row) for row in rows])

    def withhold_conflicts(self) -> None:
        self._merge()
        with explained(self._path), transaction(self._connection):
            for conflict in self._conflicts(-1):
                self._connection.execute(
                    _STAGING["set-letter-aside"], {"staged": conflict.staged, "reason": conflict.problem}
                )
            for statement in ("drop-conflicting", "forget-conflicts"):
                self._connection.execute(_STAGING[statement])
        self._met_as_of = None

    def withhold_letters(self, failed: Iterable[tuple[int, str]]) -> None:
        with explained(self._path), transaction(self._connection):
            for staged, reason in failed:
                self._execute("set-letter-aside", {"staged": staged, "reason": reason})
                self._execute("drop-letter", (staged,))
                self._met_as_of = None

    def offer(self, codes: Iterable[str]) -> None:
        self._many("offer", [(code,) for code in codes])
        self._offers, self._met_as_of = True, None

    # Looking at them

    def codes(self) -> Codes:
        self._merge()
        self._meet()
        with explained(self._path):
            return Codes(wanted=self._count("wanting"), free=self._count("free"))

    def conflicts(self, limit: int = 1000) -> list[Conflict]:
        self._merge()
        with explained(self._path):
            return list(self._conflicts(limit))

    def counts(self, domains: int = 10) -> Counts:
        self._merge()
        with explained(self._path):
            return Counts(
                letters=self._count("letters"),
                rows=self._count("rows"),
                withheld=self._count("set-aside"),
                conflicts=self._count("conflicts"),
                languages=dict(self._execute("languages")),
                domains=tuple(self._execute("domains", (domains,))),
            )

    def shared(self) -> Iterator[Shared]:
        for address, persons, names, lines in self._looked("shared"):
            yield Shared(address=address, persons=persons, names=texts(names), lines=numbers(lines))

    def respelled(self) -> Iterator[Respelled]:
        for addresses, lines in self._looked("respelled"):
            yield Respelled(addresses=texts(addresses), lines=numbers(lines))

    def of_several_rows(self) -> Iterator[SeveralRows]:
        for language, address, lines, rows in self._looked("of-several-rows"):
            yield SeveralRows(language=language, address=address, lines=numbers(lines), rows=read_rows(rows))

    def repeated(self) -> Iterator[Kin]:
        rows = self._looked("mailboxes-repeated" if self._each_customer else "customers-repeated")
        for _, letters in groupby(rows, key=itemgetter(0)):
            yield kin(letters)

    def compare(self) -> Planned:
        self._merge()
        self._meet()
        with explained(self._path):
            letters, withheld = self._count("letters"), self._count("set-aside")
            fates: dict[str, int] = dict(self._execute("fates"))
        known, updated, outdated = (fates.get(fate, 0) for fate in ("known", "updated", "outdated"))
        return Planned(
            new=letters - known - updated - outdated,
            known=known,
            updated=updated,
            outdated=outdated,
            missing=self._met.missing,
            superseded=self._met.superseded,
            withheld=withheld,
        )

    def known(self, limit: int = 5) -> Known:
        self._merge()
        self._meet()
        with explained(self._path):
            written, moved = self._execute("written", (limit,)).fetchall(), self._execute("moved").fetchmany(limit)
            return Known(
                written=self._count("written"),
                again=tuple(map(again, written)),
                known=self._count("met"),
                earlier=self._met.earlier,
                earlier_at=self._met.earlier_at,
                moved=tuple((numbers(lines)[0], address) for lines, address in moved),
            )

    def outdated(self, limit: int = 100) -> list[int]:
        with explained(self._path):
            rows = self._execute("outdated", (limit,)).fetchall()
        return [line for (lines,) in rows for line in msgspec.json.decode(lines, type=list[int])]

    def leaving(self) -> frozenset[int]:
        self._merge()
        self._meet()
        with explained(self._path):
            return frozenset(letter for (letter,) in self._execute("leaving"))

    def changed(self) -> Iterator[Changed]:
        self._merge()
        self._meet()
        with explained(self._path):
            for row in self._execute("changed"):
                yield Changed(**dict(zip(Changed.__struct_fields__, row, strict=True)))

    def deliveries(self, batch: int, *, everyone: bool = False) -> Iterator[list[Delivery]]:
        self._merge()
        self._meet()
        with explained(self._path):
            statement = in_order(_STAGING["deliveries"], by_priority=self._is_prioritised())
            cursor = self._connection.execute(statement, {"everyone": everyone, "last": self._met.last_number})
            while rows := cursor.fetchmany(batch):
                yield [_delivery(row) for row in rows]

    # Making it durable

    def commit(
        self,
        ledger: port.Ledger,
        *,
        digest_parts: Mapping[str, str],
        header: Sequence[str],
        canary: Collection[int],
        now: float,
        largest: LargestLetter = NO_LETTER,
    ) -> Planned:
        facts = {
            "wave": self._wave,
            "now": now,
            "canary": msgspec.json.encode(list(canary)).decode(),
            "digest_parts": msgspec.json.encode(digest_parts).decode(),
            "header": msgspec.json.encode(header).decode(),
            **msgspec.structs.asdict(largest),
        }
        planned = self._committed(ledger, facts)
        self._file.forget()
        return planned

    @abstractmethod
    def _committed(self, ledger: port.Ledger, facts: dict[str, object]) -> Planned:
        """In its database; ``facts`` are what the statements of a commit name."""

    # How

    def _is_prioritised(self) -> bool:
        return bool(self._execute("is-prioritised").fetchone()[0])

    def _meet(self) -> None:
        """Find out whom the ledger knows, what has changed about them, and which code is whose.

        It takes a second for some 200,000 people: it is not done again while neither plan nor ledger has changed.
        """
        as_of = self._ledger.as_of()
        if as_of == self._met_as_of:
            return
        self._met_as_of = as_of
        if self._ledger.exists():
            self._compare()
        if self._offers:
            with explained(self._path), transaction(self._connection):
                self._execute("forget-allotted")
                self._execute("allot")

    def _compare(self) -> None:
        with self._ledger.attached(self._connection), transaction(self._connection):
            self._met = meet(self._connection, self._wave, self._message_id, each_customer=self._each_customer)
            if self._offers:
                self._execute("forget-taken")
                self._execute("take")

    def _merge(self) -> None:
        """Put the rows of one letter together: the first one stays, and takes the others' lines and fields."""
        if self._merged:
            return
        with explained(self._path):
            for index in ("index-identity", "index-mailbox", "index-customer"):
                self._execute(index)
            with transaction(self._connection):
                for _, rows in groupby(self._execute("repeated"), key=itemgetter(1)):
                    self._merge_rows([Row(**dict(zip(Row.__struct_fields__, row, strict=True))) for row in rows])
                for statement in ("merge", "drop-surplus", "forget-merged", "forget-surplus"):
                    self._execute(statement)
        self._merged = True

    def _merge_rows(self, rows: Sequence[Row]) -> None:
        first, *others = rows
        found = merge(rows, each_customer=self._each_customer)
        self._execute("add-merged", msgspec.structs.asdict(found.merged))
        self._connection.executemany(_STAGING["add-surplus"], [(other.id,) for other in others])
        self._connection.executemany(_STAGING["add-further"], [(first.id, customer) for customer in found.further])
        if found.persons:
            self._execute("add-shared", (first.id, len(found.persons), _json(found.persons[:NAMED])))
        if found.spellings:
            self._execute("add-respelled", (first.id, _json(found.spellings[:NAMED])))
        if found.differs:
            self._execute("add-conflict", (first.id, _json(found.differs)))

    def _looked(self, statement: str) -> Iterator[tuple[Any, ...]]:
        self._merge()
        with explained(self._path):
            yield from self._execute(statement)

    def _conflicts(self, limit: int) -> Iterator[Conflict]:
        for staged, lines, differs, address in self._execute("conflicts", (limit,)):
            yield Conflict(
                staged=staged,
                lines=numbers(lines),
                differs=texts(differs),
                address=address,
            )

    def _count(self, what: str) -> int:
        (count,) = self._execute(f"count-{what}").fetchone()
        return int(count)

    def _execute(self, statement: str, facts: Sequence[object] | Mapping[str, object] = ()) -> Cursor:
        return self._connection.execute(_STAGING[statement], facts)

    def _many(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        with explained(self._path), transaction(self._connection):
            self._connection.executemany(_STAGING[statement], rows)


def _set_aside(row: Withheld) -> tuple[int, int | None, str, str, str]:
    return row.line, row.identity, row.address, row.reason, msgspec.json.encode(row.row).decode()


def _delivery(row: tuple[Any, ...]) -> Delivery:
    staged, address, name, language, time_zone, lines, rows, message_id, number, code = row
    return Delivery(
        id=staged,
        address=address,
        name=name,
        language=language,
        time_zone=time_zone,
        lines=lines,
        rows=rows,
        message_id=message_id,
        number=number,
        code=code,
    )


def _json(texts: Sequence[str]) -> str:
    return msgspec.json.encode(texts).decode()
