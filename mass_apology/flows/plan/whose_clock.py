"""Findings about letters that show times of day to recipients whose rows name no time zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mass_apology.flows.init.column_matching import match
from mass_apology.model import Finding, Severity
from mass_apology.quantities import counted
from mass_apology.settings import Campaign

_SHOWN = ("letter shows", "letters show")
_UTC = frozenset(
    {"UTC", "Etc/UTC", "Etc/GMT", "GMT", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal"}
)


def findings(campaign: Campaign, header: Sequence[str], unplaced: Mapping[str, int]) -> list[Finding]:
    """``unplaced``: country, or "" → number of letters that show times in the campaign's zone.

    If the campaign names a ``time_zone`` other than UTC, there are findings only for countries with several zones:
    such a recipient may live in another one.
    """
    letters = sum(unplaced.values())
    abroad = {country: count for country, count in unplaced.items() if country}
    if letters and campaign.time_zone in _UTC:
        return [
            Finding(
                code="times-in-utc",
                severity=Severity.WARNING,
                where="campaign.toml, [columns] time_zone",
                problem=f"{counted(letters, *_SHOWN)} times in UTC, since nothing tells where their readers are"
                f"{_among(abroad)}.",
                advice=" ".join(_advice(campaign, header)),
            )
        ]
    return [
        Finding(
            code="times-of-several-zones",
            severity=Severity.INFO,
            where=f"campaign.toml, [columns] time_zone, country {country}",
            problem=f"{counted(count, *_SHOWN)} times by the clock of {campaign.time_zone}: {country} has several "
            "time zones, and the rows name none.",
            advice="Name the column that tells each customer's, such as America/Chicago: time_zone under [columns].",
        )
        for country, count in sorted(abroad.items())
    ]


def _among(abroad: Mapping[str, int]) -> str:
    """The letters to countries with several time zones, as a clause."""
    if not abroad:
        return ""
    counts = ", ".join(f"{count:,} in {country}" for country, count in sorted(abroad.items()))
    return f" ({counts}, which {'has' if len(abroad) == 1 else 'have'} several time zones)"


def _advice(campaign: Campaign, header: Sequence[str]) -> Iterator[str]:
    """Advice that names the file's unused columns of time zones or countries."""
    found = match(header, {})
    usual = {"time_zone": campaign.columns.time_zone or "time_zone", "country": campaign.columns.country or "country"}
    for role, used in usual.items():
        column = found.column(role)
        if column is not None and column.casefold() != used.casefold():
            yield f"Does the column '{column}' tell? Then write {role} = '{column}' under [columns]."
    yield (
        "Name the column of time zones such as Europe/Warsaw, or of countries such as PL: time_zone or country under "
        '[columns]. Or say one zone for all: time_zone = "Europe/Warsaw" above the tables.'
    )
