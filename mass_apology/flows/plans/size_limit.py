"""The largest letter of a plan beside the size that the relay states (RFC 1870): found before anything leaves."""

from __future__ import annotations

from collections.abc import Collection

from mass_apology.flows.plans.steps import Check
from mass_apology.guards import apply_overrides
from mass_apology.model import Extensions, Finding, Severity

CODE = "letter-too-large"


def size_findings(check: Check, extensions: Extensions, overridden: Collection[str] = ()) -> list[Finding]:
    """What to say where the relay does not take the largest letter; nothing where no letter was looked at."""
    if check.size is None or not extensions.size:
        return []
    octets = check.size.largest if extensions.eightbitmime else check.size.encoded
    if octets <= extensions.size:
        return []
    finding = Finding(
        code=CODE,
        severity=Severity.ERROR,
        where=f"{check.recipients}, line {check.size.largest_line}",
        problem=f"The letter has {octets:,} octets, and the relay takes {extensions.size:,} at the most.",
        advice="Make attachments and pictures smaller, shorten the letter, or ask whoever runs the relay for more",
    )
    return apply_overrides([finding], overridden)
