"""What comes back after a letter of the sixty days: reports of servers, complaints, and answers."""

from __future__ import annotations

from sixty_days_judge import Arrived

_REPORT = """\
From: MAILER-DAEMON@mx.example
To: anna@acme.example
Subject: {subject}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type={type}; boundary="b"

--b
Content-Type: text/plain

A letter of yours to {address}.

--b
Content-Type: message/{type}

{fields}
--b
Content-Type: text/rfc822-headers

To: {address}
Subject: x
{message_id}
--b--
"""
_FAILED = """\
Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {}
Action: failed
Status: {}
Diagnostic-Code: smtp; {}
"""
_ABUSE = "Feedback-Type: abuse\nUser-Agent: x\nVersion: 1\nOriginal-Rcpt-To: <{}>\n"
_ANSWER = """\
From: {address}
To: anna@acme.example
Subject: {subject}
Auto-Submitted: {auto}
In-Reply-To: {message_id}

Thank you.
"""
_SAID = {
    "dead": ("5.1.1", "550 5.1.1 user unknown"),
    "full": ("5.2.2", "552 5.2.2 mailbox full"),
    "forged": ("5.1.1", "550 5.1.1 user unknown"),
}


def returned(what: str, letter: Arrived) -> str:
    """The mail that says so. A forged one does not know the letter's Message-ID."""
    address = address_of(letter.number)
    if what in {"reply", "away"}:
        subject, auto = ("Re: x", "no") if what == "reply" else ("Out of office", "auto-replied")
        return _ANSWER.format(address=address, subject=subject, auto=auto, message_id=letter.message_id)
    if what == "complaint":
        kind, subject, fields = "feedback-report", "Abuse report", _ABUSE.format(address)
    else:
        kind, subject, fields = "delivery-status", "Undelivered", _FAILED.format(address, *_SAID[what])
    message_id = "" if what == "forged" else f"Message-ID: {letter.message_id}\n"
    return _REPORT.format(subject=subject, type=kind, address=address, fields=fields, message_id=message_id)


def bounce(address: str, message_id: str) -> str:
    """The report that the mailbox of a letter is not there."""
    fields = _FAILED.format(address, *_SAID["dead"])
    head = f"Message-ID: {message_id}\n"
    return _REPORT.format(
        subject="Undelivered", type="delivery-status", address=address, fields=fields, message_id=head
    )


def address_of(number: int) -> str:
    """Where the customer is written to."""
    return f"customer{number}@d{number % 7}.example"
