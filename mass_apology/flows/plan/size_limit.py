"""Compares the largest letter with the size that the relay accepts (SIZE, RFC 1870), before anything is sent."""

from __future__ import annotations

from collections.abc import Collection

from mass_apology.guards import SEND, apply_overrides
from mass_apology.model import Extensions, Finding, LargestLetter, Severity

CODE = "letter-too-large"


def size_findings(
    largest: LargestLetter,
    recipients: str,
    extensions: Extensions,
    overridden: Collection[str] = (),
    *,
    command: str = SEND,
) -> list[Finding]:
    """A finding if the relay does not accept the largest letter.

    ``recipients``: the file of the letter's line. ``command``: the command that the advice names for an override.
    """
    octets = largest.octets if extensions.eightbitmime else largest.encoded
    if not extensions.size or octets <= extensions.size:
        return []
    finding = Finding(
        code=CODE,
        severity=Severity.ERROR,
        where=f"{recipients}, line {largest.line}",
        problem=f"The letter has {octets:,} octets, and the relay takes {extensions.size:,} at the most.",
        advice="Make attachments and pictures smaller, shorten the letter, or ask the relay's administrator for more",
    )
    return apply_overrides([finding], overridden, command)
