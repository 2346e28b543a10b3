"""A message source that keeps books and a relay that misbehaves on request, for the tests of the SMTP room."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable

import pytest

from mass_apology.errors import RelayError
from mass_apology.model import Delivery, Message, Outcome
from mass_apology.relay_settings import RelaySettings
from mass_apology.smtp.relay import run
from mass_apology.smtp.sink import Received, Sink, SinkConversation, SinkSettings

LOCK_STEP = SinkSettings(extensions=("8BITMIME", "SMTPUTF8", "DSN", "SIZE 26214400"))
PIPELINED = SinkSettings()


def message(
    number: int,
    data: bytes = b"Subject: x\r\n\r\nSorry.\r\n",
    *,
    address: str | None = None,
    sender: str = "noreply@acme.example",
    eightbit: bool = False,
    smtputf8: bool = False,
) -> Message:
    delivery = Delivery(
        id=number,
        address=address or f"customer{number}@example.org",
        name="",
        language="en",
        time_zone="",
        lines="[]",
        rows="[]",
        message_id=f"<letter{number}@acme.example>",
    )
    return Message(
        delivery=delivery, subject="Hello", sender=sender, data=data, sha256=b"", eightbit=eightbit, smtputf8=smtputf8
    )


class FakeSource:
    """Hands messages out in order and insists that each comes back exactly once."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self.waiting = deque(messages)
        self.out: dict[int, Message] = {}
        self.handed_over: list[int] = []
        self.outcomes: dict[int, Outcome] = {}
        self.backs: Counter[int] = Counter()
        self.unreachable_errors: list[RelayError] = []
        self.waits: deque[float] = deque()  # seconds before the next tries; then no more
        self.closes = asyncio.Event()
        self.on_hand_over: Callable[[Message], Awaitable[None]] | None = None
        self.at_hand = True

    def _give(self) -> Message | None:
        if not self.waiting:
            return None
        letter = self.waiting.popleft()
        assert letter.delivery.id not in self.out, "handed out twice"
        self.out[letter.delivery.id] = letter
        return letter

    async def next_message(self) -> Message | None:
        return self._give()

    def next_if_ready(self) -> Message | None:
        return self._give() if self.at_hand else None

    async def hand_over(self, letter: Message) -> None:
        assert letter.delivery.id in self.out
        self.handed_over.append(letter.delivery.id)
        if self.on_hand_over is not None:
            await self.on_hand_over(letter)

    def settle(self, letter: Message, outcome: Outcome) -> None:
        number = letter.delivery.id
        assert self.out.pop(number) is letter, "settled without being out"
        assert number not in self.outcomes, "settled twice"
        assert outcome.reply is not None or outcome.problem, "neither a reply nor a problem"
        if outcome.dot_written:
            assert number in self.handed_over, "the dot was written without leave"
        self.outcomes[number] = outcome

    def give_back(self, letter: Message) -> None:
        number = letter.delivery.id
        assert self.out.pop(number) is letter, "given back without being out"
        assert number not in self.handed_over, "given back after hand_over was asked"
        self.backs[number] += 1
        self.waiting.appendleft(letter)

    async def connection_failed(self, error: RelayError) -> bool:
        self.unreachable_errors.append(error)
        if not self.waits:
            return False
        await asyncio.sleep(self.waits.popleft())
        return True

    async def wait_closed(self) -> None:
        await self.closes.wait()


Fault = Callable[["FaultyConversation", str, bytes], bytes | None]
"""Gets the conversation, the verb and its argument; returns a reply, or ``None`` for the ordinary one."""


class FaultyConversation(SinkConversation):
    """Asks a fault before every reply."""

    def __init__(self, sink: Sink, fault: Fault) -> None:
        super().__init__(sink)
        self._fault = fault
        self.dot_late_by = 0  # replies to what stands behind a dot that come before the dot's own
        self._said_to = ""  # the verb that is being answered
        self._late: list[bytes] = []  # the dot's reply, while it is held back
        self._is_mute = False
        self.in_pieces = False
        self._octets = bytearray()

    def _say(self, reply: bytes) -> None:
        if self.dot_late_by and self._said_to == ".":
            self._late = [b""] * (self.dot_late_by - 1) + [reply]
            return
        super()._say(reply)
        if self._late:
            late = self._late.pop(0)
            if late:
                super()._say(late)

    def _flush(self) -> None:
        for late in filter(None, self._late):  # nothing stood behind the dot
            super()._say(late)
        self._late = []
        super()._flush()

    def respond(self, verb: str, argument: bytes) -> bytes:
        self._said_to = verb
        reply = self._fault(self, verb, argument)
        if reply is not None and verb == ".":
            self._forget()  # whatever the answer, the transaction is over
        return super().respond(verb, argument) if reply is None else reply

    def write(self, replies: bytes) -> None:
        if self._is_mute:
            return
        if not self.in_pieces:
            super().write(replies)
            return
        self._octets += replies
        if len(self._octets) == len(replies):
            self._drip()

    def _drip(self) -> None:
        super().write(bytes(self._octets[:1]))
        del self._octets[:1]
        if self._octets:
            asyncio.get_running_loop().call_later(0.001, self._drip)

    def close(self) -> bytes:
        """What was said before still goes out."""
        self._flush()
        self._transport.close()
        return b""

    def hang(self) -> bytes:
        self._flush()
        self._is_mute = True
        return b""

    def answer_late(self, octets: bytes) -> None:
        """The end of ``hang``; what was asked meanwhile stays without an answer."""
        self._is_mute = False
        self.write(octets)

    def say_unasked(self, octets: bytes) -> None:
        self._flush()
        self.write(octets)

    def take_content(self) -> bytes:
        """354, whatever went before."""
        self._takes_content = True
        return b"354 Go on"


class Nth:
    """A fault at the n-th use of a verb, counted over all connections; once."""

    def __init__(self, verb: str, n: int, act: Callable[[FaultyConversation], bytes | None]) -> None:
        self._verb, self._left, self._act = verb, n, act

    def __call__(self, conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        if verb != self._verb:
            return None
        self._left -= 1
        return self._act(conversation) if self._left == 0 else None


class Relay:
    """A sink with a fault and the list of what it received."""

    def __init__(self, settings: SinkSettings = PIPELINED, fault: Fault | None = None) -> None:
        self.received: list[Received] = []
        self.verbs: list[str] = []
        self.fault = fault
        self.sink = Sink(self.received.append, settings, self._conversation)

    def _conversation(self, sink: Sink) -> SinkConversation:
        return FaultyConversation(sink, self._noted)

    def _noted(self, conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        self.verbs.append(verb)
        return self.fault(conversation, verb, argument) if self.fault else None

    @property
    def numbers(self) -> list[int]:
        """Which messages it has, in order."""
        return [int(one.recipients[0].removeprefix("customer").partition("@")[0]) for one in self.received]


async def deliver(relay: Relay, source: FakeSource, *, connections: int = 1, **settings: object) -> None:
    """Sends all the message source has through the sink."""
    async with relay.sink as sink:
        await run(RelaySettings(url=sink.url, **settings), None, source, lambda: connections)


async def deliver_until_cancelled(relay: Relay, source: FakeSource, reached: asyncio.Event) -> None:
    """Cancels the sending when ``reached`` says so, and waits for its end."""
    task = asyncio.create_task(deliver(relay, source))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
