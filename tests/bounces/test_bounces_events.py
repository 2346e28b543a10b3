"""Events of relays, shaped as their documentation shows them, become the same reports as mail does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mass_apology.bounces.bounce_report import (
    Affected,
    Cause,
    Kind,
    Report,
)
from mass_apology.bounces.events import read_events
from mass_apology.bounces.providers import PROVIDERS
from mass_apology.errors import InputError

OURS = "<k3xq@acme.example>"
TO = "zofia@customer.example"
USER_UNKNOWN = "550 5.1.1 user unknown"


def reports_in(data: bytes, where: str) -> tuple[Report, ...]:
    return tuple(event.report for event in read_events(data, where))


def the_report(event: object) -> Report:
    (report,) = reports_in(json.dumps(event).encode(), "events.json")
    return report


def the_recipient(event: object) -> Affected:
    (affected,) = the_report(event).affected
    return affected


def ses(kind: str, **parts: object) -> dict[str, Any]:
    mail = {
        "timestamp": "2026-11-20T10:00:00.000Z",
        "messageId": "0102018f-000000",
        "destination": [TO],
        "headers": [{"name": "From", "value": "anna@acme.example"}, {"name": "Message-ID", "value": OURS}],
        "commonHeaders": {"messageId": "0102018f-000000", "to": [TO]},
    }
    return {"notificationType": kind, "mail": mail, **parts}


def ses_bounce(kind: str, detail: str, said: str = f"smtp; {USER_UNKNOWN}", status: str = "5.1.1") -> dict[str, Any]:
    recipient = {"emailAddress": TO, "action": "failed", "status": status, "diagnosticCode": said}
    return ses("Bounce", bounce={"bounceType": kind, "bounceSubType": detail, "bouncedRecipients": [recipient]})


def mailgun(event: str, **more: object) -> dict[str, Any]:
    headers = {"message-id": OURS.strip("<>"), "to": TO}
    data = {"event": event, "id": "g-1", "timestamp": 1795168805.5, "recipient": TO, "message": {"headers": headers}}
    return {"signature": {"token": "t"}, "event-data": data | more}


def postmark(kind: str, type_: str = "", said: str = "smtp;550 5.1.1 user unknown") -> dict[str, Any]:
    return {
        "RecordType": kind,
        "Type": type_,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Email": TO,
        "Details": said,
        "BouncedAt": "2026-11-20T10:00:05Z",
        "Content": f"Return-Path: <>\r\nTo: {TO}\r\nMessage-ID: {OURS}\r\n\r\nDear customer",
    }


def sendgrid(event: str, **more: object) -> dict[str, Any]:
    return {
        "email": TO,
        "event": event,
        "smtp-id": OURS,
        "sg_message_id": "sg1.filter1",
        "timestamp": 1795168805,
    } | more


FAILURES = [
    (ses_bounce("Permanent", "General"), Cause.DEAD),
    (ses_bounce("Permanent", "NoEmail", said=""), Cause.DEAD),
    (ses_bounce("Permanent", "Suppressed"), Cause.BLOCKED),
    (ses_bounce("Permanent", "OnAccountSuppressionList"), Cause.BLOCKED),
    (ses_bounce("Permanent", "General", said="smtp; 550 5.7.1 spam", status="5.7.1"), Cause.BLOCKED),
    (ses_bounce("Transient", "MailboxFull", status="5.2.2"), Cause.FULL),
    (ses_bounce("Transient", "General"), Cause.GIVEN_UP),
    (ses_bounce("Undetermined", "Undetermined", said="", status=""), Cause.UNKNOWN),
    (sendgrid("bounce", type="bounce", status="5.1.1", reason=USER_UNKNOWN), Cause.DEAD),
    (sendgrid("bounce", type="blocked", status="5.1.1", reason=USER_UNKNOWN), Cause.BLOCKED),
    (sendgrid("dropped", reason="Bounced Address", status="5.0.0"), Cause.BLOCKED),
    (
        mailgun("failed", severity="permanent", **{"delivery-status": {"code": 550, "message": USER_UNKNOWN}}),
        Cause.DEAD,
    ),
    (mailgun("failed", severity="permanent", reason="suppress-bounce"), Cause.BLOCKED),
    (mailgun("rejected", reject={"reason": "Sandbox subdomains"}), Cause.BLOCKED),
    (postmark("Bounce", "HardBounce"), Cause.DEAD),
    (postmark("Bounce", "SoftBounce", "smtp;552 5.2.2 mailbox full"), Cause.FULL),
    (postmark("Bounce", "DnsError"), Cause.UNKNOWN),
    (postmark("Bounce", "SpamNotification", "spam"), Cause.BLOCKED),
]
OTHERS = [
    (ses("Complaint", complaint={"complainedRecipients": [{"emailAddress": TO}]}), Kind.COMPLAINT),
    (ses("Delivery", delivery={"recipients": [TO], "smtpResponse": "250 ok"}), Kind.SUCCESS),
    (ses("DeliveryDelay", deliveryDelay={"delayedRecipients": [{"emailAddress": TO}]}), Kind.DELAY),
    (sendgrid("deferred", response="451 try later"), Kind.DELAY),
    (sendgrid("delivered", response="250 ok"), Kind.SUCCESS),
    (sendgrid("spamreport"), Kind.COMPLAINT),
    (mailgun("failed", severity="temporary"), Kind.DELAY),
    (mailgun("complained"), Kind.COMPLAINT),
    (mailgun("delivered"), Kind.SUCCESS),
    (postmark("SpamComplaint"), Kind.COMPLAINT),
    (postmark("Delivery"), Kind.SUCCESS),
    (postmark("Bounce", "Transient"), Kind.DELAY),
    (postmark("Bounce", "AutoResponder"), Kind.AUTO_REPLY),
    (postmark("Bounce", "SpamComplaint"), Kind.COMPLAINT),
]
NO_REPORTS = [
    *(sendgrid("open"), mailgun("opened"), postmark("Open"), postmark("Bounce", "Unsubscribe"), ses("Open")),
    ses("Complaint", complaint={"complaintFeedbackType": "not-spam", "complainedRecipients": [{"emailAddress": TO}]}),
    {"Type": "SubscriptionConfirmation", "TopicArn": "arn:aws:sns:x", "Message": "You have chosen", "Token": "t"},
    *({}, [], "text", 7, None, {"mail": 1, "notificationType": "Bounce"}, {"event-data": {}}, {"RecordType": 1}),
]


@pytest.mark.parametrize(("event", "cause"), FAILURES)
def test_a_failure_has_its_cause(event: object, cause: Cause) -> None:
    recipient = the_recipient(event)
    assert (recipient.kind, recipient.cause, recipient.address) == (Kind.FAILURE, cause, TO)


@pytest.mark.parametrize(("event", "kind"), OTHERS)
def test_events_besides_failures_have_their_kind(event: object, kind: Kind) -> None:
    recipient = the_recipient(event)
    assert (recipient.kind, recipient.cause, recipient.address) == (kind, None, TO)
    assert the_report(event).kind is kind


@pytest.mark.parametrize("event", NO_REPORTS)
def test_a_message_without_a_report_is_unread(event: object) -> None:
    reports = reports_in(json.dumps([event]).encode(), "events.json")
    assert all(report == Report(kind=Kind.UNREAD, clues=report.clues, at=report.at) for report in reports)


@pytest.mark.parametrize("event", [event for event, _ in FAILURES + OTHERS])
def test_an_event_is_matched_by_our_message_id(event: object) -> None:
    clues = the_report(event).clues
    assert clues.message_ids == (OURS,)
    assert clues.relay_id


@pytest.mark.parametrize("event", [event for event, _ in FAILURES + OTHERS])
def test_exactly_one_provider_recognises_an_event(event: dict[str, Any]) -> None:
    assert sum(provider.recognises(event) for provider in PROVIDERS) == 1


def test_every_provider_is_tried_here_and_named_in_the_next_step() -> None:
    tried = [next(each for each in PROVIDERS if each.recognises(event)) for event, _ in FAILURES + OTHERS]
    assert set(tried) == set(PROVIDERS)
    with pytest.raises(InputError) as caught:
        read_events(b"{", "events.json")
    assert "SES (also through SNS), SendGrid, Mailgun or Postmark." in caught.value.next_step


def test_moments_are_unix_seconds() -> None:
    assert the_report(ses("Open")).at == 1795168800.0
    assert the_report(mailgun("opened")).at == 1795168805.5
    assert the_report(postmark("Bounce", "HardBounce")).at == 1795168805.0


def test_sns_and_eventbridge_wrap_the_same_event() -> None:
    bare = ses_bounce("Permanent", "General")
    wrapped = {"Type": "Notification", "TopicArn": "arn:aws:sns:x", "Message": json.dumps(bare)}
    assert the_report(wrapped) == the_report({"detail-type": "Email Bounced", "detail": bare}) == the_report(bare)
    published = {key: value for key, value in bare.items() if key != "notificationType"} | {"eventType": "Bounce"}
    assert the_report(published) == the_report(bare)


def test_an_array_and_lines_are_the_same() -> None:
    events = [event for event, _ in FAILURES]
    array = reports_in(json.dumps(events).encode(), "e")
    lines = reports_in("\r\n".join(map(json.dumps, events)).encode() + b"\n\n", "e")
    assert array == lines
    assert len(array) == len(FAILURES)
    assert reports_in(b"\xef\xbb\xbf" + json.dumps(events).encode(), "e") == array
    assert reports_in(b"  \n", "e") == ()


@pytest.mark.parametrize("data", [b"{", b"not json\nnor this\n", b"\xff\xfe", b"[" * 100_000])
def test_invalid_json_is_refused_with_its_place(data: bytes) -> None:
    with pytest.raises(InputError, match=r"events\.json, line \d+, is not JSON") as caught:
        read_events(data, "events.json")
    assert "SES" in caught.value.next_step


def test_a_broken_line_is_unread_and_the_others_are_read() -> None:
    good = json.dumps(ses_bounce("Permanent", "General"))
    reports = reports_in(f"{good}\n{good[:-20]}\n{good}".encode(), "e")
    assert [report.kind for report in reports] == [Kind.FAILURE, Kind.FAILURE, Kind.UNREAD]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timestamp", "1" * 400),
        ("timestamp", "1" * 5000),
        ("timestamp", "1e999"),
        ("timestamp", "NaN"),
        ("timestamp", "[1, 2]"),
        ("reason", r'"\ud800"'),
        ("reason", "7"),
        ("smtp-id", r'"<\udfff@acme.example>"'),
        (r"\ud83d", "1"),
    ],
)
def test_what_no_database_takes_ends_where_it_is_read(field: str, value: str) -> None:
    event = f'{{"event": "bounce", "email": "{TO}", "{field}": {value}}}'
    (read,) = read_events(event.encode(), "e")
    assert (read.report.kind, read.report.affected[0].address) == (Kind.FAILURE, TO)
    assert read.report.at is None
    texts = (read.report.affected[0].diagnostic, *read.report.clues.message_ids)
    assert "".join(texts).encode().decode().isprintable() or "\ufffd" in "".join(texts)


@pytest.mark.parametrize("value", ["7", "[7, null]", "{}", '"x"'])
def test_recipients_of_another_shape_are_nobody(value: str) -> None:
    event = json.dumps(ses("Delivery", delivery={"recipients": "HERE"})).replace('"HERE"', value)
    assert reports_in(event.encode(), "e")[0].affected == ()


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=True) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    event=st.sampled_from([event for event, _ in FAILURES + OTHERS]),
    value=json_values,
    at=st.integers(0, 40),
)
@example(event=next(each for each, _ in FAILURES if "sg_message_id" in each), value=False, at=0)
def test_events_with_a_part_of_another_shape_are_harmless(event: object, value: object, at: int) -> None:
    """Whatever stands in one place of an event, nothing raises and nobody else is reported."""
    paths = list(all_paths(event))
    changed = json.loads(json.dumps(event))
    *way, last = paths[at % len(paths)]
    place = changed
    for step in way:
        place = place[step]
    place[last] = value
    for report in reports_in(json.dumps([changed]).encode(), "events.json"):
        assert all(one.address == TO or not one.hard or one.address in texts_in(value) for one in report.affected)


def texts_in(value: object) -> str:
    """All texts and numbers in a value, one after the other."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return str(value) if inner is None else " ".join(map(texts_in, inner))


def all_paths(value: object, way: tuple[Any, ...] = ()) -> Any:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*way, key)
        yield from all_paths(child, (*way, key))
