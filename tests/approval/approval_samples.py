"""A plan, its approvals and the campaign they belong to, as the approval tests need them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from mass_apology.approval import Approval
from mass_apology.relay_settings import RelaySettings
from mass_apology.settings import ApprovalSettings, Campaign, SenderSettings

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
HOUR = 3600.0
LETTERS = 4812
PARTS = {
    "the recipients file": "1f" * 32,
    "campaign.toml": "2e" * 32,
    "the template": "3d" * 32,
    "the program's version": "0.1.0",
}


def campaign(name: str = "acme-outage", *, required: int = 2, signers: str | None = None) -> Campaign:
    """A campaign that asks for so many approvals."""
    return Campaign(
        name=name,
        template="service-outage",
        recipients="affected.csv",
        sender=SenderSettings(from_="Anna Kowalska <anna@acme.example>"),
        relay=RelaySettings(url="smtp+plain://127.0.0.1:25"),
        approval=ApprovalSettings(required=required, signers=signers),
    )


def approval(
    by: str = "anna@x", *, at: float = NOON, parts: Mapping[str, str] = PARTS, letters: int = LETTERS
) -> Approval:
    """A named approval of the plan above."""
    return Approval(by=by, at=at, letters=letters, parts=parts)


def changed(*names: str) -> dict[str, str]:
    """The plan's parts after these of them have changed."""
    return {**PARTS, **dict.fromkeys(names, "ff" * 32)}
