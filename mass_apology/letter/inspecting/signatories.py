"""A signatory's position that stands in one language under letters in several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mass_apology.letter.values import facts_for
from mass_apology.model import Finding, Severity
from mass_apology.settings import Campaign

SIGNED_AS = "signed_as"
"""The fact that says the position in one language's table; a letter without it shows the sender's ``role``."""

LONGEST_ABBREVIATION = 4
"""Letters of a position such as "COO" that many languages share."""


def role_findings(campaign: Campaign, languages: Iterable[str]) -> Iterator[Finding]:
    """A warning for each position that letters in two languages or more share; ``languages`` show one."""
    shared: dict[tuple[str, str], list[str]] = {}
    for language in languages:
        if position := _shared_position(campaign, language):
            shared.setdefault(position, []).append(language)
    for (where, role), those in shared.items():
        if len(those) > 1 and not _is_abbreviation(role):
            tables = ", ".join(f"[incident.{language}]" for language in those)
            yield Finding(
                code="role-untranslated",
                severity=Severity.WARNING,
                where=f"campaign.toml, {where}",
                problem=f"“{role}” stands under the letters in {', '.join(those)} alike.",
                advice=f"Write the position in each language: {SIGNED_AS} in {tables}.",
            )


def _shared_position(campaign: Campaign, language: str) -> tuple[str, str] | None:
    """Where the position under a language's letters comes from, and what it is; ``None`` for one of its own."""
    told = str(facts_for(campaign.incident, language).get(SIGNED_AS, "")).strip()
    common = str(facts_for(campaign.incident, "").get(SIGNED_AS, "")).strip()
    if told and told != common:
        return None
    if told:
        return f"[incident] {SIGNED_AS}", told
    return ("[sender] role", campaign.sender.role) if campaign.sender.role else None


def _is_abbreviation(role: str) -> bool:
    return role.isupper() and len(role) <= LONGEST_ABBREVIATION
