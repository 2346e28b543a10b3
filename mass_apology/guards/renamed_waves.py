"""Guard against a follow-up that went under another name: to its people it would be a new wave, and go again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from mass_apology.model import Finding, Severity
from mass_apology.quantities import counted

RENAMED = "wave-renamed"


class WaveFacts(Struct, frozen=True, kw_only=True):
    """A follow-up, and those of which campaign.toml says nothing any more."""

    name: str
    letters: int  # of it, that have left, may have, or are due
    unnamed: Mapping[str, int]  # follow-ups with letters that campaign.toml does not name → how many


def wave_findings(facts: WaveFacts) -> Iterator[Finding]:
    """What has to be said: it is new, and an earlier one has no name any more."""
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
