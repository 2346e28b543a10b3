"""A channel: one way to tell somebody. Each is tried a bounded number of times, in a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Event, Thread
from typing import Protocol

from msgspec import Struct

from mass_apology.notify.notification import Notification

PAUSES = (1.0, 2.0, 4.0)  # seconds before the second, third and last try


class NotTold(Exception):
    """A try failed. Its text completes the sentence "… was not told: …", and names nothing secret."""

    def __init__(self, why: str, *, may_help: bool) -> None:
        super().__init__(why)
        self.may_help = may_help  # to try again


class Channel(Protocol):
    """One way to tell somebody."""

    @property
    def name(self) -> str:
        """As people are told: "the webhook hooks.acme.example"."""

    def tell(self, notification: Notification) -> None:
        """One try. Raises ``NotTold``. Blocks, and returns soon after ``abandon``."""

    def abandon(self) -> None:
        """End what is being tried, from another thread: nobody waits for it any more."""


class Failure(Struct, frozen=True, kw_only=True):
    """A channel that could not be told of a notification."""

    notification: Notification
    channel: str
    why: str  # completes the sentence "… was not told: …"


class _Telling:
    """One notification through one channel: a thread that no process waits for at its end."""

    def __init__(self, channel: Channel, notification: Notification, pauses: Sequence[float]) -> None:
        self.notification = notification
        self.channel = channel
        self.why = "it did not answer in time"  # unless it is known better
        self._pauses = pauses
        self._abandoned = Event()
        self._done = Event()
        try:
            Thread(target=self._run, name=f"notify {channel.name}", daemon=True).start()
        except RuntimeError:  # the system gives no more threads
            self.why = "no thread could be started"
            self._done.set()

    def _run(self) -> None:
        try:
            self._try_again_and_again()
        except Exception as error:  # nothing that goes wrong here may end the sending
            self.why = f"{type(error).__name__}"
        finally:
            self._done.set()

    def _try_again_and_again(self) -> None:
        for pause in (*self._pauses, None):
            try:
                self.channel.tell(self.notification)
            except NotTold as error:
                self.why = str(error)
                if not error.may_help or pause is None or self._abandoned.wait(pause):
                    return
            else:
                self.why = ""
                return

    def finish(self, until: float) -> str:
        """Wait until then (monotonic seconds), and abandon it. Returns why it was not told; empty where it was."""
        self._done.wait(max(0.0, until - time.monotonic()))
        why = self.why  # before it is abandoned, which looks like a failure of its own
        self._abandoned.set()
        self.channel.abandon()
        return why


class Tellings:
    """All that is being told in one command. Nothing here blocks but ``finish``."""

    def __init__(self, channels: Callable[[], Sequence[Channel]], *, pauses: Sequence[float] = PAUSES) -> None:
        """``channels`` makes new ones for each notification, since a channel does one thing at a time."""
        self._channels = channels
        self._pauses = pauses
        self._tellings: list[_Telling] = []

    def begin(self, notification: Notification) -> None:
        """Tell every channel, in the background."""
        self._tellings += [_Telling(channel, notification, self._pauses) for channel in self._channels()]

    def finish(self, wait: float) -> list[Failure]:
        """Wait at most ``wait`` seconds, abandon what is not done by then, and return what could not be told."""
        until = time.monotonic() + wait
        ended = [(each, each.finish(until)) for each in self._tellings]
        self._tellings = []
        return [
            Failure(notification=each.notification, channel=each.channel.name, why=why) for each, why in ended if why
        ]
