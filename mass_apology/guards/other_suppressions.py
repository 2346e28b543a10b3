"""Guard against the wrong suppression list: people on the list of the last sending would get a letter."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from mass_apology.model import Finding, Severity
from mass_apology.quantities import counted

OTHER_LIST = "suppressions-other"


class ListFacts(Struct, frozen=True, kw_only=True):
    """The suppression list in use, and the one of the campaign's last sending."""

    path: str  # of the file in use, even if it does not exist
    entries: int
    before: str  # the file of the last sending; empty if no letter has left
    entries_before: int  # in that file now; if it is gone, at the last sending


def list_findings(facts: ListFacts) -> Iterator[Finding]:
    """A finding if the list in use is another one and shorter."""
    if facts.before and facts.before != facts.path and facts.entries < facts.entries_before:
        yield Finding(
            code=OTHER_LIST,
            severity=Severity.ERROR,
            where=facts.path,
            problem=f"This suppression list has {counted(facts.entries, 'entry')}; the one that was used "
            f"before, {facts.before}, has {facts.entries_before}.",
            advice="Run it as the user, and with the MASS_APOLOGY_STATE, of the run before; or bring the entries over: "
            "mass-apology suppress export, then import",
        )
