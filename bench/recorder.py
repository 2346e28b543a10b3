"""A sink in a process of its own that writes down every final dot: ``python -m bench.recorder FILE LATENCY``.

It prints its port, and ends when its standard input does, which is also how the death of its parent looks. A message is
recorded when its dot has arrived, before the reply is sent: whether anybody lives to read the reply is not its concern.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from mass_apology.smtp.sink import Received, Sink, SinkSettings

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>\r\n]+>)", re.IGNORECASE | re.MULTILINE)


class Arrival(Struct, frozen=True, kw_only=True):
    """One final dot."""

    at: float  # monotonic seconds of the machine, so of every process
    message_id: str  # empty where the message has none
    recipients: tuple[str, ...]
    size: int  # octets, dot-stuffing undone


def parse_arrivals(record: Path) -> Sequence[Arrival]:
    """What a recorder wrote, in the order of arrival."""
    decoder = msgspec.json.Decoder(Arrival)
    return [decoder.decode(line) for line in record.read_bytes().splitlines()]


def arrival(received: Received, at: float) -> Arrival:
    """What is kept of a message."""
    header = received.data.partition(b"\r\n\r\n")[0]
    match = _MESSAGE_ID.search(header)
    return Arrival(
        at=at,
        message_id=match[1].decode("ascii", "replace") if match else "",
        recipients=received.recipients,
        size=len(received.data),
    )


async def _serve(file: IO[bytes], settings: SinkSettings) -> None:
    encoder = msgspec.json.Encoder()

    def accept(received: Received) -> None:
        file.write(encoder.encode(arrival(received, time.monotonic())) + b"\n")

    async with Sink(accept, settings) as sink:
        print(sink.port, flush=True)
        ended = asyncio.Event()
        # Nobody writes to standard input, so it is readable when it has ended.
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
        await ended.wait()


def main() -> None:
    """Record until standard input ends."""
    record, latency = sys.argv[1:]
    # Unbuffered: others look at the file while it grows, and a dot that arrived must be in it whatever happens next.
    with Path(record).open("wb", buffering=0) as file:
        asyncio.run(_serve(file, SinkSettings(latency=float(latency))))


if __name__ == "__main__":
    main()
