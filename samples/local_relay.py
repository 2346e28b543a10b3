"""A relay for trying things out: it takes every letter, keeps it in mail.mbox, and delivers nothing.

    python samples/local_relay.py

It prints the URL for campaign.toml, and ends with Ctrl-C. For each letter to an address that begins with "gone." it
puts a failure report into bounces.mbox, as a mail server does that knows nobody of that name.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from mass_apology.smtp.sink import Received, Sink

LETTERS, REPORTS = Path("mail.mbox"), Path("bounces.mbox")

REPORT = """\
From: MAILER-DAEMON@mx.customers.example
To: {sender}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="part"

--part
Content-Type: text/plain

Your message could not be delivered to {address}: there is no such user.

--part
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.customers.example

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user

--part
Content-Type: text/rfc822-headers

{header}

--part--
"""


async def main() -> None:
    """Listen until the process is ended."""
    async with Sink(keep) as relay:
        print(relay.url, flush=True)
        await asyncio.Event().wait()


def keep(received: Received) -> None:
    """Keep the letter, and the report where nobody has the address."""
    append(LETTERS, received.data)
    if received.recipients[0].startswith("gone."):
        append(REPORTS, report(received))


def append(path: Path, message: bytes) -> None:
    """Add one message to an mbox."""
    lines = message.replace(b"\r\n", b"\n").replace(b"\nFrom ", b"\n>From ")
    with path.open("ab") as file:
        file.write(f"From MAILER-DAEMON {time.ctime()}\n".encode() + lines + b"\n")


def report(received: Received) -> bytes:
    """A failure report (RFC 3464) about a letter, with the letter's header."""
    address, header = received.recipients[0], received.data.partition(b"\r\n\r\n")[0].decode()
    return REPORT.format(address=address, sender=received.sender, header=header).encode()


if __name__ == "__main__":
    asyncio.run(main())
