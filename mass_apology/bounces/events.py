"""Event JSON of relays → reports: Amazon SES, SendGrid, Mailgun and Postmark.

The shapes are those of the providers' own pages: SES "notification contents" and "event publishing", SendGrid "Event
Webhook", Mailgun "Webhooks" (event-data), Postmark "Webhooks" (RecordType). Whether an event is really
the provider's is for whoever receives it to verify; here it is a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from mass_apology.bounces.bounce_report import (
    Affected,
    Cause,
    Clues,
    Kind,
    Report,
    gravest,
    one_line,
)
from mass_apology.bounces.diagnosis import judge
from mass_apology.errors import InputError

Event = Mapping[str, Any]

_NEXT = "Save the events as the relay posts them: SES (also through SNS), SendGrid, Mailgun or Postmark."
_OWN_ID = re.compile(r"^message-id:\s{0,3}(<[^<>\s]{3,500}>)", re.IGNORECASE | re.MULTILINE)
_DEPTH = 4  # an EventBridge envelope around an SNS message around an SES event


def read_events(data: bytes, where: str) -> tuple[tuple[str, Report], ...]:
    """The reports in one file of events: a JSON value, an array of them, or one on each line (UTF-8).

    Each comes with its key, the SHA-256 of the event's values: the same event is known again in a file that has grown.
    ``where`` names the file in errors. An event that is no report, such as "open" or another provider's, is UNREAD.

    Raises:
        InputError: it is not JSON.
    """
    return tuple((_key(event), report) for event in _events(data, where) for report in _read(event, _DEPTH))


def _key(event: object) -> str:
    return sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()


def _events(data: bytes, where: str) -> Iterator[object]:
    text = data.decode("utf-8-sig", "replace").strip()
    try:
        value = json.loads(text) if text else []
    except (ValueError, RecursionError):
        yield from _lines(text, where)
        return
    yield from value if isinstance(value, list) else [value]


def _lines(text: str, where: str) -> Iterator[object]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{where}, line {number}, is not JSON: {str(error)[:100]}.", next_step=_NEXT) from error
        yield from value if isinstance(value, list) else [value]


def _read(event: object, depth: int) -> Iterator[Report]:
    if not isinstance(event, dict) or not depth:
        yield Report(kind=Kind.UNREAD)
    elif isinstance(event.get("Message"), str) and "TopicArn" in event:  # SNS (also where SQS or Lambda carry it)
        yield from _read(_parsed(event["Message"]), depth - 1)
    elif isinstance(event.get("detail"), dict):  # EventBridge
        yield from _read(event["detail"], depth - 1)
    elif "mail" in event and ("notificationType" in event or "eventType" in event):
        yield _of_ses(event)
    elif isinstance(event.get("event-data"), dict):
        yield _of_mailgun(event["event-data"])
    elif "RecordType" in event:
        yield _of_postmark(event)
    elif "event" in event and "email" in event:
        yield _of_sendgrid(event)
    else:
        yield Report(kind=Kind.UNREAD)


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _of_ses(event: Event) -> Report:
    kind = _text(event, "notificationType") or _text(event, "eventType")
    mail = _object(event, "mail")
    affected = tuple(_SES.get(kind, _nobody)(event))
    headers = {_text(one, "name").lower(): _text(one, "value") for one in _objects(mail, "headers")}
    own = headers.get("message-id") or _text(_object(mail, "commonHeaders"), "messageId")
    return _report(affected, own, relay_id=_text(mail, "messageId"), at=_text(mail, "timestamp"))


def _nobody(event: Event) -> Iterator[Affected]:
    return iter(())


def _ses_bounce(event: Event) -> Iterator[Affected]:
    bounce = _object(event, "bounce")
    kind, detail = _text(bounce, "bounceType"), _text(bounce, "bounceSubType")
    for one in _objects(bounce, "bouncedRecipients"):
        said, status = _text(one, "diagnosticCode"), _text(one, "status")
        cause, status = judge(status, said.partition(";")[2].strip() or said)
        if detail in _SES_CAUSES:
            cause = _SES_CAUSES[detail]
        elif kind != "Permanent" and cause is Cause.DEAD:
            cause = Cause.GIVEN_UP
        yield _failure(_text(one, "emailAddress"), cause, status, said or f"{kind} {detail}")


def _ses_complaint(event: Event) -> Iterator[Affected]:
    complaint = _object(event, "complaint")
    said = _text(complaint, "complaintFeedbackType") or "abuse"
    if said == "not-spam":
        return
    for one in _objects(complaint, "complainedRecipients"):
        yield _affected(Kind.COMPLAINT, _text(one, "emailAddress"), said)


def _ses_delivery(event: Event) -> Iterator[Affected]:
    delivery = _object(event, "delivery")
    for address in delivery.get("recipients") or ():
        yield _affected(Kind.SUCCESS, str(address), _text(delivery, "smtpResponse"))


def _ses_delay(event: Event) -> Iterator[Affected]:
    for one in _objects(_object(event, "deliveryDelay"), "delayedRecipients"):
        yield _affected(Kind.DELAY, _text(one, "emailAddress"), _text(one, "diagnosticCode"), _text(one, "status"))


_SES: Mapping[str, Callable[[Event], Iterator[Affected]]] = {
    "Bounce": _ses_bounce,
    "Complaint": _ses_complaint,
    "Delivery": _ses_delivery,
    "DeliveryDelay": _ses_delay,
}
_SES_CAUSES = {
    "NoEmail": Cause.DEAD,
    "MailboxFull": Cause.FULL,
    "MessageTooLarge": Cause.BLOCKED,
    "ContentRejected": Cause.BLOCKED,
    "AttachmentRejected": Cause.BLOCKED,
    # SES itself kept the letter back. The list knows complaints, too, so that is no word about the mailbox.
    "Suppressed": Cause.BLOCKED,
    "OnAccountSuppressionList": Cause.BLOCKED,
}


def _of_sendgrid(event: Event) -> Report:
    address, said, status = _text(event, "email"), _text(event, "reason"), _text(event, "status")
    match _text(event, "event"):
        case "bounce":
            cause, status = judge(status, said)
            if _text(event, "type") == "blocked" and cause is Cause.DEAD:
                cause = Cause.BLOCKED
            affected = [_failure(address, cause, status, said)]
        case "dropped":  # SendGrid kept it back, by its own lists
            affected = [_failure(address, Cause.BLOCKED, status, said)]
        case "deferred":
            affected = [_affected(Kind.DELAY, address, _text(event, "response") or said, status)]
        case "delivered":
            affected = [_affected(Kind.SUCCESS, address, _text(event, "response"))]
        case "spamreport":
            affected = [_affected(Kind.COMPLAINT, address, "spamreport")]
        case _:
            affected = []
    return _report(affected, _text(event, "smtp-id"), _text(event, "sg_message_id"), event.get("timestamp"))


def _of_mailgun(event: Event) -> Report:
    address, status = _text(event, "recipient"), _object(event, "delivery-status")
    said = " ".join(filter(None, (_text(status, "code"), _text(status, "message") or _text(status, "description"))))
    match _text(event, "event"), _text(event, "severity"):
        case "failed", "temporary":
            affected = [_affected(Kind.DELAY, address, said)]
        case "failed", _:
            cause, code = judge(_text(status, "enhanced-code"), said)
            if _text(event, "reason").startswith("suppress"):  # Mailgun kept it back, by its own lists
                cause = Cause.BLOCKED
            affected = [_failure(address, cause, code, said, _text(status, "mx-host"))]
        case "rejected", _:
            affected = [_failure(address, Cause.BLOCKED, "", _text(_object(event, "reject"), "reason"))]
        case "complained", _:
            affected = [_affected(Kind.COMPLAINT, address, "complained")]
        case "delivered", _:
            affected = [_affected(Kind.SUCCESS, address, said)]
        case _:
            affected = []
    headers = _object(_object(event, "message"), "headers")
    return _report(affected, _text(headers, "message-id"), _text(event, "id"), event.get("timestamp"))


def _of_postmark(event: Event) -> Report:
    address, kind = _text(event, "Email") or _text(event, "Recipient"), _text(event, "Type")
    said = _text(event, "Details") or _text(event, "Description")
    match _text(event, "RecordType"):
        case "Bounce":
            affected = list(_postmark_bounce(address, kind, said))
        case "SpamComplaint":
            affected = [_affected(Kind.COMPLAINT, address, said)]
        case "Delivery":
            affected = [_affected(Kind.SUCCESS, address, said)]
        case _:
            affected = []
    moment = _text(event, "BouncedAt") or _text(event, "DeliveredAt")
    # With "include bounce content" the returned letter comes along; with the header X-PM-KeepID it has our Message-ID.
    own = _OWN_ID.search(_text(event, "Content")[:100_000])
    return _report(affected, own[1] if own else "", _text(event, "MessageID"), moment)


def _postmark_bounce(address: str, kind: str, said: str) -> Iterator[Affected]:
    if kind == "AutoResponder":
        yield _affected(Kind.AUTO_REPLY, address, said)
    elif kind in {"SpamComplaint", "SpamNotification"}:
        is_complaint = kind == "SpamComplaint"
        yield _affected(Kind.COMPLAINT, address, said) if is_complaint else _failure(address, Cause.BLOCKED, "", said)
    elif kind == "Transient":
        yield _affected(Kind.DELAY, address, said)
    elif kind not in _POSTMARK_OTHERS:
        cause, status = judge("", said)
        if kind not in {"HardBounce", "BadEmailAddress"} and cause is Cause.DEAD:
            cause = Cause.UNKNOWN
        yield _failure(address, cause, status, said)


_POSTMARK_OTHERS = frozenset({"Subscribe", "Unsubscribe", "AddressChange", "ChallengeVerification", "OpenRelayTest"})


def _failure(address: str, cause: Cause, status: str, said: str, remote: str = "") -> Affected:
    return _affected(Kind.FAILURE, address, said, status, cause=cause, remote=remote)


def _affected(
    kind: Kind, address: str, said: str, status: str = "", *, cause: Cause | None = None, remote: str = ""
) -> Affected:
    return Affected(
        kind=kind,
        address=address,
        final=address,
        cause=cause,
        status=status,
        diagnostic=one_line(said, 500),
        remote=one_line(remote, 255),
    )


def _report(affected: Sequence[Affected], message_id: str, relay_id: str = "", at: object = None) -> Report:
    message_id = message_id.strip()
    if message_id and not message_id.startswith("<"):  # Mailgun's and some of SendGrid's are bare
        message_id = f"<{message_id}>"
    return Report(
        kind=gravest(tuple(affected)) if affected else Kind.UNREAD,
        affected=tuple(affected),
        clues=Clues(message_ids=(message_id,) if message_id else (), relay_id=relay_id),
        at=_moment(at),
    )


def _moment(value: object) -> float | None:
    if isinstance(value, int | float):
        return float(value)
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except (OverflowError, ValueError):
        return None


def _text(event: Event, key: str) -> str:
    value = event.get(key)
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _object(event: Event, key: str) -> Event:
    value = event.get(key)
    return value if isinstance(value, dict) else {}


def _objects(event: Event, key: str) -> Iterator[Event]:
    value = event.get(key)
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())
