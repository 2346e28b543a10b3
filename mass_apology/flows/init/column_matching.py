"""Matches a customer file's columns with roles (the keys of [columns]). Doubtful matches are left to the person."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import msgspec
from msgspec import Struct

from mass_apology.countries import is_country
from mass_apology.languages.genders import LETTERS, gender_of
from mass_apology.recipients.languages import language
from mass_apology.settings import PARTS
from mass_apology.system.time_zones import zone_names

Cells = Mapping[str, Sequence[str]]
"""The first rows of a file, by column."""

USUAL = MappingProxyType({"address": "email", **{role: role for role in ("name", "language", "time_zone", "country")}})
"""Role → the column that is used if campaign.toml names none."""

_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d"})  # Unicode does not decompose these
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_NUMBER = re.compile(r" ?\b([1-9])\b")
_SHOWN = 30  # characters of a cell in a message in a message


class Names(Struct, frozen=True, forbid_unknown_fields=True):
    """The usual names of the columns of one role; from column_names.toml."""

    names: tuple[str, ...]  # whole names
    within: tuple[str, ...] = ()  # words within longer names


class Match(Struct, frozen=True, kw_only=True):
    """A role, and its column; of a name or an address also several, in this order."""

    role: str  # a key of [columns]
    columns: tuple[str, ...]
    why: str  # a phrase
    values: Mapping[str, str] = {}  # of genders: letter → what it means in the language of the column's name

    @property
    def column(self) -> str:
        """The columns, for people."""
        return ", ".join(self.columns)

    @property
    def source(self) -> str | list[str]:
        """What campaign.toml says."""
        return list(self.columns) if len(self.columns) > 1 else self.columns[0]


class Doubt(Struct, frozen=True, kw_only=True):
    """A role that some columns may have; the person has to decide."""

    role: str
    columns: tuple[str, ...]
    why: str  # a sentence


class Matches(Struct, frozen=True, kw_only=True):
    """The roles of a file's columns."""

    found: tuple[Match, ...]
    doubts: tuple[Doubt, ...]

    def with_chosen(self, chosen: Mapping[str, str]) -> Matches:
        """The same, but for the parts that a person chose columns for: part → column."""
        taken = {*chosen.values()}
        found = [each for each in self.found if each.role not in chosen and not taken.intersection(each.columns)]
        found += [Match(role=role, columns=(column,), why="as chosen") for role, column in chosen.items()]
        return Matches(found=tuple(found), doubts=tuple(each for each in self.doubts if each.role not in chosen))

    def column(self, role: str) -> str | None:
        """The first column of a role."""
        return next((each.columns[0] for each in self.found if each.role == role), None)


def match(header: Sequence[str], cells: Cells) -> Matches:
    """Match a file's columns by their names, in many languages and spellings, and by their cells."""
    found: list[Match] = []
    doubts: list[Doubt] = []
    for role in PARTS:
        taken = {column for each in found for column in each.columns}
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
    if role == "gender" and (lettered := next(filter(None, (_lettered(each, cells) for each in by_name)), None)):
        return lettered
    if role == "name" and not _only_name(by_name, header):
        return _parted_name(header)
    fitting = [column for column in by_name if _fits(role, cells.get(column, ()))]
    if len(fitting) == 1:
        odd = _objection(role, cells.get(fitting[0], ()))
        return Match(role=role, columns=(fitting[0],), why=f"by its name; but {odd}" if odd else "by its name")
    if fitting:
        return _numbered(role, fitting) or _choose_usual(role, fitting)
    other = _by_cells(header, cells) if role == "address" else None
    if other is None and by_name and (role != "gender" or any(map(gender_of, cells[by_name[0]]))):
        why = f"By its name; but {_objection(role, cells[by_name[0]])}."
        return Doubt(role=role, columns=(by_name[0],), why=why)
    return other


