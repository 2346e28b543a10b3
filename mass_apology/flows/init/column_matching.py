"""Matches a customer file's columns with roles (the keys of [columns]). Doubtful matches are left to the person."""

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

from mass_apology.settings import PARTS
from mass_apology.system.time_zones import zone_names

Cells = Mapping[str, Sequence[str]]
"""The first rows of a file, by column."""

USUAL = MappingProxyType({"address": "email", **{role: role for role in ("name", "language", "time_zone", "country")}})
"""Role → the column that is used if campaign.toml names none."""

_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d"})  # Unicode does not decompose these
_SHAPES = MappingProxyType(
    {
        "address": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
        "language": re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*"),
        "country": re.compile(r"[A-Za-z]{2}"),
    }
)
_SHOWN = 30  # characters of a cell in a message in a message


class Names(Struct, frozen=True, forbid_unknown_fields=True):
    """The usual names of the columns of one role; from column_names.toml."""

    names: tuple[str, ...]  # whole names
    within: tuple[str, ...] = ()  # words within longer names
    cells: tuple[str, ...] = ()  # the only cells that are understood, in lower case; empty: any


class Match(Struct, frozen=True, kw_only=True):
    """A column and its role."""

    role: str  # a key of [columns]
    column: str
    why: str  # a phrase


class Doubt(Struct, frozen=True, kw_only=True):
    """A role that some columns may have; the person has to decide."""

    role: str
    columns: tuple[str, ...]
    why: str  # a sentence


class Matches(Struct, frozen=True, kw_only=True):
    """The roles of a file's columns."""

    found: tuple[Match, ...]
    doubts: tuple[Doubt, ...]

    def column(self, role: str) -> str | None:
        """The column of a role."""
        return next((each.column for each in self.found if each.role == role), None)


def match(header: Sequence[str], cells: Cells) -> Matches:
    """Match a file's columns by their names, in many languages and spellings, and by their cells."""
    found: list[Match] = []
    doubts: list[Doubt] = []
    for role in PARTS:
        taken = {each.column for each in found}
        matched = _match_role(role, [column for column in header if column not in taken], cells)
        if isinstance(matched, Match):
            found.append(matched)
        elif matched is not None:
            doubts.append(matched)
    return Matches(found=tuple(found), doubts=tuple(doubts))


def plain(name: str) -> str:
    """A column's name without case, accents and signs: "customer id" of "customerId" and "Customer-ID"."""
    apart = "".join(f" {each}" if each.isupper() and before.islower() else each for before, each in _pairs(name))
    folded = unicodedata.normalize("NFKD", apart.casefold().translate(_LETTERS))
    letters = (each for each in folded if not unicodedata.combining(each))
    return " ".join("".join(each if each.isalnum() else " " for each in letters).split())


def _match_role(role: str, header: Sequence[str], cells: Cells) -> Match | Doubt | None:
    by_name = _columns_named(role, header)
    if role == "name" and not _only_name(by_name, header):
        return _parted_name(header)
    fitting = [column for column in by_name if _fits(role, cells.get(column, ()))]
    if len(fitting) == 1:
        odd = _objection(role, cells.get(fitting[0], ()))
        return Match(role=role, column=fitting[0], why=f"by its name; but {odd}" if odd else "by its name")
    if fitting:
        return _choose_usual(role, fitting)
    other = _by_cells(header, cells) if role == "address" else None
    if other is None and by_name:
        why = f"By its name; but {_objection(role, cells[by_name[0]])}."
        return Doubt(role=role, columns=(by_name[0],), why=why)
    return other


def _columns_named(role: str, header: Sequence[str]) -> list[str]:
    """The columns named for the role; columns that only contain such a word, if there are no others."""
    names = _names()[role]
    whole = [column for column in header if plain(column) in names.names]
    return whole or [column for column in header if any(_holds(plain(column), word) for word in names.within)]


def _only_name(by_name: Sequence[str], header: Sequence[str]) -> bool:
    """Whether the column is a whole name: "Имя" is one, unless there is a column "Фамилия" beside it."""
    first_names = _names()["first_name"].names
    is_part = all(plain(column) in first_names for column in by_name)
    return bool(by_name) and not (is_part and _columns_named("family_name", header))


def _parted_name(header: Sequence[str]) -> Doubt | None:
    parts = (*_columns_named("first_name", header)[:1], *_columns_named("family_name", header)[:1])
    if not parts:
        return None
    if len(parts) == 1:
        why = "It is a part of a name; make a column of the whole name, or use this one."
    else:
        why = "The name stands in two columns; make one of them in the file."
    return Doubt(role="name", columns=parts, why=why)


def _choose_usual(role: str, columns: Sequence[str]) -> Match | Doubt:
    others = [column for column in columns if column.casefold() != USUAL.get(role)]
    if len(others) == len(columns) - 1:
        (usual,) = set(columns) - set(others)
        return Match(role=role, column=usual, why=f"by its name; {_listed(others)} could be meant too")
    return Doubt(role=role, columns=tuple(columns), why="More than one column may be meant; choose.")


def _by_cells(header: Sequence[str], cells: Cells) -> Match | Doubt | None:
    holding = tuple(column for column in header if _filled(cells.get(column, ())) and _fits("address", cells[column]))
    if len(holding) == 1:
        return Match(role="address", column=holding[0], why="by its cells, which hold addresses")
    return Doubt(role="address", columns=holding, why="Several columns hold addresses; choose.") if holding else None


def _fits(role: str, cells: Sequence[str]) -> bool:
    """Whether at least half of the cells can be used for this role: most files have some bad rows."""
    matched = _filled(cells)
    if role == "key":  # required in every row
        return len(matched) in (0, len(cells))
    return 2 * sum(_is_usable(role, cell) for cell in matched) >= len(matched)


def _objection(role: str, cells: Sequence[str]) -> str:
    """A clause about a cell that cannot be used; "" if all can."""
    if role == "key":
        return "" if _fits(role, cells) else "not every row has one, and it is needed in each"
    odd = next((cell for cell in _filled(cells) if not _is_usable(role, cell)), None)
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


def _filled(cells: Sequence[str]) -> list[str]:
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
