"""The relay of the random stories: makes trouble by chance, and keeps its own book of what it has taken."""

from __future__ import annotations

import email
import email.policy
import re
import threading
import time
from collections import Counter, defaultdict
from random import Random

from msgspec import Struct
from msgspec.structs import replace
from smtp_fakes import FaultyConversation, Relay

_SAYS = re.compile(r"This is the letter (\w+), in the words (W\d+), about Service (F\d+), for (\S+) minutes\.")
_DEAD = b"550 5.1.1 No such user"
_GREY = b"451 4.7.1 Greylisted, try again later"
_QUOTA = b"550 5.4.5 Daily user sending quota exceeded"
_BUSY = b"421 4.3.2 Service shutting down"
_FULL = b"452 4.3.1 Insufficient system storage"
_POLICY = b"554 5.7.1 Message rejected under suspicion of policy violations"


class Receipt(Struct, frozen=True, kw_only=True):
    """A letter that the relay has."""

    mailbox: str
    wave: str
    words: str  # "W17", as the template had it
    fact: str  # "F3", as campaign.toml had it
    minutes: str  # as the row had it
    message_id: str
    asked_at: float  # seconds of the machine's own clock, when its MAIL command came
    answered: bool  # the relay said 250 to its dot; whether in time, ``Book.heard`` says


class Troubles(Struct, frozen=True, kw_only=True):
    """How likely each verb is to go wrong, from 0 to 1."""

    seed: str = ""
    mail: float = 0.0
    rcpt: float = 0.0
    data: float = 0.0
    dot: float = 0.0


class Book:
    """The fault of a ``Relay``, and what it has seen. What becomes of a letter depends on its mailbox and its try."""

    def __init__(self, live: Relay) -> None:
        self.receipts: list[Receipt] = []
        self.heard: set[int] = set()  # receipts whose 250 was read: what came after it on the connection waits for it
        self.dots: Counter[tuple[str, str]] = Counter()  # by mailbox and wave: whole contents, whatever was answered
        self.troubles = Troubles()
        self._tries: Counter[tuple[str, str]] = Counter()
        self._asked: dict[FaultyConversation, tuple[float, str]] = {}
        self._unread: dict[FaultyConversation, list[int]] = defaultdict(list)  # answered receipts
        self._lock = threading.Lock()
        live.fault = self._answer

    def _answer(self, conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        if verb in {".", "QUIT"}:
            self.heard.update(self._unread.pop(conversation, ()))
        if verb == "MAIL":
            self._asked[conversation] = (time.monotonic(), "")
            return self._mail(conversation)
        if verb == "RCPT":
            mailbox = argument.partition(b"<")[2].partition(b">")[0].decode().lower()
            self._asked[conversation] = (self._asked[conversation][0], mailbox)
            return self._rcpt(conversation, mailbox)
        if verb == "DATA":
            return self._data(conversation)
        return self._dot(conversation, argument) if verb == "." else None

    def _chance(self, verb: str, mailbox: str) -> Random:
        self._tries[verb, mailbox] += 1
        return Random(f"{self.troubles.seed}/{verb}/{mailbox}/{self._tries[verb, mailbox]}")

    def _mail(self, conversation: FaultyConversation) -> bytes | None:
        chance = self._chance("MAIL", "")
        if chance.random() >= self.troubles.mail:
            return None
        return chance.choice((lambda: _FULL, lambda: _GREY, conversation.close))()

    def _rcpt(self, conversation: FaultyConversation, mailbox: str) -> bytes | None:
        chance = self._chance("RCPT", mailbox)
        if chance.random() >= self.troubles.rcpt:
            return None
        return chance.choice((lambda: _DEAD, lambda: _GREY, lambda: _GREY, lambda: _QUOTA, conversation.close))()

    def _data(self, conversation: FaultyConversation) -> bytes | None:
        chance = self._chance("DATA", self._asked[conversation][1])
        if chance.random() >= self.troubles.data:
            return None
        return chance.choice((lambda: _BUSY, lambda: _GREY, conversation.close))()

    def _dot(self, conversation: FaultyConversation, content: bytes) -> bytes | None:
        asked_at, mailbox = self._asked[conversation]
        chance = self._chance(".", mailbox)
        receipt = read(content, mailbox, asked_at)
        with self._lock:
            self.dots[mailbox, receipt.wave] += 1
        if chance.random() >= self.troubles.dot:
            return self._take(conversation, receipt, answered=True)
        refuses = [lambda: _GREY, lambda: _POLICY, lambda: _QUOTA]
        silent = [conversation.close, conversation.hang]
        has_it = chance.random() < 0.6
        act = chance.choice([*refuses, *silent, *silent])
        if act in silent and has_it:
            self._take(conversation, receipt, answered=False)
        return act()

    def _take(self, conversation: FaultyConversation, receipt: Receipt, *, answered: bool) -> None:
        with self._lock:
            if answered:
                self._unread[conversation].append(len(self.receipts))
            self.receipts.append(replace(receipt, answered=answered))


def read(content: bytes, mailbox: str, asked_at: float) -> Receipt:
    """What a letter says. It counts as answered until somebody says otherwise."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    part = message.get_body(("plain",))
    text = " ".join(part.get_content().split()) if part else ""
    found = _SAYS.search(text)
    assert found, text
    wave, words, fact, minutes = found.groups()
    return Receipt(
        mailbox=mailbox,
        wave=wave,
        words=words,
        fact=fact,
        minutes=minutes,
        message_id=str(message["Message-ID"]),
        asked_at=asked_at,
        answered=True,
    )
