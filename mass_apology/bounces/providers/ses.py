"""Amazon SES: "notification contents" and "event publishing" in its developer guide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from mass_apology.bounces.bounce_report import Affected, Cause, Kind, Report
from mass_apology.bounces.diagnosis import judge
from mass_apology.bounces.providers.provider_event import (
    Event,
    Provider,
    affected,
    event_report,
    failure,
    json_object,
    json_objects,
    strings,
    text,
)


def _recognises(event: Event) -> bool:
    return "mail" in event and ("notificationType" in event or "eventType" in event)


def _report(event: Event) -> Report:
    kind = text(event, "notificationType") or text(event, "eventType")
    mail = json_object(event, "mail")
    recipients = tuple(_RECIPIENTS.get(kind, _none)(event))
    headers = {text(one, "name").lower(): text(one, "value") for one in json_objects(mail, "headers")}
    message_id = headers.get("message-id") or text(json_object(mail, "commonHeaders"), "messageId")
    return event_report(recipients, message_id, relay_id=text(mail, "messageId"), at=text(mail, "timestamp"))


def _none(event: Event) -> Iterator[Affected]:
    return iter(())


def _bounced(event: Event) -> Iterator[Affected]:
    bounce = json_object(event, "bounce")
    kind, subtype = text(bounce, "bounceType"), text(bounce, "bounceSubType")
    for one in json_objects(bounce, "bouncedRecipients"):
        diagnostic, status = text(one, "diagnosticCode"), text(one, "status")
        cause, status = judge(status, diagnostic.partition(";")[2].strip() or diagnostic)
        if subtype in _CAUSES:
            cause = _CAUSES[subtype]
        elif kind != "Permanent" and cause is Cause.DEAD:
            cause = Cause.GIVEN_UP
        yield failure(text(one, "emailAddress"), cause, status, diagnostic or f"{kind} {subtype}")


def _complained(event: Event) -> Iterator[Affected]:
    complaint = json_object(event, "complaint")
    feedback = text(complaint, "complaintFeedbackType") or "abuse"
    if feedback == "not-spam":
        return
    for one in json_objects(complaint, "complainedRecipients"):
        yield affected(Kind.COMPLAINT, text(one, "emailAddress"), feedback)


def _delivered(event: Event) -> Iterator[Affected]:
    delivery = json_object(event, "delivery")
    for address in strings(delivery, "recipients"):
        yield affected(Kind.SUCCESS, address, text(delivery, "smtpResponse"))


def _delayed(event: Event) -> Iterator[Affected]:
    for one in json_objects(json_object(event, "deliveryDelay"), "delayedRecipients"):
        yield affected(Kind.DELAY, text(one, "emailAddress"), text(one, "diagnosticCode"), text(one, "status"))


_RECIPIENTS: Mapping[str, Callable[[Event], Iterator[Affected]]] = {
    "Bounce": _bounced,
    "Complaint": _complained,
    "Delivery": _delivered,
    "DeliveryDelay": _delayed,
}
_CAUSES = {
    "NoEmail": Cause.DEAD,
    "MailboxFull": Cause.FULL,
    "MessageTooLarge": Cause.BLOCKED,
    "ContentRejected": Cause.BLOCKED,
    "AttachmentRejected": Cause.BLOCKED,
    # SES itself kept the letter back. The list knows complaints, too, so that is no word about the mailbox.
    "Suppressed": Cause.BLOCKED,
    "OnAccountSuppressionList": Cause.BLOCKED,
}

SES = Provider(name="SES (also through SNS)", recognises=_recognises, report=_report)
