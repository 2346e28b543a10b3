"""Entries as tests need them."""

from __future__ import annotations

from mass_apology.suppression import Entry, Reason, Scope

NOON = 1_795_176_000.0  # 2026-11-20T12:00Z
DAY = 86_400.0


def entry(
    address: str = "anna@acme.example",
    reason: Reason = Reason.COMPLAINT,
    *,
    at: float = NOON,
    scope: Scope | None = None,
    source: str = "acme-outage",
    note: str = "",
) -> Entry:
    return Entry.of(address, reason, at=at, source=source, scope=scope, note=note)
