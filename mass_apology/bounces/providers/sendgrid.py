"""SendGrid: "Event Webhook" in its documentation."""

from __future__ import annotations

from mass_apology.bounces.bounce_report import Affected, Cause, Kind, Report
from mass_apology.bounces.diagnosis import judge
from mass_apology.bounces.providers.provider_event import Event, Provider, affected, event_report, failure, text


def _recognises(event: Event) -> bool:
    return "event" in event and "email" in event


def _report(event: Event) -> Report:
    return event_report(
        _recipients(event), text(event, "smtp-id"), text(event, "sg_message_id"), event.get("timestamp")
    )


def _recipients(event: Event) -> list[Affected]:
    address, reason, status = text(event, "email"), text(event, "reason"), text(event, "status")
    match text(event, "event"):
        case "bounce":
            cause, status = judge(status, reason)
            if text(event, "type") == "blocked" and cause is Cause.DEAD:
                cause = Cause.BLOCKED
            return [failure(address, cause, status, reason)]
        case "dropped":  # SendGrid kept it back, by its own lists
            return [failure(address, Cause.BLOCKED, status, reason)]
        case "deferred":
            return [affected(Kind.DELAY, address, text(event, "response") or reason, status)]
        case "delivered":
            return [affected(Kind.SUCCESS, address, text(event, "response"))]
        case "spamreport":
            return [affected(Kind.COMPLAINT, address, "spamreport")]
        case _:
            return []


SENDGRID = Provider(name="SendGrid", recognises=_recognises, report=_report)