def _lettered(column: str, cells: Cells) -> Match | None:
    """A column of genders whose name tells in what language its letters are: "S" and "V" of "Dzimums"."""
    meant, found = LETTERS.get(plain(column), {}), set(_filled(cells.get(column, ())))
    values = {cell: meant[cell.casefold()] for cell in sorted(found) if cell.casefold() in meant}
    if not values or any(gender_of(cell, values) is None for cell in found) or "F" in found:
        return None
    return Match(role="gender", columns=(column,), why="by its name, also what its letters mean", values=values)


def columns_called(name: str, header: Sequence[str]) -> list[str]:
    """The columns that are called as a letter calls one, or have a usual name of it."""
    usual = _names()[name].names if name in _names() else ()
    return [column for column in header if plain(column) in {plain(name), *usual}]


def _columns_named(role: str, header: Sequence[str]) -> list[str]:
    """The columns named for the role; columns that only contain such a word, if there are no others."""
    names = _names()[role]
    whole = [column for column in header if plain(column) in names.names]
    if role == "address":  # "E-mail 2" is one beside another
        whole = [column for column in header if _NUMBER.sub("", plain(column)) in names.names]
        whole = whole if any(_number_in(column) == 1 for column in whole) else []
    return whole or [column for column in header if any(_holds(plain(column), word) for word in names.within)]


def _only_name(by_name: Sequence[str], header: Sequence[str]) -> bool:
    """Whether the column is a whole name: "Имя" is one, unless there is a column "Фамилия" beside it."""
    first_names = _names()["first_name"].names
    is_part = all(plain(column) in first_names for column in by_name)
    return bool(by_name) and not (is_part and _columns_named("family_name", header))


def _parted_name(header: Sequence[str]) -> Match | Doubt | None:
    parts = (*_columns_named("first_name", header)[:1], *_columns_named("family_name", header)[:1])
    if len(parts) == 2:
        return Match(role="name", columns=parts, why="by their names; they are joined in this order")
    why = "It is a part of a name; use it if there is no other part."
    return Doubt(role="name", columns=parts, why=why) if parts else None


def _numbered(role: str, columns: Sequence[str]) -> Match | None:
    """Addresses of which all but one have a number from 2 on: the first usable one of a row is written to."""
    numbers = {column: _number_in(column) for column in columns}
    ordered = tuple(sorted(columns, key=lambda column: numbers[column]))
    if role != "address" or len(set(numbers.values())) < len(columns):
        return None
    return Match(role=role, columns=ordered, why="by their names; the first address that a row has is written to")


def _number_in(column: str) -> int:
    found = _NUMBER.search(plain(column))
    return int(found[1]) if found else 1


def _choose_usual(role: str, columns: Sequence[str]) -> Match | Doubt:
    others = [column for column in columns if column.casefold() != USUAL.get(role)]
    if len(others) == len(columns) - 1:
        (usual,) = set(columns) - set(others)
        return Match(role=role, columns=(usual,), why=f"by its name; {_listed(others)} could be meant too")
    return Doubt(role=role, columns=tuple(columns), why="More than one column may be meant; choose.")


def _by_cells(header: Sequence[str], cells: Cells) -> Match | Doubt | None:
    holding = tuple(column for column in header if _filled(cells.get(column, ())) and _fits("address", cells[column]))
    if len(holding) == 1:
        return Match(role="address", columns=holding, why="by its cells, which hold addresses")
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
    "language": "codes such as pl or pl-PL and names such as Polish are understood",
    "time_zone": "names such as Europe/Warsaw are understood",
    "gender": "f, m and words such as Frau or Mr are understood",
    "country": "codes such as PL and names such as Poland are understood",
}


def _is_usable(role: str, cell: str) -> bool:
    understood = _UNDERSTOOD.get(role)
    return understood is None or understood(cell)


def _is_language(cell: str) -> bool:
    try:
        language(cell)
    except ValueError:
        return False
    return True


_UNDERSTOOD: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "address": lambda cell: _ADDRESS.fullmatch(cell) is not None,
        "language": _is_language,
        "time_zone": lambda cell: cell in zone_names(),
        "gender": lambda cell: gender_of(cell) is not None,
        "country": is_country,
    }
)
"""Role → whether a cell is understood; the other roles take any."""


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
        )
        for role, each in table.items()
    }
