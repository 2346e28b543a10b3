"""Whole campaigns against a relay that lives in a thread, so that ``send`` can bring its own event loop."""

from __future__ import annotations

import asyncio
import csv
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from smtp_fakes import PIPELINED, Fault, Relay

from mass_apology.flows import control
from mass_apology.flows.init.toml_notation import toml
from mass_apology.flows.plan.plan import Outlook, Remaining
from mass_apology.flows.plan.plan_check import Check
from mass_apology.flows.send.send import SendOptions, run
from mass_apology.flows.send.sending_run import RunResult
from mass_apology.flows.watch.view_model import CampaignView
from mass_apology.ledger import Control, Result
from mass_apology.ledger.sqlite import SqliteRecords
from mass_apology.model import Finding
from mass_apology.sending.run_stats import Progress
from mass_apology.settings import Campaign
from mass_apology.smtp.sink import SinkSettings
from mass_apology.workspace.workspace import Workspace

LETTER = """Subject: {{ incident.service }} and you, {{ customer.name }}

{{ salutation }}

We were down for {{ customer.minutes }} minutes. We are sorry.
"""
Row = Mapping[str, str]


@contextmanager
def relay(settings: SinkSettings = PIPELINED, fault: Fault | None = None) -> Iterator[Relay]:
    """A listening relay, with an event loop and a thread of its own."""
    live = Relay(settings, fault)
    loop = asyncio.new_event_loop()
    listening, over = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with live.sink:
            listening.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    listening.wait()
    try:
        yield live
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def stop_when(folder: Path, is_ready: Callable[[], bool] = lambda: True) -> None:
    """Ask the run that is there to stop, as soon as ``is_ready``; from a thread of its own."""

    def ask() -> None:
        while not (is_ready() and control.request(folder, Control.STOP)):
            time.sleep(0.02)

    threading.Thread(target=ask, daemon=True).start()


def customers(count: int) -> list[Row]:
    """Rows of so many different customers; their addresses are what ``smtp_fakes.Relay.numbers`` reads."""
    return [
        {"email": f"customer{n}@d{n % 7}.example", "name": f"Customer {n}", "minutes": str(n % 90 + 1)}
        for n in range(count)
    ]


def campaign_folder(folder: Path, url: str, rows: Sequence[Row], **tables: Mapping[str, object]) -> Path:
    """A campaign of its own template. ``tables`` add to or replace keys of campaign.toml's tables."""
    templates = folder / "templates" / "sorry"
    templates.mkdir(parents=True, exist_ok=True)
    (templates / "en.md").write_text(LETTER, encoding="utf-8")
    write_rows(folder / "affected.csv", rows)
    write_toml(folder, url, **tables)
    return folder


def write_toml(folder: Path, url: str, **tables: Mapping[str, object]) -> None:
    whole: dict[str, dict[str, object]] = {
        "": {"name": "trial", "template": "sorry", "recipients": "affected.csv"},
        "types": {"minutes": "int"},
        "incident": {"service": "Acme API"},
        "sender": {"from": "Anna Kowalska <anna@acme.example>"},
        "relay": {"url": url, "rate": "unlimited", "timeout": 5.0, "dot_timeout": 5.0, "connect_timeout": 5.0},
    }
    for name, table in tables.items():
        whole.setdefault(name.removeprefix("top"), {}).update(table)
    lines = []
    for name, table in whole.items():
        lines += [f"[{name}]"] if name else []
        lines += [f"{key} = {toml(value)}" for key, value in table.items()]
    (folder / "campaign.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


class Person:
    """Watches, and types the number that is asked for unless told otherwise."""

    def __init__(self, types: str | None = None) -> None:
        self.types = types
        self.asked: list[int] = []
        self.notices: list[Finding] = []
        self.checks: list[Check | None] = []
        self.remaining: list[Remaining] = []
        self.outlooks: list[Outlook | None] = []
        self.last: Progress | None = None

    def stage(self, name: str, done: int, total: int | None) -> None:
        pass

    def plan(self, checked: Check | Remaining, due: int, campaign: Campaign, outlook: Outlook | None = None) -> None:
        self.checks.append(checked if isinstance(checked, Check) else None)
        self.remaining += [checked] if isinstance(checked, Remaining) else []
        self.outlooks.append(outlook)

    def notice(self, findings: Sequence[Finding]) -> None:
        self.notices += findings

    def count(self, due: int) -> str:
        self.asked.append(due)
        return str(due) if self.types is None else self.types

    def watch(self, look: Callable[[], CampaignView]) -> None:
        self.look = look

    def progress(self, progress: Progress) -> None:
        self.last = progress


def send(folder: Path, person: Person | None = None, **options: object) -> RunResult:
    """One ``send``, as a person does it."""
    return run(Workspace.open(folder), SendOptions(**options), person or Person())


def results(folder: Path) -> list[Result]:
    with SqliteRecords.open(folder / "ledger.sqlite", "trial") as ledger:
        return list(ledger.results("first"))


def statuses(folder: Path) -> Counter[str]:
    return Counter(result.status.value for result in results(folder))


@contextmanager
def sent_campaign(folder: Path, number: int) -> Iterator[Path]:
    """A campaign whose letters have all been sent, while its relay listens."""
    with relay() as listening:
        made = campaign_folder(folder, listening.sink.url, customers(number))
        send(made)
        yield made
