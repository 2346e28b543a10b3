"""Rows that share a letter → the one that stays, with what all of them say, and what they do not agree about. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from mass_apology.mailboxes import folded

NAMED = 10
"""So many of those who share a mailbox are kept by their names."""


class Row(Struct, frozen=True, kw_only=True):
    """A staged row that others share a letter with. Fields: the statement "repeated" of staging.sql."""

    id: int
    identity: int
    customer: int | None
    person: int | None
    address: str
    name: str
    language: str  # what the row asks for; empty where it does not say
    time_zone: str  # so is this
    letter_language: str
    lines: str  # JSON array
    rows: str  # JSON array of objects
    names: str | None  # JSON array: of those who share it, where it was merged before and several do
    priority: int = 0  # letters with a higher one leave before


class Merged(Struct, frozen=True, kw_only=True):
    """What the first of the rows becomes."""

    staged: int
    customer: int | None
    person: int | None  # None where several share the letter, as nobody's name is
    name: str
    language: str
    time_zone: str
    letter_language: str
    lines: str
    rows: str
    priority: int  # the highest of the rows


class Merging(Struct, frozen=True, kw_only=True):
    """The rows of one letter, put together."""

    merged: Merged
    persons: tuple[str, ...]  # the names, each once, where several persons share the letter; otherwise empty
    spellings: tuple[str, ...]  # of the address, the first one first, where there are several; otherwise empty
    further: tuple[int | None, ...]  # keys besides the first one; None where a row has none and another has one
    differs: tuple[
        str, ...
    ]  # "language", …: what contradicts itself, so that nobody can tell what the letter should say


def merge(rows: Sequence[Row], *, each_customer: bool) -> Merging:
    """Put the rows of one letter together. What a row does not say contradicts nothing.

    A mailbox may be several persons', and then the letter has no name; one customer has one name.
    """
    first = rows[0]
    persons = _persons(rows)
    several = len(persons) > 1
    speaking = next((row for row in rows if row.language), first)
    addresses = dict.fromkeys(row.address for row in rows)
    customer = next((row.customer for row in rows if row.customer is not None), None)
    differs = {
        "address": len(set(map(folded, addresses))) > 1,
        "name": several and each_customer,
        "language": len({row.letter_language for row in rows if row.language}) > 1,
        "time_zone": len({row.time_zone for row in rows} - {""}) > 1,
    }
    return Merging(
        merged=Merged(
            staged=first.id,
            customer=customer,
            person=None if several else next((row.person for row in rows if row.person is not None), None),
            name="" if several else next((row.name for row in rows if row.name), ""),
            language=speaking.language,
            time_zone=next((row.time_zone for row in rows if row.time_zone), ""),
            letter_language=speaking.letter_language,
            lines=_joined(row.lines for row in rows),
            rows=_joined(row.rows for row in rows),
            priority=max(row.priority for row in rows),
        ),
        persons=tuple(persons) if several and not each_customer else (),
        spellings=tuple(addresses) if len(addresses) > 1 else (),
        further=tuple(dict.fromkeys(row.customer for row in rows if row.customer != customer)),
        differs=tuple(field for field, is_different in differs.items() if is_different),
    )


def _persons(rows: Iterable[Row]) -> list[str]:
    """Everybody's name, in the first spelling of each; rows without a name are anybody's."""
    persons: dict[int | str, str] = {}
    for row in rows:
        if row.person is not None:
            persons.setdefault(row.person, row.name)
        for name in msgspec.json.decode(row.names, type=list[str]) if row.names else ():
            persons.setdefault(name, name)
    return list(persons.values())


def _joined(arrays: Iterable[str]) -> str:
    """Several non-empty JSON arrays as one."""
    return f"[{','.join(array[1:-1] for array in arrays)}]"
