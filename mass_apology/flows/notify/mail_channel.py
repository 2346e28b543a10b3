"""Tells oneself by a mail through the campaign's relay. It is no letter: ledger, windows and pace do not know it."""

from __future__ import annotations

import asyncio
import hashlib
from threading import Event

from mass_apology.errors import MassApologyError, RelayError
from mass_apology.letter.message.compose import rfc5322_date
from mass_apology.letter.message.headers import mailbox_field, message_id_field, parse_mailbox, text_field
from mass_apology.letter.message.return_path import ReturnPath
from mass_apology.model import Delivery, Message, Outcome
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
        source = _OneMail(_message(self._campaign, self._address, notification))
        try:
            asyncio.run(self._send(source))
        except TimeoutError as error:
            raise NotTold(f"the relay did not take it within {SECONDS:g} s", may_help=False) from error
        except asyncio.CancelledError as error:
            raise NotTold("the relay did not take it in time", may_help=False) from error
        except MassApologyError as error:
            raise NotTold(error.problem.rstrip("."), may_help=False) from error
        if source.failure is not None:
            raise NotTold(source.failure.problem.rstrip("."), may_help=source.failure.temporary)
        outcome = source.outcome
        if outcome is None or outcome.reply is None or not (outcome.dot_written and outcome.reply.positive):
            # Not the relay's words: they may quote whatever they like.
            said = (
                f"the relay answered {outcome.reply.code}" if outcome and outcome.reply else "the relay gave no answer"
            )
            raise NotTold(said, may_help=False)

    async def _send(self, source: _OneMail) -> None:
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


class _OneMail:
    """Gives out one message, once (``smtp.message_source.MessageSource``)."""

    def __init__(self, message: Message) -> None:
        self._left: Message | None = message
        self.outcome: Outcome | None = None
        self.failure: RelayError | None = None

    def next_if_ready(self) -> Message | None:
        message, self._left = self._left, None
        return message

    async def next_message(self) -> Message | None:
        return self.next_if_ready()

    async def hand_over(self, message: Message) -> None:
        """Nothing has to be recorded first: a notification that goes twice does no harm."""

    def settle(self, message: Message, outcome: Outcome) -> None:
        self.outcome = outcome

    def give_back(self, message: Message) -> None:
        """It is not tried again on another connection."""

    async def connection_failed(self, error: RelayError) -> bool:
        self.failure = error
        return False

    async def wait_closed(self) -> None:
        await asyncio.Event().wait()
