"""Says in plain words what is wrong with a key in a TOML file, mostly its type: msgspec's words are for programmers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec
from msgspec import inspect

from mass_apology.near_misses import nearest

Place = tuple[str | int, ...]
"""Where something stands: ``("follow_up", 0, "after")``."""

_T = TypeVar("_T")
ANY = "..."
"""In a place: one of the keys of a table with keys of its own; msgspec does not say which."""

_ERROR = re.compile(r"(?P<said>.*?)(?: - at `(?:key` in `)?(?P<path>\$.*)`)?", re.DOTALL)
_FIELD = re.compile(r"Object (?P<kind>contains unknown|missing required) field `(?P<name>.*)`", re.DOTALL)
_EXPECTED = re.compile(r"Expected `(?P<types>[^`]*)`(?P<bound>.*?)(?:, got `(?P<got>[^`]*)`)?", re.DOTALL)
_BOUND = re.compile(r" (?P<of>of length )?(?P<sign>[<>]=?) (?P<number>\S+)")
_PATTERN = " matching regex "
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")

_WANTED = {
    "str": 'a text such as "…"',
    "int": "a whole number such as 5",
    "float": "a number such as 2.5",
    "decimal": "a number such as 2.5",
    "bool": "true or false",
    "datetime": "a moment such as 2026-11-20T09:12:00Z, without quotation marks",
    "date": "a date such as 2026-11-20, without quotation marks",
    "time": "a time of day such as 09:12:00, without quotation marks",
    "array": 'a list such as ["…"]',
    "object": "a table",
}
_GIVEN = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number with a fraction",
    "bool": "true or false",
    "datetime": "a moment",
    "date": "a date",
    "time": "a time of day",
    "array": "a list",
    "object": "a table",
}


def path_of(place: Place) -> str:
    """``("follow_up", 0, "after")`` → "$.follow_up[0].after"."""
    return "$" + "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in place)


def place_of(path: str) -> Place:
    """The place that a path names."""
    steps = _STEP.findall(path)
    return tuple(name or (int(number) if number != ANY else ANY) for name, number in steps)


def parted(error: msgspec.ValidationError) -> tuple[str, Place]:
    """What msgspec says, and of which place."""
    found = _ERROR.fullmatch(str(error))
    return (found["said"], place_of(found["path"] or "")) if found is not None else (str(error), ())


def field_of(said: str) -> tuple[str, bool] | None:
    """The key that msgspec calls unknown or missing, and whether it is missing."""
    found = _FIELD.fullmatch(said)
    return (found["name"], "missing" in found["kind"]) if found is not None else None


def converted(tables: object, kind: type[_T]) -> _T:
    """The tables as a ``kind``. Raises ``ValueError`` with a clause in plain words, which names the key by its path."""
    try:
        return msgspec.convert(tables, kind)
    except msgspec.ValidationError as error:
        raise ValueError(_in_plain_words(error, kind)) from error


def _in_plain_words(error: msgspec.ValidationError, kind: type) -> str:
    said, place = parted(error)
    if (named := field_of(said)) is not None:
        return field_problem(named, place, kind, path_of((*place, named[0])))
    return value_problem(said, place, kind, path_of(place))


def field_problem(field: tuple[str, bool], table: Place, kind: type, path: str) -> str:
    """A clause about a key that is unknown in the table, or missing there; ``path`` is the key's."""
    name, is_missing = field
    if is_missing:
        return f"`{path}` is missing"
    return f"`{path}` is no key{_perhaps(nearest(name, _keys(kind, table)))}"


def _perhaps(near: str) -> str:
    return f" (did you mean `{near}`?)" if near else ""


def value_problem(said: str, place: Place, kind: type, path: str) -> str:
    """A clause about the value at a place, from what msgspec says of it; ``path`` is what it is called."""
    clause = _value_clause(said, place, kind)
    return f"`{path}` {clause}" if clause else f"`{path}`: {said}"


