"""Reading replies, and the table that judges them."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_smtp_providers import SAID

from mass_apology.model import NoReply, Outcome, Phase, Problem, Reply, Status
from mass_apology.smtp.replies import classify, parse_reply, printable
from mass_apology.smtp.reply_texts import topic
from mass_apology.smtp.reply_verdicts import RULES, About, Kind

ACCEPTED, DEFERRED, REFUSED, IN_DOUBT = Status.ACCEPTED, Status.DEFERRED, Status.REFUSED, Status.IN_DOUBT
GREETING, AUTH, MAIL, RCPT, DATA, DOT = Phase.GREETING, Phase.AUTH, Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.DOT

# Each row is met by at least one of these; the last test of the table sees to that.
JUDGED = [
    (DOT, "250 2.0.0 Ok: queued as 4XyZ", Kind.ACCEPTED, About.RECIPIENT, ACCEPTED),
    (DOT, "251 2.1.5 Will forward", Kind.ACCEPTED, About.RECIPIENT, ACCEPTED),
    (AUTH, "535 5.7.8 Error: authentication failed", Kind.CREDENTIALS, About.CAMPAIGN, DEFERRED),
    (AUTH, "550 5.7.30 Basic authentication is not supported", Kind.CREDENTIALS, About.CAMPAIGN, DEFERRED),
    (AUTH, "454 4.7.0 Temporary authentication failure", Kind.TEMPORARY, About.RELAY, DEFERRED),
    (MAIL, "421 Maximum message count per session reached", Kind.SESSION_CAP, About.CONNECTION, DEFERRED),
    (MAIL, "421 too many messages in this connection", Kind.SESSION_CAP, About.CONNECTION, DEFERRED),
    (MAIL, "432 4.3.2 Concurrent connections limit exceeded", Kind.CONCURRENCY, About.RELAY, DEFERRED),
    (GREETING, "421 4.7.0 host Error: too many connections from 192.0.2.1", Kind.CONCURRENCY, About.RELAY, DEFERRED),
    (DOT, "454 Throttling failure: Daily message quota exceeded.", Kind.QUOTA, About.CAMPAIGN, DEFERRED),
    (DOT, "550 Daily quota exceeded", Kind.QUOTA, About.CAMPAIGN, DEFERRED),
    (DOT, "454 Throttling failure: Maximum sending rate exceeded.", Kind.THROTTLE, About.RELAY, DEFERRED),
    (DOT, "550 5.4.5 Daily user sending limit exceeded.", Kind.QUOTA, About.CAMPAIGN, DEFERRED),
    (RCPT, "550 5.7.1 Daily SMTP relay limit exceeded for customer.", Kind.QUOTA, About.CAMPAIGN, DEFERRED),
    (RCPT, "450 4.2.1 Peak SMTP relay limit exceeded for customer", Kind.THROTTLE, About.RELAY, DEFERRED),
    (
        RCPT,
        "450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents",
        Kind.RECIPIENT_RATE,
        About.RECIPIENT,
        DEFERRED,
    ),
    (MAIL, "530 5.7.0 Must issue a STARTTLS command first", Kind.CREDENTIALS, About.CAMPAIGN, DEFERRED),
    (MAIL, "530 5.7.57 Client not authenticated to send mail", Kind.CREDENTIALS, About.CAMPAIGN, DEFERRED),
    (MAIL, "550 5.7.57 Client was not authenticated", Kind.CREDENTIALS, About.CAMPAIGN, DEFERRED),
    (RCPT, "554 5.7.1 <a@example.org>: Relay access denied", Kind.CREDENTIALS, About.CAMPAIGN, DEFERRED),
    (RCPT, "454 4.7.1 <a@example.org>: Relay access denied", Kind.CREDENTIALS, About.CAMPAIGN, DEFERRED),
    (RCPT, "550 5.7.54 SMTP; Unable to relay recipient", Kind.CREDENTIALS, About.CAMPAIGN, DEFERRED),
    (DOT, "550 5.7.25 The IP address has no PTR record", Kind.SENDER_AUTHENTICATION, About.CAMPAIGN, DEFERRED),
    (DOT, "550 5.7.26 Unauthenticated email is not accepted", Kind.SENDER_AUTHENTICATION, About.CAMPAIGN, DEFERRED),
    (DOT, "550 5.7.27 SPF did not pass", Kind.SENDER_AUTHENTICATION, About.CAMPAIGN, DEFERRED),
    (DOT, "550 5.7.29 ARC validation failure", Kind.SENDER_AUTHENTICATION, About.CAMPAIGN, DEFERRED),
    (DOT, "550 5.7.30 DKIM did not pass", Kind.SENDER_AUTHENTICATION, About.CAMPAIGN, DEFERRED),
    (DOT, "550 5.7.515 Access denied, sending domain", Kind.SENDER_AUTHENTICATION, About.CAMPAIGN, DEFERRED),
    (DOT, "421 4.7.26 This mail has been rate limited", Kind.SENDER_AUTHENTICATION, About.CAMPAIGN, DEFERRED),
    (RCPT, "553 5.7.1 <a@acme.example>: Sender address rejected", Kind.RELAY_REFUSAL, About.CAMPAIGN, DEFERRED),
    (RCPT, "550 5.1.8 <a@acme.example>: Domain not found", Kind.RELAY_REFUSAL, About.CAMPAIGN, DEFERRED),
    (DOT, "554 Message rejected: Email address is not verified.", Kind.RELAY_REFUSAL, About.CAMPAIGN, DEFERRED),
    (GREETING, "554 5.3.2 No SMTP service here", Kind.RELAY_REFUSAL, About.RELAY, DEFERRED),
    (GREETING, "450 Later", Kind.TEMPORARY, About.RELAY, DEFERRED),
    (MAIL, "552 5.3.4 Message size exceeds fixed limit", Kind.CONTENT, About.CONTENT, REFUSED),
    (DOT, "552 Message size exceeds limit", Kind.CONTENT, About.CONTENT, REFUSED),
    (DOT, "552 5.7.0 This message was blocked because its content", Kind.CONTENT, About.CONTENT, REFUSED),
    (RCPT, "553 5.6.7 Address not ASCII", Kind.UNSUPPORTED_ADDRESS, About.RECIPIENT, REFUSED),
    (DOT, "554 5.6.0 Message contains invalid header", Kind.CONTENT, About.CONTENT, REFUSED),
    (RCPT, "452 4.2.2 Mailbox full", Kind.MAILBOX_FULL, About.RECIPIENT, DEFERRED),
    (DOT, "552 5.2.2 Over quota", Kind.MAILBOX_FULL, About.RECIPIENT, DEFERRED),
    (RCPT, "552 Mailbox is full", Kind.MAILBOX_FULL, About.RECIPIENT, DEFERRED),
    (MAIL, "503 5.5.1 Nested MAIL", Kind.PROTOCOL_ERROR, About.RELAY, DEFERRED),
    (MAIL, "550 5.1.1 No such user", Kind.RELAY_REFUSAL, About.CAMPAIGN, DEFERRED),
    (MAIL, "554 5.7.1 Not today", Kind.RELAY_REFUSAL, About.CAMPAIGN, DEFERRED),
    (RCPT, "550 5.1.1 No such user", Kind.BAD_ADDRESS, About.RECIPIENT, REFUSED),
    (RCPT, "550 5.1.2 Bad destination system", Kind.BAD_ADDRESS, About.RECIPIENT, REFUSED),
    (RCPT, "501 5.1.3 Bad address syntax", Kind.BAD_ADDRESS, About.RECIPIENT, REFUSED),
    (RCPT, "550 5.1.10 Null MX", Kind.BAD_ADDRESS, About.RECIPIENT, REFUSED),
    (RCPT, "550 5.2.1 Mailbox disabled", Kind.BAD_ADDRESS, About.RECIPIENT, REFUSED),
    (RCPT, "550 5.4.1 Recipient address rejected: Access denied", Kind.BAD_ADDRESS, About.RECIPIENT, REFUSED),
    (RCPT, "550 5.5.0 Requested action not taken: mailbox unavailable", Kind.BAD_ADDRESS, About.RECIPIENT, REFUSED),
    (RCPT, "550 No such user", Kind.BAD_ADDRESS, About.RECIPIENT, REFUSED),
    (DOT, "554 5.7.1 Message rejected as spam", Kind.POLICY, About.DESTINATION, REFUSED),
    (DOT, "552 Not today", Kind.MAILBOX_FULL, About.RECIPIENT, DEFERRED),
    (RCPT, "550 Banned by the recipient", Kind.POLICY, About.DESTINATION, REFUSED),
    (DOT, "550 5.7.1 There is something about your account", Kind.REPUTATION, About.CAMPAIGN, DEFERRED),
    (RCPT, "553 Not here", Kind.BAD_ADDRESS, About.RECIPIENT, REFUSED),
    (RCPT, "550 Not here", Kind.PERMANENT, About.RECIPIENT, REFUSED),
    (RCPT, "550 5.7.1 Blocked", Kind.POLICY, About.DESTINATION, REFUSED),
    (RCPT, "452 4.5.3 Too many recipients", Kind.TOO_MANY_RECIPIENTS, About.CONNECTION, DEFERRED),
    (MAIL, "452 4.5.3 Daily user sending quota exceeded", Kind.QUOTA, About.CAMPAIGN, DEFERRED),
    (MAIL, "452 4.5.3 Your daily sending limit was reached", Kind.QUOTA, About.CAMPAIGN, DEFERRED),
    (DATA, "503 5.5.1 RCPT first", Kind.PROTOCOL_ERROR, About.RELAY, DEFERRED),
    (DATA, "502 What", Kind.PROTOCOL_ERROR, About.RELAY, DEFERRED),
    (DOT, "554 Transaction failed", Kind.PERMANENT, About.RECIPIENT, REFUSED),
    (RCPT, "554 5.4.6 Routing loop", Kind.PERMANENT, About.RECIPIENT, REFUSED),
    (DATA, "554 5.7.1 Not today", Kind.RELAY_REFUSAL, About.CAMPAIGN, DEFERRED),
    (RCPT, "421 4.7.0 Try again later", Kind.THROTTLE, About.CONNECTION, DEFERRED),
    (DOT, "421 Service not available", Kind.THROTTLE, About.CONNECTION, DEFERRED),
    (MAIL, "450 4.3.2 System not accepting network messages", Kind.THROTTLE, About.CONNECTION, DEFERRED),
    (MAIL, "452 4.3.1 Insufficient system storage", Kind.SERVER_STORAGE, About.RELAY, DEFERRED),
    (MAIL, "452 Insufficient system storage", Kind.SERVER_STORAGE, About.RELAY, DEFERRED),
    (DOT, "451 4.4.1 No answer from host", Kind.THROTTLE, About.DESTINATION, DEFERRED),
    (RCPT, "450 Greylisted, come back", Kind.GREYLISTED, About.DESTINATION, DEFERRED),
    (RCPT, "451 4.7.1 Please try again later", Kind.GREYLISTED, About.DESTINATION, DEFERRED),
    (RCPT, "450 4.2.1 Mailbox temporarily disabled", Kind.TEMPORARY, About.RECIPIENT, DEFERRED),
    (DOT, "451 4.3.0 Queue file write error", Kind.TEMPORARY, About.RELAY, DEFERRED),
    (MAIL, "454 Later", Kind.TEMPORARY, About.RELAY, DEFERRED),
    (RCPT, "450 Later", Kind.TEMPORARY, About.DESTINATION, DEFERRED),
]


@pytest.mark.parametrize(("phase", "said", "kind", "about", "status"), JUDGED, ids=[row[1] for row in JUDGED])
def test_a_reply_is_classified(phase, said, kind, about, status) -> None:
    verdict = classify(Outcome(phase=phase, reply=parse_reply([said.encode()]), dot_written=phase is DOT))
    assert (verdict.kind, verdict.about, verdict.status) == (kind, about, status)
    assert verdict.sentence.endswith(".")


def test_every_row_of_the_table_is_met() -> None:
    met = set()
    for phase, said in [*((phase, said) for phase, said, *_ in JUDGED), *((phase, said) for *_, phase, said in SAID)]:
        reply = parse_reply([said.encode()])
        if not reply.positive:
            code, enhanced, speaks_of = str(reply.code), reply.enhanced or "", topic(reply.text)
            met.add(next(n for n, rule in enumerate(RULES) if rule.matches(phase, code, enhanced, speaks_of)))
    assert met == set(range(len(RULES)))


@pytest.mark.parametrize(
    ("no_reply", "kind", "status"),
    [
        (NoReply.CLOSED, Kind.CONNECTION_LOST, DEFERRED),
        (NoReply.SILENT, Kind.CONNECTION_LOST, DEFERRED),
        (NoReply.STALLED, Kind.CONNECTION_LOST, DEFERRED),
        (NoReply.NONSENSE, Kind.PROTOCOL_ERROR, DEFERRED),
        (NoReply.UNEXPECTED, Kind.PROTOCOL_ERROR, DEFERRED),
        (NoReply.UNASKED, Kind.PROTOCOL_ERROR, DEFERRED),
        (NoReply.INTERRUPTED, Kind.INTERRUPTED, DEFERRED),
        (NoReply.NEEDS_SMTPUTF8, Kind.UNSUPPORTED_ADDRESS, REFUSED),
        (NoReply.NEEDS_8BITMIME, Kind.LACKS_EXTENSION, DEFERRED),
        (NoReply.TOO_LARGE, Kind.CONTENT, REFUSED),
        (NoReply.UNSAFE_ADDRESS, Kind.BAD_ADDRESS, REFUSED),
    ],
)
def test_an_outcome_without_a_reply_is_classified(no_reply, kind, status) -> None:
    problem = Problem(no_reply, "421 is no {code} here")
    verdict = classify(Outcome(phase=MAIL, problem=problem))
    assert (verdict.kind, verdict.status) == (kind, status)
    assert classify(Outcome(phase=DOT, problem=problem, dot_written=True)).status is IN_DOUBT


CODES = st.integers(200, 599)
REPLIES = st.builds(
    Reply,
    code=CODES,
    enhanced=st.none() | st.from_regex(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}", fullmatch=True),
    text=st.text(max_size=40),
)


@given(reply=REPLIES, phase=st.sampled_from(Phase))
def test_every_reply_has_a_verdict_and_only_2yz_after_the_dot_is_acceptance(reply, phase) -> None:
    verdict = classify(Outcome(phase=phase, reply=reply, dot_written=phase is DOT))
    assert (verdict.status is ACCEPTED) is (phase is DOT and reply.positive)
    if reply.code >= 400:
        assert verdict.status in {DEFERRED, REFUSED}  # definite non-acceptance, 421 included


@given(reply=REPLIES.filter(lambda reply: 400 <= reply.code < 500), phase=st.sampled_from(Phase))
def test_a_4yz_ends_no_delivery_unless_its_enhanced_code_is_permanent(reply, phase) -> None:
    if reply.enhanced is None or reply.enhanced.startswith("4"):
        assert classify(Outcome(phase=phase, reply=reply)).status is DEFERRED


@given(reply=REPLIES.filter(lambda reply: reply.code >= 400), phase=st.sampled_from([MAIL, DATA, AUTH, GREETING]))
def test_what_is_refused_away_from_the_recipient_refuses_it_only_by_its_own_code(reply, phase) -> None:
    verdict = classify(Outcome(phase=phase, reply=reply))
    if verdict.status is REFUSED:
        assert verdict.kind in {Kind.CONTENT, Kind.UNSUPPORTED_ADDRESS, Kind.BAD_ADDRESS}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([b"250 2.1.0 Ok"], Reply(code=250, enhanced="2.1.0", text="Ok")),
        ([b"354 End data"], Reply(code=354, text="End data")),
        ([b"250"], Reply(code=250)),
        ([b"250 "], Reply(code=250)),
        ([b"250 2.0.0"], Reply(code=250, enhanced="2.0.0")),
        ([b"550-5.1.1 No such", b"550 5.1.1 user"], Reply(code=550, enhanced="5.1.1", text="No such user")),
        ([b"550-5.1.1 No", b"550-", b"550 5.7.1 way"], Reply(code=550, enhanced="5.1.1", text="No 5.7.1 way")),
        ([b"550 4.2.1 Odd"], Reply(code=550, text="4.2.1 Odd")),
        ([b"550 5.1.1000 Odd"], Reply(code=550, text="5.1.1000 Odd")),
        ([b"250 a\tb\x1b[31m\x00"], Reply(code=250, text="a b\\x1b[31m\\x00")),
        ([b"250 \xff\xc5\xbc"], Reply(code=250, text="\\xffż")),
        (["250 a\u202eb".encode()], Reply(code=250, text="a\\u202eb")),
    ],
)
def test_replies_are_read(lines, expected) -> None:
    assert parse_reply(lines) == expected


@pytest.mark.parametrize(
    "lines",
    [
        [b""],
        [b"25"],
        [b"150 x"],
        [b"600 x"],
        [b"2500"],
        [b"250x"],
        [b"HTTP/1.1 400"],
        [b"250-a", b"251 b"],
        [b" 250 x"],
        ["２５０ x".encode()],
    ],
)
def test_malformed_replies_are_refused(lines) -> None:
    with pytest.raises(ValueError, match="different codes|" + re.escape(printable(lines[0]))):
        parse_reply(lines)


@pytest.mark.parametrize("no_reply", NoReply)
def test_every_end_without_a_reply_has_a_verdict(no_reply) -> None:
    assert classify(Outcome(phase=MAIL, problem=Problem(no_reply, "x"))).status in {DEFERRED, REFUSED}


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem(NoReply.CLOSED), "connection closed"),
        (Problem(NoReply.SILENT, "300 s"), "no reply within 300 s"),
        (Problem(NoReply.NONSENSE, "HTTP/1.1 {0}"), "not an SMTP reply: HTTP/1.1 {0}"),
        (Problem(NoReply.UNEXPECTED, "DATA: 250 ok"), "not an answer to DATA: 250 ok"),
        (
            Problem(NoReply.TOO_LARGE, "3 octets, and it takes 2"),
            "the letter is larger than this relay takes: 3 octets, and it takes 2",
        ),
    ],
)
def test_a_problem_reads_as_it_always_stood_in_the_ledger(problem, text) -> None:
    assert Outcome(phase=MAIL, problem=problem).text == text


@given(
    code=CODES, texts=st.lists(st.text(alphabet=string.ascii_letters + " :<>@", max_size=20), min_size=1, max_size=5)
)
def test_texts_come_back_joined_by_single_spaces(code, texts) -> None:
    lines = [f"{code}-{text}".encode() for text in texts[:-1]] + [f"{code} {texts[-1]}".encode()]
    reply = parse_reply(lines)
    assert reply.code == code
    assert reply.text == " ".join(text.strip() for text in texts if text.strip())


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=4))
def test_any_octets_are_a_printable_reply_or_none(lines) -> None:
    try:
        reply = parse_reply(lines)
    except ValueError as error:
        shown = str(error)
    else:
        shown = reply.text
        assert 200 <= reply.code <= 599
    assert shown.isprintable()


@given(st.binary())
def test_printable_text_is_printable(octets) -> None:
    assert printable(octets).isprintable()


@given(st.text().filter(str.isprintable))
def test_printable_text_stays_what_it_is(text) -> None:
    assert printable(text.encode()) == text
