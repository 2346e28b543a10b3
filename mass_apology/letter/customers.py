"""A recipient's rows in the file → what is this customer's own in the letter: values, gender, links to remedies."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence

from mass_apology.columns import Value, readers
from mass_apology.countries import zone_of
from mass_apology.errors import TemplateError
from mass_apology.languages import gender_of
from mass_apology.letter.markup.hole_inputs import Inputs
from mass_apology.letter.template_files import Particulars
from mass_apology.letter.values import Fields
from mass_apology.model import Delivery
from mass_apology.names import Judgement, judge
from mass_apology.settings import Campaign

KNOWN_CELLS = 4_096
"""How many cells of a typed column are known to be readable; when there are more, all are let go."""

Rows = Sequence[Mapping[str, str]]
KeyOf = Callable[[Delivery, Rows, Mapping[str, str], str], Hashable]
"""Of a delivery, its rows, the cells of ``customer`` and a time zone."""


class Customers:
    """Reads the customers of one campaign for their letters."""

    def __init__(self, campaign: Campaign, *, header: Sequence[str], remedies: Collection[str]) -> None:
        """``header`` holds the recipients file's columns, which a row that lacks a value does not mention.

        ``remedies`` are the names that a template may ask of ``remedies``, whether the campaign offers them or not.
        """
        self._campaign = campaign
        self._columns = frozenset(header)
        self._readers = readers(campaign.types, campaign.time_zone)
        self._known_good: dict[str, set[str]] = {name: set() for name in self._readers}
        self._remedies = frozenset(remedies)
        columns = campaign.columns
        self._name = columns.name or columns.called_like("name", header)
        self._company = columns.company or columns.called_like("company", header)
        position = columns.position or columns.called_like("position", header)
        personal = filter(None, ("name", "gender", "position", self._name, position, campaign.columns.gender))
        self._personal = frozenset(name for each in personal for name in (each, *campaign.columns.sources(each)))

    def particulars(self, delivery: Delivery, rows: Sequence[Mapping[str, str]]) -> Particulars:
        """All but the heading; ``rows`` are the delivery's. ``TemplateError`` where a cell is not of its type."""
        first = self.first(delivery, rows)
        fields = [self._fields(row) for row in rows]
        judged = self.judged(delivery, rows[0])
        own = Particulars(
            customer=fields[0] if first is rows[0] else self._fields(first),
            rows=fields,
            name=judged.shown,
            greeted=judged.greeted,
            gender=self.gender(first),
            time_zone=self.time_zone(delivery, rows[0]),
            code=delivery.code,
        )
        if self._campaign.remedies:
            own["remedies"] = self._chosen_at(delivery.token)
        return own

    def key(self, inputs: Inputs | None) -> KeyOf:
        """What differs between the letters of two recipients, as far as holes with these inputs can show it.

        It is made from cells as they stand in the file: 1.0 and 1 are one number, and print differently.
        """
        if inputs is None:
            return lambda _delivery, _rows, _first, _zone: None
        cells = _cells_key(sorted(inputs.columns))
        personal = self._personal_key(inputs.values)
        if personal is None:
            if not inputs.zoned:
                return cells
            return lambda delivery, rows, first, zone: (zone, cells(delivery, rows, first, zone))
        if not inputs.columns and not inputs.zoned:
            return personal
        return lambda delivery, rows, first, zone: (
            zone if inputs.zoned else "",
            cells(delivery, rows, first, zone),
            personal(delivery, rows, first, zone),
        )

    def _personal_key(self, values: Collection[str]) -> KeyOf | None:
        company, gender = self._company or "", self._campaign.columns.gender or ""
        if values == {"code"}:
            return lambda delivery, _rows, _first, _zone: delivery.code
        if not values:
            return None
        code = "code" in values
        return lambda delivery, rows, first, _zone: (
            delivery.name,
            rows[0].get(company),
            first.get(gender),
            code and delivery.code,
        )

    def read_types(self, rows: Rows) -> None:
        """Raise ``TemplateError`` where a cell is not of its column's type, whether or not the letter shows it."""
        for name, known in self._known_good.items():
            for row in rows:
                if (cell := row.get(name)) is not None and cell not in known:
                    self._read(name, cell)
                    if len(known) >= KNOWN_CELLS:
                        known.clear()
                    known.add(cell)

    def customer(self, delivery: Delivery, rows: Sequence[Mapping[str, str]]) -> Fields:
        """``customer`` alone, for what is filled in besides the letter; raises as ``particulars`` does."""
        return self._fields(self.first(delivery, rows))

    def first(self, delivery: Delivery, rows: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
        """The first row. Of several persons with one mailbox it is nobody's: then without name, gender and position."""
        if delivery.name or len(rows) == 1 or self._name is None or not any(row.get(self._name) for row in rows):
            return rows[0]
        return {column: cell for column, cell in rows[0].items() if column not in self._personal}

    def judged(self, delivery: Delivery, row: Mapping[str, str]) -> Judgement:
        """What the letter makes of its recipient's name; ``row`` is their first one."""
        return judge(delivery.name, row.get(self._company, "") if self._company else "")

    def time_zone(self, delivery: Delivery, row: Mapping[str, str]) -> str:
        """Whose clock the letter shows: the row's, else that of its country where it has one, else the campaign's."""
        return delivery.time_zone or zone_of(self.country(row)) or self._campaign.time_zone

    def country(self, row: Mapping[str, str]) -> str:
        """What stands in the country's cell."""
        return row.get(self._campaign.columns.country or "", "")

    def gender(self, row: Mapping[str, str]) -> str:
        """``"f"``, ``"m"``, or ``""`` where the row does not say."""
        column = self._campaign.columns.gender
        return gender_of(row.get(column, ""), self._campaign.values.gender) or "" if column else ""

    def _chosen_at(self, token: str) -> Fields:
        """Where this recipient chooses a remedy; the token says who chose what, and nobody else can know it."""
        addresses = {
            name: address.replace("{token}", f"{name}.{token}") for name, address in self._campaign.remedies.items()
        }
        return Fields(addresses, self._remedies)

    def _fields(self, row: Mapping[str, str]) -> Fields:
        if not self._readers:
            return Fields(row, self._columns)
        values: dict[str, Value] = {**row}
        for name in self._readers:
            if name in row:
                values[name] = self._read(name, row[name])
        return Fields(values, self._columns)

    def _read(self, name: str, cell: str) -> Value:
        try:
            return self._readers[name](cell)
        except ValueError as error:
            raise TemplateError(
                f"In the column {name} the value {cell!r} {error}.",
                next_step="Correct the value, or the column's type in `[types]` of campaign.toml.",
            ) from error


def _cells_key(columns: Sequence[str]) -> KeyOf:
    """The cells in these columns: of one row as they are, of several with those of ``customer`` before them."""
    if len(columns) == 1:
        (column,) = columns
        return lambda _delivery, rows, first, _zone: (
            first.get(column) if len(rows) == 1 else (first.get(column), *(row.get(column) for row in rows))
        )

    def key(_delivery: Delivery, rows: Rows, first: Mapping[str, str], _zone: str) -> Hashable:
        cells = tuple(map(first.get, columns))
        return cells if len(rows) == 1 else (cells, *(tuple(map(row.get, columns)) for row in rows))

    return key
