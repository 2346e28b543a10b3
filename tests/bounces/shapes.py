"""Notices as the named systems write them, made here and not received: ``python tests/bounces/shapes.py`` writes them.

Each is a form of report (Postfix's, sendmail's transcript, m-FILTER's block …) around what a server says: of addresses
that are dead, and of living ones of which servers say nearly the same. ``shapes_said`` has the cause that follows from
the words and the phase; names are reserved ones (RFC 2606). The corpus has them as ``shape-*.eml`` and ``shapes.toml``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from shapes_said import FORWARDED, REPLIES, TEXTS

CORPUS = Path(__file__).parent / "corpus"
SUBJECT = "We are sorry: the outage of 20 November"
LETTER = f"""\
Return-Path: <bounces@acme.example>
From: Anna Kowalska <anna@acme.example>
To: {{to}}
Subject: {SUBJECT}
Message-ID: <{{id}}@acme.example>
Date: Fri, 20 Nov 2026 10:00:00 +0000
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
"""
_HEAD = """\
Return-Path: <>
Received: by mx.acme.example id 77; Fri, 20 Nov 2026 10:00:06 +0000
From: {sender}
To: bounces@acme.example
Subject: {subject}
Date: Fri, 20 Nov 2026 10:00:05 +0000
Message-ID: <{id}.1@mx.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
"""

Writer = Callable[[str, str, str, str], str]
"""Makes a notice of the recipient, the reply, its enhanced code and the letter's id."""


def dsn(human: str, to: str, status: str, diagnostic: str, letter: str, *, final: str = "", blank: str = "\n") -> str:
    """A report in the standard form (RFC 3464)."""
    head = _HEAD.format(sender="MAILER-DAEMON@relay.example", subject="Undelivered Mail Returned to Sender", id=letter)
    field = "\nDiagnostic-Code: " + diagnostic.replace("\n", "\n ") if diagnostic else ""
    return f"""{head}Content-Type: multipart/report; report-type=delivery-status; boundary="=_s"

--=_s
Content-Type: text/plain; charset=utf-8

{human}

--=_s
Content-Type: message/delivery-status
{blank}Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; {final or to}
Action: failed
Status: {status or "5.0.0"}{field}

--=_s
Content-Type: text/rfc822-headers

{LETTER.format(to=to, id=letter)}
--=_s--
"""


def text(
    human: str, to: str, letter: str, sender: str = "MAILER-DAEMON@relay.example", subject: str = "failure notice"
) -> str:
    """A notice in text only, with the letter below it."""
    head = _HEAD.format(sender=sender, subject=subject, id=letter)
    return f"{head}Content-Type: text/plain; charset=utf-8\n\n{human}\n\n{LETTER.format(to=to, id=letter)}"


def postfix(to: str, said: str, status: str, letter: str, command: str = "RCPT TO") -> str:
    human = f"""\
This is the mail system at host relay.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<{to}>: host mx.customer.example[192.0.2.20] said: {said}
    (in reply to {command} command)"""
    return dsn(human, to, status, f"smtp; {said}", letter)


def postfix_after_content(to: str, said: str, status: str, letter: str) -> str:
    return postfix(to, said, status, letter, "end of DATA")


def _transcript(to: str, said: str, status: str, letter: str, session: str) -> str:
    human = f"""\
The original message was received at Fri, 20 Nov 2026 10:00:00 GMT
from mail.acme.example [192.0.2.10]

   ----- The following addresses had permanent fatal errors -----
<{to}>
    (reason: {said})

   ----- Transcript of session follows -----
... while talking to mx.customer.example.:
{session}"""
    return dsn(human, to, status, f"SMTP; {said}", letter)


def sendmail(to: str, said: str, status: str, letter: str) -> str:
    return _transcript(
        to, said, status or "5.1.1", letter, f">>> RCPT To:<{to}>\n<<< {said}\n550 5.1.1 <{to}>... User unknown"
    )


def sendmail_pipelined(to: str, said: str, status: str, letter: str) -> str:
    session = f">>> DATA\n<<< {said}\n550 5.1.1 <{to}>... User unknown\n<<< 503 5.0.0 Need RCPT (recipient)"
    return _transcript(to, said, status or "5.1.1", letter, session)


