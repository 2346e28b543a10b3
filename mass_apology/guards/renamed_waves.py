"""Guard against a renamed follow-up: under its new name it would go to the same people again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from mass_apology.model import Finding, Severity
from mass_apology.quantities import counted

RENAMED = "wave-renamed"


class WaveFacts(Struct, frozen=True, kw_only=True):
    """A follow-up, and earlier follow-ups that campaign.toml no longer names."""

    name: str
    letters: int  # of this follow-up that left, may have left, or are due
    unnamed: Mapping[str, int]  # follow-up that campaign.toml no longer names → its letters


def wave_findings(facts: WaveFacts) -> Iterator[Finding]:
    """A finding if the follow-up is new and campaign.toml no longer names an earlier one."""
    if facts.letters or not facts.unnamed:
        return
    letters = " and ".join(f"{counted(count, 'letter')} of {name}" for name, count in facts.unnamed.items())
    names = " or ".join(f'name = "{name}"' for name in facts.unnamed)
    yield Finding(
        code=RENAMED,
        severity=Severity.ERROR,
        where=f"follow-up {facts.name}",
        problem=f"It is new, and the ledger has {letters}, which campaign.toml does not name any more: if the "
        "follow-up was only renamed or moved, the same people get the same letter twice.",
        advice=f"Write the old name into its [[follow_up]]: {names}",
    )