def _value_clause(said: str, place: Place, kind: type) -> str:
    """The rest of the sentence; empty where what is said is no sentence of msgspec, but of one of our own types."""
    if said.startswith("Invalid enum value "):
        given = said.removeprefix("Invalid enum value ")
        choices = list(_choices(_types_at(kind, place)))
        near = nearest(given.strip("'"), choices)
        return f"is {given}, which is none of {', '.join(choices)}{_perhaps(near)}"
    if said.startswith("Invalid RFC3339"):
        return f"is a text, but must be {_WANTED['datetime']}"
    found = _EXPECTED.fullmatch(said)
    return "" if found is None else _expected_clause(found, place, kind)


def _expected_clause(found: re.Match[str], place: Place, kind: type) -> str:
    types = [each.strip() for each in found["types"].split("|") if each.strip() != "null"]
    if found["bound"].startswith(_PATTERN):
        return f"must be {next(_descriptions(kind, place), 'a text of another form')}"
    if bound := _BOUND.fullmatch(found["bound"]):
        return _bound_clause(types[0], bound)
    if types == ["array"] and found["got"] == "object":
        return f"is one table, but must be a list of tables: write [[{place[-1]}]] for [{place[-1]}]"
    wanted = " or ".join(_WANTED.get(each, each) for each in types)
    given = _GIVEN.get(found["got"] or "", "something else")
    return f"is {given}, but must be {wanted}"


def _bound_clause(kind: str, bound: re.Match[str]) -> str:
    sign, number = bound["sign"], bound["number"]
    if bound["of"] and sign == ">=" and number == "1":
        return "is empty"
    unit = (" entries" if kind == "array" else " characters") if bound["of"] else ""
    words = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}[sign]
    return f"must be {words} {number}{unit}" if not unit else f"must have {words} {number}{unit}"


def _keys(kind: type, table: Place) -> list[str]:
    tables = [each for each in _types_at(kind, table) if isinstance(each, inspect.StructType)]
    return [field.encode_name for each in tables for field in each.fields]


def _descriptions(kind: type, place: Place) -> Iterator[str]:
    """How a value at a place is described where its type is declared: "a colour such as #1f3a5f"."""
    for each in _as_declared(kind, place):
        for inner in each.types if isinstance(each, inspect.UnionType) else (each,):
            if isinstance(inner, inspect.Metadata) and inner.extra_json_schema:
                yield str(inner.extra_json_schema["description"])


def _choices(types: Sequence[inspect.Type]) -> Iterator[str]:
    for each in types:
        if isinstance(each, inspect.EnumType):
            yield from (str(member.value) for member in each.cls)
        elif isinstance(each, inspect.LiteralType):
            yield from map(str, each.values)


def _types_at(kind: type, place: Place) -> list[inspect.Type]:
    """What may stand at a place."""
    return list(_flat(_as_declared(kind, place)))


def _as_declared(kind: type, place: Place) -> list[inspect.Type]:
    types = [inspect.type_info(kind)]
    for step in place:
        types = [inner for each in _flat(types) for inner in _within(each, step)]
    return types


def _flat(types: Sequence[inspect.Type]) -> Iterator[inspect.Type]:
    for each in types:
        if isinstance(each, inspect.UnionType):
            yield from _flat(each.types)
        elif isinstance(each, inspect.Metadata):
            yield from _flat([each.type])
        else:
            yield each


def _within(kind: inspect.Type, step: str | int) -> list[inspect.Type]:
    if isinstance(kind, inspect.StructType):
        return [field.type for field in kind.fields if field.encode_name == step]
    if isinstance(kind, inspect.DictType):
        return [kind.value_type]
    if isinstance(kind, inspect.ListType | inspect.VarTupleType | inspect.SetType | inspect.FrozenSetType):
        return [kind.item_type]
    return []


def refused(parse: Callable[[str], object], text: str, key: str) -> Iterator[str]:
    """The clause for a text that ``parse`` refuses with a ``ValueError``."""
    try:
        parse(text)
    except ValueError as error:
        yield f"`{key}` {error}"