def sendmail_after_content(to: str, said: str, status: str, letter: str) -> str:
    return _transcript(to, said, status, letter, f">>> DATA\n<<< {said}\n554 5.0.0 Service unavailable")


def courier(to: str, said: str, status: str, letter: str, command: str = "") -> str:
    human = f"""\
This is a delivery status notification from relay.example,
running the Courier mail server, version 1.0.16.

                           UNDELIVERABLE MAIL

Your message to the following recipients cannot be delivered:

<{to}>:
     mx.customer.example [192.0.2.20]:
 >>> {command or f"RCPT TO:<{to}>"}
 <<< {said}
"""
    return dsn(human, to, status, f"smtp; {said}", letter)


def courier_after_content(to: str, said: str, status: str, letter: str) -> str:
    return courier(to, said, status, letter, "DATA")


def exim(to: str, said: str, status: str, letter: str, phase: str = "") -> str:
    human = f"""\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {to}
    SMTP error from remote mail server after {phase or f"RCPT TO:<{to}>"}:
    host mx.customer.example [192.0.2.20]: {said}

------ This is a copy of the message, including all the headers. ------"""
    return text(human, to, letter, subject="Mail delivery failed: returning message to sender")


def exim_after_content(to: str, said: str, status: str, letter: str) -> str:
    return exim(to, said, status, letter, "end of data")


def qmail(to: str, said: str, status: str, letter: str, how: str = "does not like recipient.") -> str:
    human = f"""\
Hi. This is the qmail-send program at relay.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{to}>:
192.0.2.20 {how}
Remote host said: {said}
Giving up on 192.0.2.20.

--- Below this line is a copy of the message."""
    return text(human, to, letter)


def qmail_after_content(to: str, said: str, status: str, letter: str) -> str:
    return qmail(to, said, status, letter, "failed after I sent the message.")


def m_filter(to: str, said: str, status: str, letter: str, command: str = "RCPT") -> str:
    human = f"""\
このメールは「m-FILTER」が自動的に生成して送信しています。
メールサーバーとの通信中、下記の理由により
このメールは送信できませんでした。

以下のメールアドレスへの送信に失敗しました。
{to}


-------server message
{said}

-------SMTP command
{command}

-------original message"""
    return text(human, to, letter)


def m_filter_after_content(to: str, said: str, status: str, letter: str) -> str:
    return m_filter(to, said, status, letter, "DATA")


def mdaemon(to: str, said: str, status: str, letter: str, last: str = "") -> str:
    human = f"""\
The following data may give some indication of the cause of the failure.

Failed address: {to}

--- Session Transcript ---
  --> MAIL From:<bounces@acme.example>
  <-- 250 2.1.0 Ok
  --> RCPT To:<{to}>
  <-- {last or said}
{f"  --> DATA{chr(10)}  <-- 354 go on{chr(10)}  <-- {said}" if last else "  --> QUIT"}
--- End Transcript ---
"""
    return text(human, to, letter, "MDaemon@relay.example", "Permanent Delivery Failure")


def mdaemon_after_content(to: str, said: str, status: str, letter: str) -> str:
    return mdaemon(to, said, status, letter, "250 2.1.5 Ok")


def gmail(to: str, said: str, status: str, letter: str) -> str:
    human = f"""\
** Address not found **

Your message wasn't delivered to {to} because the address couldn't be found, or is unable to receive mail.
"""
    human += f"\nThe response was:\n\n{said}\n" if said else ""
    return dsn(human, to, status, f"smtp; {said}" if said else "", letter)


def gmail_blocked(to: str, said: str, status: str, letter: str) -> str:
    human = f"** Message blocked **\n\nYour message to {to} has been blocked. See technical details below.\n\n{said}\n"
    return dsn(human, to, status, f"smtp; {said}", letter)


def microsoft(to: str, said: str, status: str, letter: str) -> str:
    human = f"""\
Delivery has failed to these recipients or groups:

{to}

Your message couldn't be delivered.

Diagnostic information for administrators:

Generating server: relay.example

{to}
Remote server returned '{said}'

Original message headers:
"""
    return dsn(human, to, status, f"smtp;{said}", letter)


