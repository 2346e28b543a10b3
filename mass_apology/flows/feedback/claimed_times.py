"""The times that mail, events and logs claim of themselves, held to the life of the campaign."""

from __future__ import annotations

from msgspec import Struct

_CLOCKS_DIFFER = 86_400.0  # seconds; a time without a zone may be read as that of another one


class Lifetime(Struct, frozen=True, kw_only=True):
    """When something can have come back after a letter of one campaign. All times are Unix seconds."""

    first_planned_at: float | None  # None: no letter was ever planned
    now: float

    def claimed(self, at: float | None) -> float | None:
        """A time that something claims of itself, or ``None`` for one that it cannot have: then nothing is known."""
        if at is None or self.first_planned_at is None:
            return None
        return at if self.first_planned_at - _CLOCKS_DIFFER <= at <= self.now + _CLOCKS_DIFFER else None

    def chosen(self, at: float | None) -> float | None:
        """As ``claimed``, for something that later ones replace: what claims to be of the future could not be."""
        at = self.claimed(at)
        return at if at is not None and at <= self.now else None
