"""The largest letter beside the size that the relay states (RFC 1870): found before anything leaves."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mass_apology.errors import ConfirmationError
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
    """What to say where the relay does not take the largest letter; ``recipients`` is the file that its line is of.

    ``command`` goes on in spite of it.
    """
    octets = largest.octets if extensions.eightbitmime else largest.encoded
    if not extensions.size or octets <= extensions.size:
        return []
    finding = Finding(
        code=CODE,
        severity=Severity.ERROR,
        where=f"{recipients}, line {largest.line}",
        problem=f"The letter has {octets:,} octets, and the relay takes {extensions.size:,} at the most.",
        advice="Make attachments and pictures smaller, shorten the letter, or ask whoever runs the relay for more",
    )
    return apply_overrides([finding], overridden, command)


def require_taken(findings: Iterable[Finding]) -> None:
    """Raise ``ConfirmationError`` where the relay does not take the largest letter, and that is not overridden."""
    for finding in findings:
        if finding.severity is Severity.ERROR:
            raise ConfirmationError(
                f"{finding.where}: {finding.problem} Nothing was sent ({finding.code}).",
                next_step=f"{finding.advice}.",
            )
