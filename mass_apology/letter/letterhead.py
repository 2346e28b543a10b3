"""What stands above one formal letter: its date, its outgoing number, and whom it is addressed to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date as Date  # a heading has a date  # noqa: N812
from email.utils import parsedate_to_datetime
from functools import lru_cache

from msgspec import Struct

from mass_apology.countries import country_code, is_country
from mass_apology.errors import InputError
from mass_apology.languages import Languages
from mass_apology.letter.brand import BARE, html_lines
from mass_apology.letter.localise import Localiser
from mass_apology.letter.values import Fields
from mass_apology.model import Delivery
from mass_apology.names import folded, judge
from mass_apology.settings import Campaign, ColumnSettings, numbered
from mass_apology.system.time_zones import zone_named

PARTS = ("position", "company", "street", "postcode", "city", "country")
"""What a row can say about its addressee besides the name."""

# How a country writes a town and its postcode (Universal Postal Union, addressing systems): in most the postcode stands
# before the town; elsewhere on a line of its own below, or behind.
_BELOW = frozenset({"GB", "IE", "RU", "KZ", "BY"})
_BEHIND = {"LV": ", ", "AU": " ", "CA": " ", "IN": " ", "NZ": " ", "US": " "}


class Heading(Struct, frozen=True, kw_only=True):
    """Ready to print, in the letter's language; what is not known is empty."""

    day: Date
    date: str
    number: str
    name: str
    position: str
    company: str
    address: tuple[str, ...]  # lines

    @property
    def addressee(self) -> tuple[str, ...]:
        """All of the addressee's lines."""
        return tuple(filter(None, (self.name, self.position, self.company, *self.address)))


class Headings:
    """Makes the headings of one campaign's letters."""

    def __init__(self, campaign: Campaign, header: Sequence[str], languages: Languages) -> None:
        """``header`` names the recipients file's columns; ``InputError`` where ``[columns]`` names another one."""
        self._letterhead = campaign.letterhead
        self._columns = {part: _column(part, campaign.columns, header) for part in PARTS}
        self._zone = zone_named(campaign.time_zone)
        self._localiser = lru_cache(lambda code: Localiser(languages[code]))
        self._written_on = lru_cache(16)(self._day)  # a date comes with hundreds of letters

    def heading(self, delivery: Delivery, cells: Mapping[str, str], *, language: str, written: str) -> Heading:
        """The heading for one delivery, whose first row is ``cells``; ``written`` is the message's Date."""
        told = {part: cells.get(column, "").strip() for part, column in self._columns.items() if column}
        localiser = self._localiser(language)
        day = self._letterhead.date_ or self._written_on(written)
        number = self._letterhead.number
        outgoing = numbered(number, delivery.number) if number else ""
        return Heading(
            day=day,
            date=localiser.date(day),
            number=outgoing and (localiser.language.labels or BARE).outgoing.replace("{}", outgoing),
            name="" if _is_company(delivery.name, told.get("company", "")) else judge(delivery.name).shown,
            position=told.get("position", ""),
            company=told.get("company", ""),
            address=_address(told, localiser),
        )

    def _day(self, written: str) -> Date:
        return parsedate_to_datetime(written).astimezone(self._zone).date()


NO_HEADING = Heading(day=Date.min, date="", number="", name="", position="", company="", address=())
"""For a letter whose layout shows no heading."""


def heading_fields(heading: Heading) -> dict[str, Fields]:
    """``letterhead`` and ``addressee`` as layouts see them."""
    address, lines = list(heading.address) or None, heading.addressee
    named = {"name": heading.name, "position": heading.position, "company": heading.company, "address": address}
    return {
        "letterhead": Fields({"date": heading.date, "number": heading.number}),
        "addressee": Fields({**named, "lines": "\n".join(lines), "lines_html": html_lines(lines)}),
    }


def _is_company(name: str, company: str) -> bool:
    """Whether the customer's name is the company's, which stands on a line of its own."""
    return bool(company) and folded(name) == folded(company)


def _column(part: str, columns: ColumnSettings, header: Sequence[str]) -> str | None:
    """The column that ``[columns]`` names, or one that is called as the part is; ``None`` where there is none."""
    stated: str | None = getattr(columns, part)
    if stated is None or (stated in header) or (part == "country" and stated == "country"):
        return stated if stated in header else columns.called_like(part, header)
    raise InputError(
        f"[columns] {part} in campaign.toml names a column '{stated}', and the recipients file has none of that name.",
        next_step="Correct the name in campaign.toml or in the file.",
    )


def _address(told: Mapping[str, str], localiser: Localiser) -> tuple[str, ...]:
    given = told.get("country", "")
    code = country_code(given) if is_country(given) else ""
    town = _town(told.get("city", ""), told.get("postcode", ""), code or localiser.language.country or "")
    country = str(localiser.locale.territories.get(code, given))
    return tuple(filter(None, (told.get("street", ""), *town, country)))


def _town(city: str, postcode: str, country: str) -> tuple[str, ...]:
    if not city or not postcode:
        return (city or postcode,)
    if country in _BELOW:
        return city, postcode
    behind = _BEHIND.get(country)
    return (f"{postcode} {city}",) if behind is None else (f"{city}{behind}{postcode}",)
