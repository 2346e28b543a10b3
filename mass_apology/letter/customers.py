"""A recipient's rows in the file → what is this customer's own in the letter: values, gender, links to remedies."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from mass_apology.columns import Value, parser
from mass_apology.errors import TemplateError
from mass_apology.letter.templates import Particulars
from mass_apology.letter.values import Fields
from mass_apology.model import Delivery
from mass_apology.settings import Campaign

_GENDERS = {"f": "f", "female": "f", "w": "f", "m": "m", "male": "m"}


class Customers:
    """Reads the customers of one campaign for their letters."""

    def __init__(self, campaign: Campaign, *, header: Sequence[str], remedies: Collection[str]) -> None:
        """``header`` holds the recipients file's columns, which a row that lacks a value does not mention.

        ``remedies`` are the names that a template may ask of ``remedies``, whether the campaign offers them or not.
        """
        self._campaign = campaign
        self._columns = frozenset(header)
        self._parsers = {name: parser(kind, campaign.time_zone) for name, kind in campaign.types.items()}
        self._remedies = frozenset(remedies)

    def particulars(self, delivery: Delivery, rows: Sequence[Mapping[str, str]]) -> Particulars:
        """All but the heading; ``rows`` are the delivery's. ``TemplateError`` where a cell is not of its type."""
        fields = [self._fields(row) for row in rows]
        own = Particulars(
            customer=fields[0],
            rows=fields,
            name=delivery.name,
            gender=self.gender(rows[0]),
            time_zone=delivery.time_zone or self._campaign.time_zone,
            code=delivery.code,
        )
        if self._campaign.remedies:
            own["remedies"] = self._chosen_at(delivery.token)
        return own

    def gender(self, row: Mapping[str, str]) -> str:
        """``"f"``, ``"m"``, or ``""`` where the row does not say."""
        column = self._campaign.columns.gender
        return _GENDERS.get(row.get(column, "").lower(), "") if column else ""

    def _chosen_at(self, token: str) -> Fields:
        """Where this recipient chooses a remedy; the token says who chose what, and nobody else can know it."""
        addresses = {
            name: address.replace("{token}", f"{name}.{token}") for name, address in self._campaign.remedies.items()
        }
        return Fields(addresses, self._remedies)

    def _fields(self, row: Mapping[str, str]) -> Fields:
        if not self._parsers:
            return Fields(row, self._columns)
        values: dict[str, Value] = {**row}
        for name, parse in self._parsers.items():
            if name in row:
                try:
                    values[name] = parse(row[name])
                except ValueError as error:
                    raise TemplateError(
                        f"In the column {name} the value {row[name]!r} {error}.",
                        next_step="Correct the value, or the column's type in `[types]` of campaign.toml.",
                    ) from error
        return Fields(values, self._columns)
