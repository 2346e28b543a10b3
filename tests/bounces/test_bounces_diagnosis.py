"""The cause of a failure by a server's words, however the report quotes them: dead only on proof."""

from __future__ import annotations

from textwrap import dedent

import pytest

from mass_apology.bounces.bounce_report import Affected, Cause, Kind
from mass_apology.bounces.diagnosis import judge
from mass_apology.bounces.mail_reading import read

LETTER = "From: Acme <noreply@acme.example>\nTo: anna@customer.example\nSubject: About yesterday\n\nDear Anna,\n"
EXIM = """Return-Path: <>
X-Failed-Recipients: anna@customer.example
From: Mail Delivery System <Mailer-Daemon@relay.example>
To: noreply@acme.example
Subject: Mail delivery failed: returning message to sender
Content-Type: text/plain; charset=utf-8

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  anna@customer.example
    host mx.customer.example [192.0.2.5]
    SMTP error from remote mail server after RCPT TO:<anna@customer.example>:
    {reply}

------ This is a copy of the message, including all the headers. ------

{letter}"""
QMAIL = """Return-Path: <>
From: MAILER-DAEMON@relay.example
To: noreply@acme.example
Subject: failure notice
Content-Type: text/plain; charset=utf-8

Hi. This is the qmail-send program at relay.example.
I'm afraid I wasn't able to deliver your message to the following addresses.

<anna@customer.example>:
192.0.2.5 does not like recipient.
Remote host said: {reply}
Giving up on 192.0.2.5.

--- Below this line is a copy of the message.

{letter}"""
ALIVE = (
    # a code with words that are no proof, in whichever language
    "550 5.1.1 mailbox is offline",
    "550 5.1.1 account not activated",
    "550 5.1.1 Unable to verify recipient address",
    "550 5.1.1 <anna@customer.example>: Recipient address rejected: unverified address: verification in progress",
    "550 5.1.1 user does not wish to receive mail from you",
    "550 5.1.1 kontot är avstängt",
    "550 5.1.1 tili on lukittu",
    "550 5.1.1 La cuenta no esta activa",
    "550 5.1.1 受信拒否",
    # words that contradict what looks like proof
    "550 5.1.1 The group you tried to contact (anna) may not exist, or you may not have permission to post to it.",
    "550 5.1.1 Invalid recipient or you are not permitted to send to it",
    "550 5.1.1 Adresse d au moins un destinataire invalide/archivee. LPN003_001",
    "550 5.1.1 Mailbox closed until 4 January",
    "550 5.1.1 Recipient certificate not found",
    "550 5.1.1 forwarding address not found",
    "554 5.2.0 STOREDRV.Deliver.Exception:ObjectNotFoundException; The mailbox database was not found",
    # about the account, and not about its being
    "550 unknown account status",
    "550 5.1.1 invalid user credentials",
    # about us
    "550-Requested action not taken: mailbox unavailable 550 invalid DNS MX or A/AAAA resource record",
    "550 Domain may not exist or DNS check failed",
    "550 Host unknown: reverse lookup of 192.0.2.1 failed",
    "550 5.1.1 user refuses mail from unknown domain acme.example",
    "550 5.1.2 acme.example: host not found",
    "550 5.1.10 Domain acme.example has null MX",
    # not about a host that the report names before the reply
    "550 invalid domain key signature",
)
DEAD = (
    "550 5.1.1 <anna@customer.example>: Recipient address rejected: customer.example",
    "550 #5.1.0 Address rejected.",
    "550 5.1.1 Not our Customer",
    "550 5.1.2 We weren't able to find the recipient domain. Please check for any spelling errors",
    "550 Tuntematon käyttäjä",
    "550 Άγνωστος χρήστης",
    "550-Mailbox unknown.  Either there is no mailbox associated with this 550-name or you do not have "
    "authorization to see it. 550 5.1.1 User unknown",
    "550-5.1.1 The email account that you tried to reach 550-5.1.1 does not exist.",
)


def affected(notice: str, reply: str) -> Affected:
    (one,) = read(notice.format(reply=reply, letter=LETTER).encode()).affected
    return one


