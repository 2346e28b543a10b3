"""``[message] archive``: a copy of one letter in each language of a wave, to oneself (docs/decisions/023).

A copy is a mail of its own with the letter attached, octet for octet. It goes after the run, beside ledger, pace and
gate, so that nothing that becomes of it can be taken for something about a customer's letter.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time

from msgspec import Struct

from mass_apology.errors import MassApologyError
from mass_apology.flows.one_mail import OneMail
from mass_apology.ledger import Ledger
from mass_apology.letter.message.compose import rfc5322_date
from mass_apology.letter.message.headers import mailbox_field, message_id_field, parse_mailbox, text_field
from mass_apology.letter.message.return_path import ReturnPath
from mass_apology.model import Delivery, Finding, Message, Severity
from mass_apology.quantities import counted
from mass_apology.settings import Campaign
from mass_apology.smtp.relay import run as send_through

SECONDS = 30.0  # for one copy: the run is over, and somebody waits for its result


class Archived(Struct, frozen=True, kw_only=True):
    """The copies that one run sent."""

    address: str = ""
    languages: tuple[str, ...] = ()  # one copy each
    findings: tuple[Finding, ...] = ()  # a copy that the relay did not take

    @property
    def sentence(self) -> str:
        """For people; empty where there was nothing to copy."""
        if not self.languages:
            return ""
        return f"{counted(len(self.languages), 'copy', 'copies')} ({', '.join(self.languages)}) went to {self.address}."


class Archive:
    """Keeps the first accepted letter of each language of a wave until the run is over, and sends copies of them.

    A language of which an earlier run sent a copy needs none any more: the ledger notes each.
    """

    def __init__(self, campaign: Campaign, ledger: Ledger, wave: str) -> None:
        self._campaign = campaign
        self._ledger = ledger
        self._wave = wave
        self._letters: dict[str, Message] = {}

    def accepted(self, message: Message) -> None:
        """The relay took this letter; called for each of the run."""
        language = message.delivery.language
        if self._campaign.message.archive and language not in self._letters:
            self._letters[language] = message

    async def send(self, password: str | None) -> Archived:
        """Send the copies, and note those that the relay took. A failure is a finding, and changes no letter."""
        address = self._campaign.message.archive
        sent, problems = [], {}
        # Now, and not when the run began: another process may have sent some.
        noted = {each.what for each in self._ledger.notes()} if address is not None and self._letters else set()
        for language, letter in self._letters.items():
            if address is None or self._note(language) in noted:
                continue
            if problem := await self._problem_of(_copy(self._campaign, address, letter, self._wave), password):
                problems[language] = problem
                continue
            sent.append(language)
            self._ledger.note(time.time(), self._note(language))
        findings = tuple(_finding(language, why) for language, why in problems.items())
        return Archived(address=address or "", languages=tuple(sent), findings=findings)

    async def _problem_of(self, copy: Message, password: str | None) -> str:
        """Why the relay has not taken it; empty where it has."""
        mail = OneMail(copy)
        try:
            async with asyncio.timeout(SECONDS):
                await send_through(self._campaign.relay, password, mail, lambda: 1)
        except TimeoutError:
            return f"the relay did not take it within {SECONDS:g} s"
        except MassApologyError as error:
            return error.problem.rstrip(".")
        return mail.problem

    def _note(self, language: str) -> str:
        """The note of one copy, which ``ledger.purged_notes`` keeps: it names nobody."""
        return f"archive of the wave {self._wave}: a copy of the letter in {language} was sent"


def _copy(campaign: Campaign, address: str, letter: Message, wave: str) -> Message:
    """A mail to oneself with the letter attached (RFC 2046 §5.2.1; RFC 6532 §3.7 where it needs SMTPUTF8)."""
    sender = parse_mailbox(campaign.sender.from_, "sender.from")
    own = parse_mailbox(address, "message.archive")
    message_id = f"<archive-{secrets.token_hex(12)}@{sender.domain}>"
    language = letter.delivery.language
    subject = f"{campaign.name}, {wave}: copy of the letter in {language}"
    boundary = f"copy-{letter.sha256.hex()[:40]}"  # what a letter's own digest begins with does not stand in it
    head = (
        f"Date: {rfc5322_date(time.time())}\r\n",
        mailbox_field("From", sender.name, sender.address),
        mailbox_field("To", own.name, own.address),
        text_field("Subject", subject),
        message_id_field(message_id),
        "Auto-Submitted: auto-generated\r\n",  # RFC 3834: an answering machine does not answer
        f'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="{boundary}"\r\n',
        f"Content-Transfer-Encoding: {_encoding(letter)}\r\n",
    )
    text = (
        f"Attached is one of the letters in {language} of the wave {wave}, as the relay took it.",
        "No other letter in this language is copied. All of them, in a file:",
        "mass-apology preview --all --to letters.mbox",
        "",
    )
    parts = (
        *(f"\r\n--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n", "\r\n".join(text)),
        f"\r\n--{boundary}\r\nContent-Type: {'message/global' if letter.smtputf8 else 'message/rfc822'}\r\n",
        f"Content-Transfer-Encoding: {_encoding(letter)}\r\n",
        f'Content-Disposition: attachment; filename="{wave}-{language}.eml"\r\n\r\n',
    )
    data = "".join((*head, *parts)).encode() + letter.data + f"\r\n--{boundary}--\r\n".encode()
    return Message(
        delivery=Delivery(
            id=0,
            address=own.address,
            name="",
            language="en",
            time_zone="UTC",
            lines="[]",
            rows="[]",
            message_id=message_id,
        ),
        sender=ReturnPath(campaign.sender).address,
        subject=subject,
        data=data,
        sha256=hashlib.sha256(data).digest(),
        eightbit=not data.isascii(),
        smtputf8=letter.smtputf8 or not (own.address.isascii() and sender.address.isascii()),
    )


def _encoding(letter: Message) -> str:
    return "7bit" if letter.data.isascii() else "8bit"


def _finding(language: str, why: str) -> Finding:
    return Finding(
        code="archive-failed",
        severity=Severity.WARNING,
        where="campaign.toml, [message] archive",
        problem=f"The copy of the letter in {language} was not sent: {why}.",
        advice="No letter is concerned. To keep them in a file: mass-apology preview --all --to letters.mbox",
    )
