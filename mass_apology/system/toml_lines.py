"""Finds the line of a TOML file on which a key stands: the parser does not say."""

from __future__ import annotations

import re

Place = tuple[str | int, ...]
"""Where something stands: ``("follow_up", 0, "after")``."""

_NAME = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_NAMES = rf"(?P<names>{_NAME}(?:[ \t]*\.[ \t]*{_NAME})*)"
_HEADER = re.compile(rf"[ \t]*\[(?P<list>\[)?[ \t]*{_NAMES}[ \t]*\]")
_KEY = re.compile(rf"[ \t]*{_NAMES}[ \t]*=")


def line_of(text: str, place: Place) -> int | None:
    """The line of a TOML file on which a place stands, or the table or list that it belongs to; from 1."""
    best, depth = None, 0
    table: Place = ()
    counted: dict[Place, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            table = _table(_names(header["names"]), counted, is_list=header["list"] is not None)
            here = table
        elif key := _KEY.match(line):
            here = (*table, *_names(key["names"]))
        else:
            continue
        if depth < len(here) and place[: len(here)] == here:
            best, depth = number, len(here)
    return best


def _names(dotted: str) -> Place:
    return tuple(each.strip("\"'") for each in re.findall(_NAME, dotted))


def _table(names: Place, counted: dict[Place, int], *, is_list: bool) -> Place:
    """The table that a header opens, with the numbers of the lists' tables that it is in."""
    place: Place = ()
    for at, name in enumerate(names):
        place = (*place, name)
        if is_list and at == len(names) - 1:
            counted[place] = counted.get(place, -1) + 1
        if place in counted:
            place = (*place, counted[place])
    return place
