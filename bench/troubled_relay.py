"""A recording sink with a trouble: ``python -m bench.troubled_relay FILE TROUBLE``, otherwise as ``bench.recorder``.

TROUBLE is JSON: ``{"busy": "slow.example", "rate": 1}`` defers letters to a domain beyond so many a second (451 4.4.5);
``{"letters": 3000, "seconds": 60}`` drops every connection after so many letters and takes none for so long. Letters
that are offered (RCPT) are written down beside those that have arrived, in FILE.offered.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from bench.recorder import arrival
from mass_apology.smtp.sink import Received, Sink, SinkConversation, SinkSettings

_ADDRESS = re.compile(rb"<([^>]*)>")


class Offer(Struct, frozen=True, kw_only=True):
    """A letter that was offered by its recipient."""

    at: float  # monotonic seconds of the machine
    recipient: str


class Trouble(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What goes wrong."""

    busy: str = ""  # a domain
    rate: float = 0.0  # letters a second that it takes
    letters: int = -1  # after which the relay is away; never where it is negative
    seconds: float = 0.0  # for which it is away


class _Relay:
    """What all connections share."""

    def __init__(self, trouble: Trouble, offered: IO[bytes]) -> None:
        self.trouble = trouble
        self.sink: Sink | None = None
        self._offered = offered
        self._left = trouble.letters
        self._back_at = 0.0
        self._next_busy = 0.0  # when the busy domain takes the next letter

    @property
    def is_away(self) -> bool:
        return time.monotonic() < self._back_at

    def arrived(self) -> None:
        """Count a letter; the last one before the trouble ends every connection."""
        if self._left < 0:
            return
        self._left -= 1
        if self._left < 0 and self.sink is not None:
            self._back_at = time.monotonic() + self.trouble.seconds
            for transport in list(self.sink.connections):
                transport.abort()

    def offer(self, recipient: str) -> bool:
        """Write an offer down; whether the letter may come."""
        now = time.monotonic()
        self._offered.write(msgspec.json.encode(Offer(at=now, recipient=recipient)) + b"\n")
        if not self.trouble.busy or not recipient.endswith(f"@{self.trouble.busy}"):
            return True
        if now < self._next_busy:
            return False
        self._next_busy = now + 1 / self.trouble.rate
        return True


class _Conversation(SinkConversation):
    def __init__(self, sink: Sink, relay: _Relay) -> None:
        super().__init__(sink)
        self._relay = relay

    def respond(self, verb: str, argument: bytes) -> bytes:
        if self._relay.is_away and self._transport is not None:
            self._transport.abort()
            return b""
        if verb == "RCPT" and (found := _ADDRESS.search(argument)) and not self._relay.offer(found[1].decode()):
            return b"451 4.4.5 That destination is busy"
        return super().respond(verb, argument)


async def _serve(record: IO[bytes], offered: IO[bytes], trouble: Trouble) -> None:
    relay, encoder = _Relay(trouble, offered), msgspec.json.Encoder()

    def accept(received: Received) -> None:
        record.write(encoder.encode(arrival(received, time.monotonic())) + b"\n")
        relay.arrived()

    async with Sink(accept, SinkSettings(), lambda sink: _Conversation(sink, relay)) as sink:
        relay.sink = sink
        print(sink.port, flush=True)
        ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
        await ended.wait()


def main() -> None:
    """Record until standard input ends."""
    record, trouble = sys.argv[1:]
    with Path(record).open("wb", buffering=0) as file, Path(f"{record}.offered").open("wb", buffering=0) as offered:
        asyncio.run(_serve(file, offered, msgspec.json.decode(trouble, type=Trouble)))


if __name__ == "__main__":
    main()
