"""Public holidays from the package `holidays`, which the extra "calendar" brings; imported only if they are wanted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from mass_apology.errors import CampaignError, install_extra


class PublicHolidays:
    """The days that are public holidays in all of a country, the days on which they are observed included.

    A holiday of one state or region only, such as Bavaria's, is none of these.
    """

    def __init__(self) -> None:
        """Raises ``CampaignError`` where the extra is not installed."""
        try:
            import holidays  # noqa: PLC0415 (an extra, and 50 ms that no other campaign should pay)
        except ImportError as error:
            raise CampaignError(
                "`$.schedule.holidays` is true, but the package that knows public holidays is not installed.",
                next_step=f"Take that line out of campaign.toml, or {install_extra('calendar')}",
            ) from error
        self._days_of = holidays.country_holidays
        self._covered = frozenset(holidays.list_supported_countries(include_aliases=False))
        self._known: dict[str, Callable[[date], bool]] = {}

    def covers(self, country: str) -> bool:
        """Whether this country's holidays are known. ``country`` is ISO 3166-1 alpha-2."""
        return country in self._covered

    def is_holiday(self, country: str, day: date) -> bool:
        """Whether ``day`` is a public holiday there. Raises ``KeyError`` for a country that is not covered."""
        if country not in self._covered:
            raise KeyError(country)
        known = self._known.get(country)
        if known is None:
            known = self._known[country] = self._days_of(country).__contains__
        return known(day)
