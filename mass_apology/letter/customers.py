"""A recipient's rows in the file → what is this customer's own in the letter: values, gender, links to remedies."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from mass_apology.columns import Value, readers
from mass_apology.countries import zone_of
from mass_apology.errors import TemplateError
from mass_apology.languages import gender_of
from mass_apology.letter.template_files import Particulars
from mass_apology.letter.values import Fields
from mass_apology.model import Delivery
from mass_apology.names import Judgement, judge
from mass_apology.settings import Campaign


class Customers:
    """Reads the customers of one campaign for their letters."""

    def __init__(self, campaign: Campaign, *, header: Sequence[str], remedies: Collection[str]) -> None:
        """``header`` holds the recipients file's columns, which a row that lacks a value does not mention.

        ``remedies`` are the names that a template may ask of ``remedies``, whether the campaign offers them or not.
        """
        self._campaign = campaign
        self._columns = frozenset(header)
        self._readers = readers(campaign.types, campaign.time_zone)
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
        for name, read in self._readers.items():
            if name in row:
                try:
                    values[name] = read(row[name])
                except ValueError as error:
                    raise TemplateError(
                        f"In the column {name} the value {row[name]!r} {error}.",
                        next_step="Correct the value, or the column's type in `[types]` of campaign.toml.",
                    ) from error
        return Fields(values, self._columns)
