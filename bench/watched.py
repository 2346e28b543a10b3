"""What 50 watchers and a scrape each second cost a sending, and the first page of a campaign of a million letters."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

import httpx

from bench.campaigns import Relay, make_campaign
from bench.product import run, send_all
from bench.relays import smtp_sink
from bench.result import Bar, Options, Result, listed, median
from bench.workplace import HOST, python, running, scratch

LETTERS = 100_000
MANY = 1_000_000
WATCHERS = 50
REPETITIONS = 3
OPENINGS = 5
PATIENCE = 60.0  # seconds

_ACCESS = """
[roles]
"*" = ["watch"]
[proxy]
peers = ["127.0.0.1"]
"""

# Half of the letters accepted, in the ledger itself: sending a million takes minutes, and the page shows the same.
_PLAN = """
BEGIN;
WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {letters})
INSERT INTO recipient (id, identity, mailbox, address, name, language, time_zone, lines, rows)
SELECT n, n, n, 'customer' || n || '@d' || n % 500 || '.example', 'Customer ' || n, 'en', '', '[' || (n + 1) || ']',
       '[{{"email": "customer' || n || '@example.com", "name": "Customer ' || n || '", "minutes_down": "42"}}]'
FROM number;
INSERT INTO delivery (recipient, wave, status, message_id, language, planned_at)
SELECT id, 'first', 'PLANNED', '<' || hex(randomblob(16)) || '@acme.example>', language, unixepoch() FROM recipient;
UPDATE delivery SET status = 'HANDING_OVER', handed_over_at = unixepoch() + id / 2000 WHERE id % 2;
UPDATE delivery SET status = 'ACCEPTED', reply = '2.0.0 Ok: queued as ' || id, sha256 = randomblob(32),
       subject = 'We are sorry', marked_at = handed_over_at, accepted_at = handed_over_at WHERE status = 'HANDING_OVER';
COMMIT;
"""


def measure(options: Options) -> Result:
    """The rate of the sending part with watchers, of that without; and seconds until the page is there."""
    letters, many = options.letters(LETTERS), options.letters(MANY)
    watched: list[float] = []
    alone: list[float] = []
    with scratch("watched") as folder, smtp_sink() as port:
        for number in range(REPETITIONS):
            for rates, watchers in ((alone, 0), (watched, WATCHERS)):
                campaign = make_campaign(folder / f"{number}-{watchers}", letters, Relay(port=port, connections=100))
                with _watching(campaign, watchers) if watchers else nullcontext():
                    rates.append(send_all(campaign, letters).printed_rate)
        opened = _openings(make_campaign(folder / "many", many, Relay(port=port, connections=100)), many)
    return Result(
        bars=(
            Bar(name="sending with 50 watchers, of sending alone", figure=median(watched) / median(alone), limit=0.98),
            Bar(name="the live page of a million letters", figure=max(opened), limit=1, unit="s", at_most=True),
        ),
        notes=(
            f"{letters} letters; alone {listed(alone, '/s')}, watched {listed(watched, '/s')}, a scrape each second",
            f"the page of {many} letters, half of them accepted: {listed(opened, 's')}, the first of a new server",
        ),
    )


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    """The address of the live page."""
    access = folder / "access.toml"
    access.write_text(_ACCESS, encoding="utf-8")
    command = python("-m", "mass_apology", "serve", "-C", str(folder), "--listen", f"{HOST}:0", "--access", str(access))
    with running(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process.stdout.readline().decode().split()[-1]


@contextmanager
def _watching(folder: Path, watchers: int) -> Iterator[None]:
    with _serving(folder) as base, running(python("-m", "bench.watched", base, folder.name, str(watchers))):
        yield


def _openings(folder: Path, letters: int) -> list[float]:
    """Seconds from the request for the page to its end: at once after the start, and later."""
    run("check", folder, "--offline").expect()  # it makes the ledger
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as connection:
        connection.executescript(_PLAN.format(letters=letters))
    with (
        _serving(folder) as base,
        httpx.Client(base_url=base, headers={"remote-user": "a"}, timeout=PATIENCE) as client,
    ):
        seconds = []
        for number in range(OPENINGS):
            time.sleep(1 if number == 0 else 20)  # until nobody looks any more, and the next has to wait for a look
            begin = time.monotonic()
            page = client.get(f"/campaigns/{folder.name}")
            seconds.append(time.monotonic() - begin)
            assert page.status_code == 200, page.text
    return seconds


async def _watch(base: str, slug: str, number: int) -> None:
    """One watcher: reads the page's events for ever."""
    headers = {"remote-user": f"watcher{number}"}
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=PATIENCE) as client:
        await client.get(f"/campaigns/{slug}")
        async with client.stream("GET", f"/campaigns/{slug}/events") as stream:
            async for _ in stream.aiter_bytes():
                pass


async def _scrape(base: str, slug: str) -> None:
    async with httpx.AsyncClient(base_url=base, headers={"remote-user": "scraper"}, timeout=PATIENCE) as client:
        while True:
            await client.get(f"/campaigns/{slug}.json")
            await asyncio.sleep(1)


async def _all(base: str, slug: str, watchers: int) -> None:
    async with asyncio.TaskGroup() as tasks:
        for number in range(watchers):
            tasks.create_task(_watch(base, slug, number))
        tasks.create_task(_scrape(base, slug))


if __name__ == "__main__":
    asyncio.run(_all(sys.argv[1], sys.argv[2], int(sys.argv[3])))
