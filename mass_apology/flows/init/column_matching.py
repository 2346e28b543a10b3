"""The columns of a customer file → the parts they can play. What is not certain is said, and left to the person."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import msgspec
from msgspec import Struct

from mass_apology.settings import ColumnSettings
from mass_apology.system.time_zones import zone_names

Cells = Mapping[str, Sequence[str]]
"""The first rows of a file, by column."""

USUAL = MappingProxyType({"address": "email", **{role: role for role in ("name", "language", "time_zone", "country")}})
"""The columns that are used without being named in campaign.toml."""

_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d"})  # which Unicode does not take apart
_SHAPES = MappingProxyType(
    {
        "address": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
        "language": re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*"),
        "country": re.compile(r"[A-Za-z]{2}"),
    }
)
_SHOWN = 30  # characters of a cell


class Names(Struct, frozen=True, forbid_unknown_fields=True):
    """What columns of one part are called."""

    names: tuple[str, ...]
    within: tuple[str, ...] = ()  # words of longer names
    cells: tuple[str, ...] = ()  # the only ones that are understood, in lower case; empty for any


class Match(Struct, frozen=True, kw_only=True):
    """A column and the part it plays."""

    role: str  # a key of [columns]
    column: str
    why: str  # a phrase


class Doubt(Struct, frozen=True, kw_only=True):
    """A part that some columns may play, which only the person can know."""

    role: str
    columns: tuple[str, ...]
    why: str  # a sentence


class Matches(Struct, frozen=True, kw_only=True):
    """Which column plays which part, as far as it can be told."""

    found: tuple[Match, ...]
    doubts: tuple[Doubt, ...]

    def column(self, role: str) -> str | None:
        """The column of a part."""
        return next((each.column for each in self.found if each.role == role), None)


def match(header: Sequence[str], cells: Cells) -> Matches:
    """Match a file's columns by their names, in many languages and spellings, and by what stands in their cells."""
    found: list[Match] = []
    doubts: list[Doubt] = []
    for role in (field.name for field in msgspec.structs.fields(ColumnSettings)):
        taken = {each.column for each in found}
        told = _told(role, [column for column in header if column not in taken], cells)
        if isinstance(told, Match):
            found.append(told)
        elif told is not None:
            doubts.append(told)
    return Matches(found=tuple(found), doubts=tuple(doubts))


def plain(name: str) -> str:
    """A column's name without case, accents and signs: "customer id" of "customerId" and "Customer-ID"."""
    apart = "".join(f" {each}" if each.isupper() and before.islower() else each for before, each in _pairs(name))
    folded = unicodedata.normalize("NFKD", apart.casefold().translate(_LETTERS))
    letters = (each for each in folded if not unicodedata.combining(each))
    return " ".join("".join(each if each.isalnum() else " " for each in letters).split())


def _told(role: str, header: Sequence[str], cells: Cells) -> Match | Doubt | None:
    by_name = _called(role, header)
    if role == "name" and not _only_name(by_name, header):
        return _parted_name(header)
    fitting = [column for column in by_name if _fits(role, cells.get(column, ()))]
    if len(fitting) == 1:
        odd = _odd(role, cells.get(fitting[0], ()))
        return Match(role=role, column=fitting[0], why=f"by its name; but {odd}" if odd else "by its name")
    if fitting:
        return _of_several(role, fitting)
    other = _by_cells(header, cells) if role == "address" else None
    if other is None and by_name:
        why = f"By its name; but {_odd(role, cells[by_name[0]])}."
        return Doubt(role=role, columns=(by_name[0],), why=why)
    return other


def _called(role: str, header: Sequence[str]) -> list[str]:
    """The columns whose name says the part; longer names only where no other does."""
    names = _names()[role]
    whole = [column for column in header if plain(column) in names.names]
    return whole or [column for column in header if any(_holds(plain(column), word) for word in names.within)]


def _only_name(by_name: Sequence[str], header: Sequence[str]) -> bool:
    """Whether the column is a whole name: "Имя" is one, unless there is a column "Фамилия" beside it."""
    first_names = _names()["first_name"].names
    is_part = all(plain(column) in first_names for column in by_name)
    return bool(by_name) and not (is_part and _called("family_name", header))


def _parted_name(header: Sequence[str]) -> Doubt | None:
    parts = (*_called("first_name", header)[:1], *_called("family_name", header)[:1])
    if not parts:
        return None
    if len(parts) == 1:
        why = "It is a part of a name; make a column of the whole name, or use this one."
    else:
        why = "The name stands in two columns; make one of them in the file."
    return Doubt(role="name", columns=parts, why=why)


def _of_several(role: str, columns: Sequence[str]) -> Match | Doubt:
    others = [column for column in columns if column.casefold() != USUAL.get(role)]
    if len(others) == len(columns) - 1:
        (usual,) = set(columns) - set(others)
        return Match(role=role, column=usual, why=f"by its name; {_listed(others)} could be meant too")
    return Doubt(role=role, columns=tuple(columns), why="More than one column may be meant; choose.")


def _by_cells(header: Sequence[str], cells: Cells) -> Match | Doubt | None:
    holding = tuple(column for column in header if _told_in(cells.get(column, ())) and _fits("address", cells[column]))
    if len(holding) == 1:
        return Match(role="address", column=holding[0], why="by its cells, which hold addresses")
    return Doubt(role="address", columns=holding, why="Several columns hold addresses; choose.") if holding else None


def _fits(role: str, cells: Sequence[str]) -> bool:
    """Whether half of the cells or more can be used for this part: some rows of a file are always bad."""
    told = _told_in(cells)
    if role == "key":  # without it a row cannot be written to
        return len(told) in (0, len(cells))
    return 2 * sum(_is_usable(role, cell) for cell in told) >= len(told)


def _odd(role: str, cells: Sequence[str]) -> str:
    """A clause about a cell that cannot be used; "" where there is none."""
    if role == "key":
        return "" if _fits(role, cells) else "not every row has one, and it is needed in each"
    odd = next((cell for cell in _told_in(cells) if not _is_usable(role, cell)), None)
    return f"“{odd[:_SHOWN]}” stands in it, and {_WANTED[role]}" if odd is not None else ""


_WANTED = {
    "address": "that is no address",
    "language": "codes such as pl or pl-PL are understood",
    "time_zone": "names such as Europe/Warsaw are understood",
    "gender": "f and m are understood",
    "country": "codes of two letters such as PL are understood",
}


def _is_usable(role: str, cell: str) -> bool:
    if role == "time_zone":
        return cell in zone_names()
    if role in _SHAPES:
        return _SHAPES[role].fullmatch(cell) is not None
    allowed = _names()[role].cells
    return not allowed or cell.casefold() in allowed


def _told_in(cells: Sequence[str]) -> list[str]:
    return [cell.strip() for cell in cells if cell.strip()]


def _holds(name: str, word: str) -> bool:
    return f" {word} " in f" {name} "


def _listed(columns: Collection[str]) -> str:
    return ", ".join(f"'{column}'" for column in columns)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    return zip(f" {text}", text, strict=False)


@cache
def _names() -> Mapping[str, Names]:
    text = (files(__package__) / "column_names.toml").read_text(encoding="utf-8")
    table = msgspec.convert(tomllib.loads(text), dict[str, Names])
    return {
        role: Names(
            names=tuple(map(plain, each.names)),
            within=tuple(map(plain, each.within)),
            cells=each.cells,
        )
        for role, each in table.items()
    }
