"""What the ledger knows of follow-ups that campaign.toml does not name any more."""

from __future__ import annotations

from collections.abc import Collection

from mass_apology.guards import apply_overrides
from mass_apology.guards.renamed_waves import WaveFacts, wave_findings
from mass_apology.ledger import Records
from mass_apology.ledger.further_waves import Armed
from mass_apology.model import Finding
from mass_apology.schedule import Wave, waves
from mass_apology.settings import Campaign


def renaming_findings(
    records: Records, campaign: Campaign, wave: Wave, consent: Armed | None, override: Collection[str] = ()
) -> list[Finding]:
    """Whether the wave may be one that went under another name: an error, unless it is overridden.

    ``consent`` is the one that still holds, if any: whoever gave it was told of letters that were planned before.
    """
    known = records.waves.agreed_letters(consent.at if consent else 0.0)
    for each in waves(campaign.follow_up):
        known.pop(each.name, None)
    facts = WaveFacts(name=wave.name, letters=records.waves.planned(wave.name), unnamed=known)
    return apply_overrides(wave_findings(facts), override)
