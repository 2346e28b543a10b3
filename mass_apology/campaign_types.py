"""TOML tables → a ``Campaign``, or every key that has a wrong type, is unknown or is missing: all of them at once.

msgspec stops at the first mistake. So the key that it names is taken out, or gets a stand-in where it is required, and
the tables are converted again, until nothing is wrong any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from mass_apology.settings import PARTS, Campaign
from mass_apology.smtp.relay_profile import RelayProfile, below, headers_below, relay_profiles
from mass_apology.type_errors import ANY, Place, field_of, field_problem, parted, path_of, value_problem

MOST = 50
"""Mistakes that are named; who has more has the wrong file."""

_STAND_INS: dict[str, object] = {
    "$.name": "x",
    "$.template": "x",
    "$.recipients": "x",
    "$.sender": {"from": "x@example.org"},
    "$.sender.from": "x@example.org",
    "$.relay": {"url": "smtp+plain://127.0.0.1"},
    "$.relay.url": "smtp+plain://127.0.0.1",
    "$.further_relays.url": "smtp+plain://127.0.0.1",
    "$.follow_up.template": "x",
    "$.notify.webhook.url": "https://example.org/",
    "$.notify.webhook.secret": "env:X",
    "$.schedule.quiet.from": datetime(2000, 1, 1, tzinfo=UTC),
    "$.schedule.quiet.to": datetime(2000, 1, 2, tzinfo=UTC),
}
"""What is put where a key is required: a list with an element less would have other numbers."""


_FIRST_RELAY = re.compile(r"\$\.relay(?![\w\[])")
_FURTHER_RELAY = re.compile(r"\$\.further_relays\[([0-9]+)\]")


class Typed(Struct, frozen=True, kw_only=True):
    """A campaign whose types are right, and what had to be changed for that."""

    campaign: Campaign | None  # None where nothing can be made of the file
    problems: tuple[str, ...]  # each with the path of its key
    changed: tuple[str, ...]  # paths of keys that were taken out or filled in: nothing can be said of their values
    listed: bool = False  # the file has [[relay]] for [relay]

    def is_own(self, path: str) -> bool:
        """Whether all that stands at a path such as "$.relay.url", or below it, is the file's own word."""
        return not any(_is_within(path, each) or _is_within(each, path) for each in self.changed)


def _is_within(path: str, whole: str) -> bool:
    return path == whole or path.startswith((f"{whole}.", f"{whole}["))


def typed(tables: dict[str, Any]) -> Typed:
    """What the tables of campaign.toml say, as far as it has the right types."""
    mending = _Mending(_with_relays(_with_made_columns(deepcopy(tables))), listed=isinstance(tables.get("relay"), list))
    campaign = mending.run()
    return Typed(
        campaign=campaign,
        problems=tuple(dict.fromkeys(mending.problems)),
        changed=tuple(map(mending.path, mending.changed)),
        listed=mending.listed,
    )


def _with_made_columns(tables: dict[str, Any]) -> dict[str, Any]:
    """The tables with ``$.columns.made`` and ``released``: keys of [columns] that do not name one column for a part."""
    columns = tables.get("columns")
    if not isinstance(columns, dict):
        return tables
    released = [key for key, source in columns.items() if key in PARTS and key != "address" and source is False]
    made = {key: source for key, source in columns.items() if key not in PARTS or _is_made(source)}
    parts = {key: key if key in made else source for key, source in columns.items() if key in PARTS}
    parts |= dict.fromkeys(released)
    return {**tables, "columns": {**parts, "made": made, "released": released}}


def _with_relays(tables: dict[str, Any]) -> dict[str, Any]:
    """The tables with ``$.relay`` and ``$.further_relays`` for a list of relays, and with what their profiles say."""
    if "further_relays" in tables:  # no key of the file's
        tables = {"further_relays ": tables["further_relays"], **tables}
        del tables["further_relays"]
    relay = tables.get("relay")
    listed = [relay] if isinstance(relay, dict) else relay
    if not isinstance(listed, list) or not listed:
        return tables
    first, *further = [_with_profile(each) for each in listed]
    tables = {**tables, "relay": first, **({"further_relays": further} if further else {})}
    message = tables.get("message", {})
    headers = message.get("headers", {}) if isinstance(message, dict) else None
    if not isinstance(headers, dict):
        return tables
    for profile in filter(None, map(_profile, listed)):
        headers = headers_below(headers, profile)
    return {**tables, "message": {**message, "headers": headers}} if headers else tables


