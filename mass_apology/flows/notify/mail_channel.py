"""Tells oneself by a mail through the campaign's relay. It is no letter: ledger, windows and pace do not know it."""

from __future__ import annotations

import asyncio
import hashlib
from threading import Event

from mass_apology.errors import MassApologyError
from mass_apology.flows.one_mail import OneMail
from mass_apology.letter.message.compose import rfc5322_date
from mass_apology.letter.message.headers import mailbox_field, message_id_field, parse_mailbox, text_field
from mass_apology.letter.message.return_path import ReturnPath
from mass_apology.model import Delivery, Message
from mass_apology.notify.channel import NotTold
from mass_apology.notify.notification import Notification, plain_text
from mass_apology.settings import Campaign
from mass_apology.smtp.relay import run as send_through

SECONDS = 30.0  # for one try as a whole


class MailChannel:
    """One's own mailbox; see ``notify.channel.Channel``."""

    def __init__(self, campaign: Campaign, address: str, password: str | None) -> None:
        self.name = f"the mailbox {address}"
        self._campaign = campaign
        self._address = address
        self._password = password
        self._abandoned = Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def tell(self, notification: Notification) -> None:
        """One mail, in an event loop of this thread."""
        source = OneMail(_message(self._campaign, self._address, notification))
        try:
            asyncio.run(self._send(source))
        except TimeoutError as error:
            raise NotTold(f"the relay did not take it within {SECONDS:g} s", may_help=False) from error
        except asyncio.CancelledError as error:
            raise NotTold("the relay did not take it in time", may_help=False) from error
        except MassApologyError as error:
            raise NotTold(error.problem.rstrip("."), may_help=False) from error
        if source.problem:
            temporary = source.failure is not None and source.failure.temporary
            raise NotTold(source.problem, may_help=temporary)

    async def _send(self, source: OneMail) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self._abandoned.is_set():
            return
        async with asyncio.timeout(SECONDS):
            await send_through(self._campaign.relay, self._password, source, lambda: 1)

    def abandon(self) -> None:
        """Cancel it."""
        self._abandoned.set()
        if self._loop is not None and self._task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)


def _message(campaign: Campaign, address: str, notification: Notification) -> Message:
    sender = parse_mailbox(campaign.sender.from_, "sender.from")
    own = parse_mailbox(address, "notify.mail")
    message_id = f"<{notification.id}@{sender.domain}>"
    fields = (
        f"Date: {rfc5322_date(notification.at.timestamp())}\r\n",
        mailbox_field("From", sender.name, sender.address),
        mailbox_field("To", own.name, own.address),
        text_field("Subject", notification.headline),
        message_id_field(message_id),
        "Auto-Submitted: auto-generated\r\n",  # RFC 3834: an answering machine does not answer
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n",
    )
    text = plain_text(notification).replace("\n", "\r\n")
    data = ("".join(fields) + "\r\n" + text).encode()
    delivery = Delivery(
        id=0, address=own.address, name="", language="en", time_zone="UTC", lines="[]", rows="[]", message_id=message_id
    )
    return Message(
        delivery=delivery,
        sender=ReturnPath(campaign.sender).address,
        subject=notification.headline,
        data=data,
        sha256=hashlib.sha256(data).digest(),
        eightbit=not data.isascii(),
        smtputf8=not (own.address.isascii() and sender.address.isascii()),
    )
