"""Postmark: "Webhooks" (``RecordType``) in its documentation."""

from __future__ import annotations

import re

from mass_apology.bounces.bounce_report import Affected, Cause, Kind, Report
from mass_apology.bounces.diagnosis import judge
from mass_apology.bounces.providers.provider_event import Event, Provider, affected, event_report, failure, text

_MESSAGE_ID = re.compile(r"^message-id:\s{0,3}(<[^<>\s]{3,500}>)", re.IGNORECASE | re.MULTILINE)
_NO_BOUNCE = frozenset({"Subscribe", "Unsubscribe", "AddressChange", "ChallengeVerification", "OpenRelayTest"})


def _recognises(event: Event) -> bool:
    return "RecordType" in event


def _report(event: Event) -> Report:
    at = text(event, "BouncedAt") or text(event, "DeliveredAt")
    # With "include bounce content" the returned letter comes along; with the header X-PM-KeepID it has our Message-ID.
    found = _MESSAGE_ID.search(text(event, "Content")[:100_000])
    return event_report(_recipients(event), found[1] if found else "", text(event, "MessageID"), at)


def _recipients(event: Event) -> list[Affected]:
    address = text(event, "Email") or text(event, "Recipient")
    diagnostic = text(event, "Details") or text(event, "Description")
    match text(event, "RecordType"):
        case "Bounce":
            return _bounced(address, text(event, "Type"), diagnostic)
        case "SpamComplaint":
            return [affected(Kind.COMPLAINT, address, diagnostic)]
        case "Delivery":
            return [affected(Kind.SUCCESS, address, diagnostic)]
        case _:
            return []


def _bounced(address: str, kind: str, diagnostic: str) -> list[Affected]:
    match kind:
        case "AutoResponder":
            return [affected(Kind.AUTO_REPLY, address, diagnostic)]
        case "SpamComplaint":
            return [affected(Kind.COMPLAINT, address, diagnostic)]
        case "SpamNotification":
            return [failure(address, Cause.BLOCKED, "", diagnostic)]
        case "Transient":
            return [affected(Kind.DELAY, address, diagnostic)]
        case _ if kind in _NO_BOUNCE:
            return []
    cause, status = judge("", diagnostic)
    if kind not in {"HardBounce", "BadEmailAddress"} and cause is Cause.DEAD:
        cause = Cause.UNKNOWN
    return [failure(address, cause, status, diagnostic)]


POSTMARK = Provider(name="Postmark", recognises=_recognises, report=_report)
