"""Hostile and broken messages, and single rules that the corpus does not show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology.bounces.bounce_report import Cause, Kind
from mass_apology.bounces.diagnosis import judge
from mass_apology.bounces.mail_reading import read
from mass_apology.bounces.refusal_phase import says_after_content
from mass_apology.mail_parts import LIMIT, read_headers, take_apart, words

DAEMON = b"Return-Path: <>\nFrom: MAILER-DAEMON@relay.example\nTo: bounces@acme.example\nSubject: failure notice\n"
STATUS = b"Reporting-MTA: dns; r.example\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n"


def multipart(boundary: bytes, *parts: bytes) -> bytes:
    body = b"".join(b"\n--" + boundary + b"\n" + part for part in parts)
    return b'Content-Type: multipart/report; boundary="' + boundary + b'"\n' + body + b"\n--" + boundary + b"--\n"


def part(media_type: bytes, body: bytes) -> bytes:
    return b"Content-Type: " + media_type + b"\n\n" + body


@pytest.mark.parametrize(
    ("status", "said", "cause"),
    [
        ("5.1.1", "", Cause.DEAD),
        ("5.1.1", "550 5.1.1 user unknown", Cause.DEAD),
        ("5.0.0", "550 5.1.1 user unknown", Cause.DEAD),
        ("5.0.0", "550 no such user here", Cause.DEAD),
        ("5.1.1", "550 5.1.1 <user@spamhaus.example>: user unknown", Cause.DEAD),
        ("", "550 user <a@b.example> does not exist", Cause.DEAD),
        ("5.1.2", "", Cause.DEAD),
        ("5.1.10", "554 recipient domain has null MX", Cause.DEAD),
        ("4.1.1", "450 4.1.1 user unknown", Cause.GIVEN_UP),
        ("5.1.1", "450 4.1.1 user unknown", Cause.GIVEN_UP),
        ("4.4.7", "", Cause.GIVEN_UP),
        ("5.4.7", "", Cause.GIVEN_UP),
        ("", "retry time not reached for any host after a long failure period", Cause.GIVEN_UP),
        ("5.2.2", "", Cause.FULL),
        ("5.1.1", "550 5.1.1 mailbox full", Cause.FULL),
        ("5.7.1", "550 5.7.1 quota exceeded for mailbox of user", Cause.BLOCKED),
        ("5.0.0", "552 mailbox size limit exceeded", Cause.FULL),
        ("5.7.1", "550 5.7.1 no such user", Cause.DEAD),
        ("5.7.1", "550 5.7.1 no such user, or a policy rejects you", Cause.BLOCKED),
        ("5.7.1", "550 5.7.1 sender: no such user", Cause.BLOCKED),
        ("5.1.1", "550 5.1.1 sender rejected: unknown domain", Cause.BLOCKED),
        ("5.1.8", "553 5.1.8 domain of sender address does not exist", Cause.BLOCKED),
        ("5.1.3", "553 http://www.spamhaus.example/query/bl?ip=192.0.2.1", Cause.BLOCKED),
        ("5.3.4", "552 5.3.4 message size exceeds limit", Cause.BLOCKED),
        ("5.6.0", "", Cause.BLOCKED),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied.", Cause.DEAD),
        ("5.4.1", "no answer from host", Cause.UNKNOWN),
        ("5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable", Cause.DEAD),
        ("", "550 Requested action not taken: mailbox unavailable", Cause.UNKNOWN),
        ("5.2.1", "550 5.2.1 The email account that you tried to reach is disabled.", Cause.UNKNOWN),
        ("5.0.0", "550 user unknown (in reply to end of DATA command)", Cause.UNKNOWN),
        ("5.1.1", "550 it is our policy to go away", Cause.BLOCKED),
        ("5.1.1", "550 go away", Cause.UNKNOWN),
        ("5.1.1", "550", Cause.DEAD),
        ("5.1.1", "retry timeout exceeded", Cause.GIVEN_UP),
        ("5.1.1", "550 5.1.1 unknown user; the mailbox is temporarily unavailable", Cause.UNKNOWN),
        ("5.1.0", "550 5.1.0 <a@b.example>: address rejected: our policy", Cause.BLOCKED),
        ("5.0.0", "550 unknown error", Cause.UNKNOWN),
        ("5.0.0", "550 invalid certificate of host", Cause.BLOCKED),
        ("5.0.0", "", Cause.UNKNOWN),
        ("", "", Cause.UNKNOWN),
        ("", "host 5.1.1.1 said something", Cause.UNKNOWN),
    ],
)
def test_causes(status: str, said: str, cause: Cause) -> None:
    assert judge(status, said)[0] is cause


@given(detail=st.integers(0, 999), said=st.text(max_size=300))
def test_security_and_policy_codes_are_never_hard(detail: int, said: str) -> None:
    text = "".join(character for character in said if not character.isdigit())
    assert judge(f"5.7.{detail}", text)[0] is not Cause.DEAD


@given(said=st.text(alphabet=" abu.@-<>:/045\n", max_size=4000))
def test_any_diagnostic_is_judged(said: str) -> None:
    assert judge("", said)[0] in Cause


def test_thousands_of_nested_messages_are_read() -> None:
    nested = b"Content-Type: message/rfc822\n\n" * 30_000
    assert read(DAEMON + b"MIME-Version: 1.0\n" + nested).kind in Kind


def test_thousands_of_nested_multiparts_are_read() -> None:
    data = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(10_000))
    assert read(DAEMON + data).kind in Kind


def test_a_report_five_levels_deep_is_found_and_one_far_deeper_is_not() -> None:
    def nested(levels: int) -> bytes:
        data = part(b"message/delivery-status", STATUS)
        for level in range(levels):
            data = multipart(b"b%d" % level, data)
        return DAEMON + data

    assert read(nested(5)).affected[0].address == "a@b.example"
    assert read(nested(50)).kind in {Kind.UNREAD, Kind.FAILURE}


def test_a_wrapped_report_is_unwrapped_for_a_daemon_alone() -> None:
    inner = DAEMON + multipart(b"in", part(b"message/delivery-status", STATUS))
    wrapper = b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="out"\n\n--out\n' + part(
        b"message/rfc822", inner
    )
    assert read(DAEMON + wrapper).affected[0].address == "a@b.example"
    assert read(b"From: a@customer.example\nSubject: Fwd: failure notice\n" + wrapper).kind is Kind.REPLY


def test_the_first_megabyte_decides() -> None:
    late = multipart(b"b", part(b"text/plain", b"x" * LIMIT), part(b"message/delivery-status", STATUS))
    assert read(b"From: someone@b.example\n" + late).affected == ()


def test_a_report_of_many_recipients_names_them_all() -> None:
    groups = b"\n".join(
        b"Final-Recipient: rfc822; r%d@b.example\nAction: failed\nStatus: 5.1.1\n" % n for n in range(999)
    )
    report = read(DAEMON + multipart(b"b", part(b"message/delivery-status", b"Reporting-MTA: dns; r\n\n" + groups)))
    assert [one.address for one in report.affected] == [f"r{n}@b.example" for n in range(999)]


def test_the_gravest_recipient_names_the_report() -> None:
    status = STATUS.replace(b"failed", b"delivered") + b"\nFinal-Recipient: rfc822; c@b.example\nAction: delayed\n"
    report = read(DAEMON + multipart(b"b", part(b"message/delivery-status", status)))
    assert (report.kind, [one.kind for one in report.affected]) == (Kind.DELAY, [Kind.SUCCESS, Kind.DELAY])


@pytest.mark.parametrize("charset", ["idna", "punycode", "base64", "x\x00y", "utf-7", "utf-16", "unicode_escape", "é"])
def test_charsets_that_are_none_are_read_somehow(charset: str) -> None:
    field = f'Content-Type: text/plain; charset="{charset}"\n\n'.encode()
    report = read(DAEMON + field + b"<a@b.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below\n")
    assert report.kind in Kind


@pytest.mark.parametrize(
    "charset", ["utf-7", "unicode_escape", "raw-unicode-escape", "Unicode_Escape", "utf_16_le", "rot13"]
)
def test_no_text_holds_what_no_database_takes(charset: str) -> None:
    hostile = r"\ud800+2AA- \U0010ffff +3//f-"
    mail = (
        f"From: =?{charset}?Q?{hostile.replace(' ', '_')}?= <a@b.example>\nSubject: =?{charset}?Q?{hostile}?=\n"
        f'To: us@acme.example\nIn-Reply-To: <x@acme.example>\nContent-Type: text/plain; charset="{charset}"\n\n'
    )
    for raw in (mail.encode() + hostile.encode(), DAEMON + mail.encode() + hostile.encode() * 99):
        message = take_apart(raw)
        assert message.text().encode()
        assert words(message.header("subject")).encode()
        report = read(raw)
        assert repr(report).encode()
        assert (report.subject + report.sender).encode()


@pytest.mark.parametrize(
    "subject", ["=?utf-8?B?AAA?=", "=?x-none?Q?a?=", "=?utf-8?Q?=FF=FE?=", "=?=?=?", "=?a?b?" * 999, "=?é?Q?a?="]
)
def test_broken_encoded_words_stay_as_they_are(subject: str) -> None:
    assert isinstance(words(subject), str)
    assert read(f"Subject: {subject}\n\nx".encode()).kind is Kind.UNREAD


@given(st.text(max_size=200))
def test_any_header_is_decoded(text: str) -> None:
    assert isinstance(words("=?" + text), str)


@pytest.mark.parametrize("date", ["Fri, 99 Nov 99999 77:00:00 +9999", "0", "x" * 9999, "1 Jan 0000 00:00:00 -0000"])
def test_impossible_dates_are_no_date(date: str) -> None:
    moment = read(f"Date: {date}\n\nx".encode()).at
    assert moment is None or isinstance(moment, float)


def test_the_date_is_in_unix_seconds() -> None:
    assert read(b"Date: Fri, 20 Nov 2026 10:00:05 +0100\n\n").at == 1795165205.0


def test_nothing_that_moves_a_cursor_gets_out() -> None:
    status = STATUS + b"Diagnostic-Code: smtp; 550 \x1b[2J\x00 user unknown\n"
    report = read(DAEMON + b"Subject: a\x1b]0;b\n" + multipart(b"b", part(b"message/delivery-status", status)))
    assert report.affected[0].diagnostic.isprintable()
    assert report.subject.isprintable()


def test_headers_end_at_the_first_blank_line() -> None:
    headers, body = read_headers(b"A: 1\n 2\nno field\nb : 3\nA: 4\n\nC: 5\n")
    assert dict(headers) == {"a": ("1 2", "4"), "b": ("3",)}
    assert body == b"C: 5\n"


def test_text_without_headers_is_body() -> None:
    assert take_apart(b"just words\nand more\n").body == b"just words\nand more\n"


@given(st.binary(max_size=300), st.sampled_from(["base64", "quoted-printable", "7bit", "x-uuencode"]))
def test_any_transfer_encoding_is_undone_or_left(body: bytes, encoding: str) -> None:
    message = take_apart(f"Content-Transfer-Encoding: {encoding}\n\n".encode() + body)
    assert isinstance(message.text(), str)
    assert isinstance(message.content(), bytes)


@pytest.mark.parametrize(
    "subject",
    ["Absence of service since Friday", "Ooops", "Re: Automatic reply", "Holiday bookings lost", "Auto insurance"],
)
def test_a_customers_subject_is_no_vacation_program(subject: str) -> None:
    raw = f"From: a@customer.example\nSubject: {subject}\nIn-Reply-To: <x@acme.example>\n\nHello\n".encode()
    assert read(raw).kind is Kind.REPLY


def test_a_person_may_answer_from_an_address_like_a_daemons() -> None:
    for sender in (b"mail@customer.example", b"postmaster@customer.example", b"root@customer.example"):
        raw = b"From: " + sender + b"\nSubject: Re: sorry\nIn-Reply-To: <x@acme.example>\n\nIt was not delivered.\n"
        assert read(raw).kind is Kind.REPLY


@pytest.mark.parametrize(
    ("text", "after_content"),
    [
        ("host said: 550 user unknown (in reply to end of DATA command)", True),
        ("host said: 550 user unknown (in reply to RCPT TO command)", False),
        ("after RCPT TO:<a@b.example>: 550 unknown", False),
        (">>> RCPT To:<a@b.example>\n<<< 550 user unknown\n>>> DATA\n<<< 503 need RCPT", False),
        (">>> RCPT To:<c@b.example>\n<<< 550 user unknown\n>>> DATA\n<<< 550 unknown", True),
        (">>> DATA\n<<< 550 user unknown\n<<< 554 no valid recipients", False),
        (">>> DATA\n<<< 550 user unknown\n554 5.0.0 Service unavailable", True),
        ("-------server message\n550 unknown user\n\n-------SMTP command\nDATA", True),
        ("550 user unknown", None),
    ],
)
def test_the_phase_of_a_refusal(text: str, after_content: object) -> None:
    assert says_after_content(text, "a@b.example") is after_content


def test_fields_right_below_the_parts_own_are_read() -> None:
    body = b"Content-Type: message/delivery-status\n" + STATUS
    assert read(DAEMON + multipart(b"b", body)).affected[0].cause is Cause.DEAD