@pytest.mark.parametrize("notice", [EXIM, QMAIL], ids=["exim", "qmail"])
@pytest.mark.parametrize("reply", ALIVE)
def test_nobody_is_dead_without_proof(reply: str, notice: str) -> None:
    one = affected(notice, reply)
    assert one.address == "anna@customer.example"
    assert one.cause in {Cause.UNKNOWN, Cause.BLOCKED, Cause.FULL, Cause.GIVEN_UP}


@pytest.mark.parametrize("notice", [EXIM, QMAIL], ids=["exim", "qmail"])
@pytest.mark.parametrize("reply", DEAD)
def test_the_dead_are_found(reply: str, notice: str) -> None:
    assert affected(notice, reply).cause is Cause.DEAD


def test_a_code_alone_is_proof_where_the_server_gives_no_reason() -> None:
    assert judge("5.1.1", "550 5.1.1 recipient rejected")[0] is Cause.DEAD
    assert judge("5.1.1", "550 5.1.1 recipient snoozed")[0] is Cause.UNKNOWN


def notice(text: str, subject: str = "Delivery failed") -> bytes:
    head = f"Return-Path: <>\nFrom: MAILER-DAEMON@relay.example\nTo: noreply@acme.example\nSubject: {subject}\n"
    return f"{head}Content-Type: text/plain; charset=utf-8\n\n{dedent(text)}".encode()


def test_who_was_refused_at_mail_is_the_sender() -> None:
    report = read(
        notice("""\
            The following addresses had permanent fatal errors
            <anna@customer.example>
                (reason: 550 5.1.1 unknown user)

               ----- Transcript of session follows -----
            >>> MAIL From:<noreply@acme.example>
            <<< 550 5.1.1 unknown user
            >>> RCPT To:<anna@customer.example>
            <<< 503 5.5.1 need MAIL
        """)
    )
    assert [(one.address, one.cause) for one in report.affected] == [("anna@customer.example", Cause.UNKNOWN)]


def test_exim_names_the_address_that_forwards() -> None:
    report = read(
        notice("""\
            A message that you sent could not be delivered. The following address(es) failed:

              old@elsewhere.example
                (ultimately generated from anna@customer.example)
                550 5.1.1 user unknown
        """)
    )
    (one,) = report.affected
    assert (one.address, one.final, one.cause) == ("anna@customer.example", "old@elsewhere.example", Cause.DEAD)
    assert one.forwarded
    assert not one.hard


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("收件人：anna@customer.example\n退信原因：收件人邮箱已满", Cause.FULL),
        ("收件人：anna@customer.example\n退信原因：发件人域名不存在，系统退信", Cause.BLOCKED),  # the sender's domain
        ("（anna@customer.example）不存在，邮件无法送达。收件人不存在", Cause.DEAD),
        ("邮件无法投递：anna@customer.example不存在，无此用户", Cause.DEAD),
    ],
)
def test_an_address_ends_where_chinese_begins(said: str, cause: Cause) -> None:
    report = read(notice(said, "系统退信"))
    assert [(one.address, one.cause) for one in report.affected] == [("anna@customer.example", cause)]


def test_what_a_notice_only_supposes_is_no_evidence() -> None:
    report = read(notice("Your mail to anna@customer.example expired. If the address is not valid, remove it.\n"))
    assert [(one.kind, one.cause) for one in report.affected] == [(Kind.FAILURE, Cause.GIVEN_UP)]


def test_a_daemons_subject_may_say_alone_that_a_letter_is_late() -> None:
    report = read(notice("Message delivery to 'anna@customer.example' delayed\n", "Delayed mail (still being retried)"))
    assert [(one.kind, one.address) for one in report.affected] == [(Kind.DELAY, "anna@customer.example")]


@pytest.mark.parametrize(
    "said", ["anna wasn't found at customer.example.", "anna wurde bei customer.example nicht gefunden."]
)
def test_microsoft_365_says_it_in_the_text(said: str) -> None:
    report = read(notice(f"Your message to anna@customer.example couldn't be delivered.\n\n{said}\n"))
    assert [one.cause for one in report.affected] == [Cause.DEAD]
