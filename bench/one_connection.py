"""One connection to a relay that is far away, beside aiosmtplib's ``sendmail``."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiosmtplib

from bench.campaigns import SENDER, Relay, addresses, make_campaign
from bench.product import send_all
from bench.relays import dots_per_second, recorder
from bench.result import Bar, Options, Result
from bench.workplace import HOST, scratch

LETTERS = 60
LATENCY = 0.1  # seconds before each of the relay's replies
_LINE = b"We changed a setting without trying it out first, and that was our mistake.\r\n"


def measure(options: Options) -> Result:
    """Both rates are taken where the final dots arrive, between the first and the last."""
    letters = options.letters(LETTERS)
    with scratch("one-connection") as folder:
        ours, theirs = _product(folder, letters), _aiosmtplib(folder, letters)
    return Result(
        bars=(Bar(name="one connection, 100 ms away, times aiosmtplib", figure=ours / theirs, limit=3.9),),
        notes=(f"{ours:.2f} letters a second; aiosmtplib {theirs:.2f}; almost all of the time is waiting",),
    )


def _product(folder: Path, letters: int) -> float:
    with recorder(folder / "ours.jsonl", latency=LATENCY) as sink:
        send_all(make_campaign(folder / "campaign", letters, Relay(port=sink.port, connections=1)), letters)
        return dots_per_second(sink.stop())


def _aiosmtplib(folder: Path, letters: int) -> float:
    with recorder(folder / "theirs.jsonl", latency=LATENCY) as sink:
        asyncio.run(_sendmail(sink.port, letters))
        return dots_per_second(sink.stop())


async def _sendmail(port: int, letters: int) -> None:
    message = b"Subject: Our outage\r\n\r\n" + _LINE * 75
    async with aiosmtplib.SMTP(hostname=HOST, port=port, start_tls=False) as client:
        for address in addresses(letters):
            await client.sendmail(SENDER, [address], message)
