"""Named groups of customers, for the preview of letters by group; each is a filter of rows, like ``where``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from mass_apology.columns import readers
from mass_apology.recipients.row_table import RowTable
from mass_apology.recipients.where import compiled
from mass_apology.settings import Campaign


class Segments:
    """The campaign's segments, checked against the file's columns. ``preview`` asks for each person's segments."""

    def __init__(
        self,
        campaign: Campaign,
        header: Sequence[str],
        expressions: Mapping[str, str] | None = None,
        key: str = "segments",
    ) -> None:
        """``expressions``: name → filter, by default the campaign's; ``key`` is their place in campaign.toml, or
        the option that gave the one without a name.

        Raises ``InputError`` where one cannot be used.
        """
        self._readers = readers(campaign.types, campaign.time_zone)
        self._tests = {
            name: compiled(expression, header, campaign.types, campaign.time_zone, key=f"{key}.{name}" if name else key)
            for name, expression in (campaign.segments if expressions is None else expressions).items()
        }

    def of(self, people: Sequence[Sequence[Mapping[str, str]]]) -> list[tuple[str, ...]]:
        """The segments of each person: those that include one of the person's rows (given as non-empty fields)."""
        if not self._tests:
            return [()] * len(people)
        rows = list(chain.from_iterable(people))
        named = {column for where in self._tests.values() for column in where.columns}
        table = RowTable({column: [row.get(column, "") for row in rows] for column in named}, self._readers)
        chosen = {name: where.chosen(table) for name, where in self._tests.items()}
        found: list[tuple[str, ...]] = []
        start = 0
        for person in people:
            end = start + len(person)
            found.append(tuple(name for name, choice in chosen.items() if any(choice[start:end])))
            start = end
        return found