def _with_profile(relay: object) -> object:
    profile = _profile(relay)
    return below(relay, profile) if profile is not None and isinstance(relay, dict) else relay


def _profile(relay: object) -> RelayProfile | None:
    return relay_profiles().get(str(relay.get("profile"))) if isinstance(relay, dict) else None


def _is_made(source: object) -> bool:
    return isinstance(source, list) or (isinstance(source, str) and "{" in source)


class _Mending:
    def __init__(self, tables: dict[str, Any], *, listed: bool) -> None:
        self.listed = listed
        self.problems: list[str] = []
        self.changed: list[Place] = []
        self._tables = tables

    def run(self) -> Campaign | None:
        for _ in range(10 * MOST):
            try:
                return msgspec.convert(self._tables, Campaign)
            except msgspec.ValidationError as error:
                if len(self.problems) >= MOST or not self._mend(error):
                    break
        return None

    def _mend(self, error: msgspec.ValidationError) -> bool:
        """Take the mistake out; false where that is impossible."""
        said, place = parted(error)
        field = field_of(said)
        if field is not None:
            return self._mend_field(field, place)
        faulty = list(self._faulty(said, place))
        self.problems += [value_problem(said, each, Campaign, self.path(each)) for each in faulty]
        if faulty and isinstance(faulty[0][-1], int):
            faulty = [faulty[0][:-1]]  # taking one element out would renumber the others
        taken = [self._take_out(each) for each in faulty]  # all of them, whatever became of the first
        return bool(taken) and all(taken)

    def _mend_field(self, field: tuple[str, bool], table: Place) -> bool:
        name, is_missing = field
        place = (*table, name)
        if place not in self.changed:
            self.problems.append(field_problem(field, table, Campaign, self.path(place)))
        if not is_missing:
            return self._take_out(place)
        stand_in = _STAND_INS.get(path_of(tuple(each for each in place if not isinstance(each, int))))
        if stand_in is None:
            return self._take_out(place[:-1])
        holder = self._at(place[:-1])
        holder[place[-1]] = deepcopy(stand_in)
        self.changed.append(place)
        return True

    def _faulty(self, said: str, place: Place) -> Iterator[Place]:
        """The places that the error is about: of a list, and of a table with keys of its own, all that have it."""
        at = next((number for number, each in enumerate(place) if each == ANY), None)
        if at is None and place and isinstance(place[-1], int):
            at = len(place) - 1
        if at is None:
            yield place
            return
        before, after = place[:at], place[at + 1 :]
        whole = self._at(before)
        for key in list(whole) if isinstance(whole, dict) else range(len(whole)):
            only = {key: whole[key]} if isinstance(whole, dict) else [whole[key]]
            if self._still_said(before, only, said):
                yield (*before, key, *after)

    def _still_said(self, place: Place, value: object, said: str) -> bool:
        tables = deepcopy(self._tables)
        holder: Any = tables
        for key in place[:-1]:
            holder = holder[key]
        holder[place[-1]] = value
        try:
            msgspec.convert(tables, Campaign)
        except msgspec.ValidationError as error:
            found, where = parted(error)
            return found == said and where[: len(place)] == place
        return False

    def path(self, place: Place) -> str:
        """``("follow_up", 0, "after")`` → "$.follow_up[0].after", as campaign.toml has it."""
        return as_written(path_of(place), listed=self.listed)

    def _take_out(self, place: Place) -> bool:
        if not place or self._at(place[:-1]) is None:
            return False
        self.changed.append(place)
        del self._at(place[:-1])[place[-1]]
        return True

    def _at(self, place: Place) -> Any:
        holder: Any = self._tables
        for key in place:
            try:
                holder = holder[key]
            except (KeyError, IndexError, TypeError):
                return None
        return holder


def as_written(text: str, *, listed: bool) -> str:
    """A path, or a sentence with paths, as campaign.toml has it; ``listed``: with [[relay]] for [relay]."""
    text = text.replace("$.columns.made.", "$.columns.").replace("$.columns.made[", "$.columns[")
    if listed:
        text = _FIRST_RELAY.sub("$.relay[0]", text)
        text = _FURTHER_RELAY.sub(lambda found: f"$.relay[{int(found[1]) + 1}]", text)
    return text