def ironport(to: str, said: str, status: str, letter: str, around: str = "5.1.0 - Unknown address error") -> str:
    whole = f"{around} {said.replace(' ', chr(45) + chr(39), 1)}' (delivery attempts: 0)"
    human = f"The following message to <{to}> was undeliverable.\nThe reason for the problem:\n{whole}\n"
    return dsn(human, to, around[:5], f"smtp; {whole}", letter)


def zoho(to: str, said: str, status: str, letter: str) -> str:
    human = "This message was created automatically by mail delivery software.\nThis is a permanent error."
    return dsn(human, to, status, f"smtp; {said}", letter, blank="")


def zoho_text(to: str, said: str, status: str, letter: str) -> str:
    human = f"""\
This message was created automatically by mail delivery software.
A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.

{to} Invalid Address, ERROR_CODE :{said.replace(" ", ", ERROR_CODE :", 1)}
"""
    return text(human, to, letter, "mailer-daemon@mail.zoho.example", "Undelivered Mail Returned to Sender")


def plain(to: str, said: str, status: str, letter: str) -> str:
    """Text only; ``{to}`` stands for the recipient, and ``{subject}`` for the letter's subject."""
    human = said.format(to=to, subject=SUBJECT)
    return text(human, to, letter, "postmaster@relay.example", f"Undeliverable: {SUBJECT}")


WRITERS: Mapping[str, Writer] = {
    each.__name__: each
    for each in (
        postfix, postfix_after_content, sendmail, sendmail_pipelined, sendmail_after_content, courier,
        courier_after_content, exim, exim_after_content, qmail, qmail_after_content, m_filter,
        m_filter_after_content, mdaemon, mdaemon_after_content, gmail, gmail_blocked, microsoft, ironport,
        zoho, zoho_text, plain,
    )
}  # fmt: skip


def shapes() -> dict[str, tuple[str, dict[str, str]]]:
    """Each shape by its name: the message, and what it is."""
    found = {}
    for number, (writer, cause, status, said) in enumerate((*REPLIES, *TEXTS), start=1):
        to = f"person{number}@customer.example"
        letter = hashlib.sha256(str(number).encode()).hexdigest()[:32]
        name = f"shape-{number:03}-{writer.replace('_', '-')}"
        made = WRITERS[writer](to, said.replace("<TO>", f"<{to}>"), status, letter)
        written = re.search(r"^Status: (\S+)", made, re.M)
        found[name] = made, _entry(cause, to, status or (written[1] if written else ""), letter)
    for number, (final, status, said) in enumerate(FORWARDED, start=1):
        to, letter = f"forwarder{number}@customer.example", hashlib.sha256(final.encode()).hexdigest()[:32]
        human = f"<{final}> (expanded from <{to}>): {said}"
        made = dsn(human, to, status, f"smtp; {said}", letter, final=final)
        found[f"shape-forwarded-{number}"] = made, _entry("dead", to, status, letter) | {"final": final}
    return found


def _entry(cause: str, to: str, status: str, letter: str) -> dict[str, str]:
    return {
        "kind": "failure",
        "cause": cause,
        "address": to,
        "status": status,
        "message_id": f"<{letter}@acme.example>",
    }


def table() -> str:
    """What each shape is, as ``shapes.toml`` has it."""
    lines = ["# Written by tests/bounces/shapes.py: what each shape is.", ""]
    for name, (_, entry) in shapes().items():
        lines += [f'["{name}"]', *(f'{key} = "{value}"' for key, value in entry.items() if value), ""]
    return "\n".join(lines)


def write() -> None:
    """Write the messages and their table into the corpus, anew."""
    for path in CORPUS.glob("shape-*.eml"):
        path.unlink()
    for name, (message, _) in shapes().items():
        (CORPUS / f"{name}.eml").write_text(message, encoding="utf-8")
    (CORPUS / "shapes.toml").write_text(table(), encoding="utf-8")


if __name__ == "__main__":
    write()
