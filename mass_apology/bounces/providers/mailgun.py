"""Mailgun: "Webhooks" (``event-data``) in its documentation."""

from __future__ import annotations

from mass_apology.bounces.bounce_report import Affected, Cause, Kind, Report
from mass_apology.bounces.diagnosis import judge
from mass_apology.bounces.providers.provider_event import (
    Event,
    Provider,
    affected,
    event_report,
    failure,
    json_object,
    text,
)


def _recognises(event: Event) -> bool:
    return isinstance(event.get("event-data"), dict)


def _report(envelope: Event) -> Report:
    event = json_object(envelope, "event-data")
    headers = json_object(json_object(event, "message"), "headers")
    return event_report(_recipients(event), text(headers, "message-id"), text(event, "id"), event.get("timestamp"))


def _recipients(event: Event) -> list[Affected]:
    address, status = text(event, "recipient"), json_object(event, "delivery-status")
    diagnostic = " ".join(filter(None, (text(status, "code"), text(status, "message") or text(status, "description"))))
    match text(event, "event"), text(event, "severity"):
        case "failed", "temporary":
            return [affected(Kind.DELAY, address, diagnostic)]
        case "failed", _:
            cause, code = judge(text(status, "enhanced-code"), diagnostic)
            if text(event, "reason").startswith("suppress"):  # Mailgun kept it back, by its own lists
                cause = Cause.BLOCKED
            return [failure(address, cause, code, diagnostic, text(status, "mx-host"))]
        case "rejected", _:
            return [failure(address, Cause.BLOCKED, "", text(json_object(event, "reject"), "reason"))]
        case "complained", _:
            return [affected(Kind.COMPLAINT, address, "complained")]
        case "delivered", _:
            return [affected(Kind.SUCCESS, address, diagnostic)]
        case _:
            return []


MAILGUN = Provider(name="Mailgun", recognises=_recognises, report=_report)
