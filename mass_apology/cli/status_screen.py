"""Shows where a campaign stands: once, or until the run that sends ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec

from mass_apology.cli.exits import printable
from mass_apology.cli.results import show_notices, status_rows
from mass_apology.cli.screen import console, duration, say, table_lines
from mass_apology.cli.terminal_lines import terminal_width, wrapped
from mass_apology.pages.words import equation
from mass_apology.quantities import number
from mass_apology.system.timestamps import local_minute

if TYPE_CHECKING:
    from mass_apology.flows.report.campaign_status import CampaignStatus

LOOK_SECONDS = 1.0  # between two looks at the ledger, on a terminal
LINE_SECONDS = 10.0  # between two lines of a log, and two objects of JSON
_IDLE_SHARE = 9  # so many times as long as a look takes is waited before the next, however large the ledger


def show_status(status: CampaignStatus) -> None:
    """Print the result of ``status``: activity, counts of each wave, and the editions of accepted letters."""
    show_notices(status.findings)
    for line in _lines(status):
        say(line)


def _lines(status: CampaignStatus) -> Iterator[str]:
    yield f"{status.campaign}: {status.activity}"
    yield progress_line(status)
    yield from table_lines(status_rows(status.counts), right=True)[1]
    yield f"{equation(status.counts)}; due: {number(status.due)}"
    yield from (promise.sentence for promise in status.promises)
    for wave, counts in status.waves.items():
        yield f"\n{wave}"
        yield from table_lines(status_rows(counts), right=True)[1]
    if len({edition.wave for edition in status.editions}) < len(status.editions):
        yield "\nAccepted letters by what they were made from (correct --digest chooses by it):"
        yield from table_lines(
            (
                f"{edition.wave} {edition.digest[:12]}",
                f"{number(edition.letters)}, from {local_minute(edition.first_at)} on",
            )
            for edition in status.editions
        )[1]


def progress_line(status: CampaignStatus) -> str:
    """ "62.5 % done · 48.2/s · 2 min 5 s left, until 2026-11-20 14:12 CET"."""
    parts = [f"{status.percent:g} % done"]
    if status.rate is not None:
        parts.append(f"{status.rate:.1f}/s")
    if status.eta is not None:
        eta = status.eta.timestamp()
        parts.append(f"{duration(max(0.0, eta - status.at.timestamp()))} left, until {local_minute(eta)}")
    return " · ".join(parts)


def watch(look: Callable[[], CampaignStatus], *, as_json: bool) -> CampaignStatus:
    """Show ``status`` again and again until nothing is being sent, and return the last look."""
    if as_json:
        return _log(look, lambda status: print(msgspec.json.encode(status).decode(), flush=True))
    if terminal_width(sys.stdout) is None:
        return _log(look, lambda status: say(f"{status.activity}: {progress_line(status)}"))
    return _live(look)


def _log(look: Callable[[], CampaignStatus], show: Callable[[CampaignStatus], None]) -> CampaignStatus:
    while True:
        status = look()
        show(status)
        if not status.is_sending:
            return status
        time.sleep(LINE_SECONDS)


def _live(look: Callable[[], CampaignStatus]) -> CampaignStatus:
    """Write each look over the one before; only what differs changes on the screen, and the last one stays."""
    from rich.live import Live
    from rich.text import Text

    to = console()
    with Live(console=to, auto_refresh=False, vertical_overflow="crop") as live:
        while True:
            began = time.monotonic()
            status = look()
            text = "\n".join(wrapped(printable(line), to.width) for line in _lines(status))
            live.update(Text(text, no_wrap=True), refresh=True)
            if not status.is_sending:
                return status
            time.sleep(max(LOOK_SECONDS, _IDLE_SHARE * (time.monotonic() - began)))
