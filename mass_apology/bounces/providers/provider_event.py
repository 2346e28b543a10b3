"""A provider of events, and the steps that all providers share: reading JSON fields, making reports.

Providers' JSON is read with mercy: a field that is missing or has another type counts as empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from mass_apology.bounces.bounce_report import Affected, Cause, Clues, Kind, Report, gravest, one_line

Event = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One provider's events. ``events`` asks each provider in turn and reads the event with the first that fits."""

    name: str  # as it stands in sentences: "SES (also through SNS)"
    recognises: Callable[[Event], bool]  # by the shape of the event alone
    report: Callable[[Event], Report]  # of an event that is recognised; UNREAD for "open", "click" and the like


def text(event: Event, key: str) -> str:
    """The string or number at ``key``, as text."""
    value = event.get(key)
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def json_object(event: Event, key: str) -> Event:
    """The object at ``key``."""
    value = event.get(key)
    return value if isinstance(value, dict) else {}


def json_objects(event: Event, key: str) -> Iterator[Event]:
    """The objects in the array at ``key``."""
    value = event.get(key)
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def strings(event: Event, key: str) -> Iterator[str]:
    """The strings in the array at ``key``."""
    value = event.get(key)
    return (one for one in value if isinstance(one, str)) if isinstance(value, list) else iter(())


def failure(address: str, cause: Cause, status: str, diagnostic: str, remote: str = "") -> Affected:
    """A recipient whose letter was not delivered."""
    return affected(Kind.FAILURE, address, diagnostic, status, cause=cause, remote=remote)


def affected(
    kind: Kind, address: str, diagnostic: str, status: str = "", *, cause: Cause | None = None, remote: str = ""
) -> Affected:
    """A recipient named by an event; long texts are shortened."""
    return Affected(
        kind=kind,
        address=address,
        final=address,
        cause=cause,
        status=status,
        diagnostic=one_line(diagnostic, 500),
        remote=one_line(remote, 255),
    )


def event_report(recipients: Sequence[Affected], message_id: str, relay_id: str = "", at: object = None) -> Report:
    """The report of an event. ``at`` is a time in seconds or in ISO 8601, as the provider wrote it."""
    message_id = message_id.strip()
    if message_id and not message_id.startswith("<"):  # Mailgun's and some of SendGrid's are bare
        message_id = f"<{message_id}>"
    return Report(
        kind=gravest(tuple(recipients)) if recipients else Kind.UNREAD,
        affected=tuple(recipients),
        clues=Clues(message_ids=(message_id,) if message_id else (), relay_id=relay_id),
        at=_seconds(at),
    )


def _seconds(value: object) -> float | None:
    if isinstance(value, int | float):
        return float(value) if isfinite(value) else None
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except (OverflowError, ValueError):
        return None
