"""Guard against a suppression list that is not the one used before: who was put on that one would be written to."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from mass_apology.model import Finding, Severity
from mass_apology.quantities import counted

OTHER_LIST = "suppressions-other"


class ListFacts(Struct, frozen=True, kw_only=True):
    """The list that is used now, and the one that was used when letters of the campaign left last."""

    path: str  # of the file that is used now, whether there is one or not
    entries: int
    before: str  # the file that was used then; empty where nothing has left
    entries_before: int  # in that file now, or, where it is gone, when it was used


def list_findings(facts: ListFacts) -> Iterator[Finding]:
    """What has to be said: another list, and a shorter one."""
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
