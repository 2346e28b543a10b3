"""Shows where a campaign stands; as JSON also until the run that sends ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec

from mass_apology.cli.results import show_notices, status_rows
from mass_apology.cli.screen import duration, say, table_lines
from mass_apology.quantities import number
from mass_apology.system.timestamps import local_minute

if TYPE_CHECKING:
    from mass_apology.flows.report.campaign_status import CampaignStatus

LINE_SECONDS = 10.0  # between two objects of JSON


def show_status(status: CampaignStatus) -> None:
    """Print the result of ``status``: activity, counts of each wave, and the editions of accepted letters."""
    show_notices(status.findings)
    for line in _lines(status):
        say(line)


def _lines(status: CampaignStatus) -> Iterator[str]:
    from mass_apology.pages.words import equation

    yield f"{status.campaign}: {status.activity}"
    yield progress_line(status)
    if status.verdict:
        yield status.verdict
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


def watch_as_json(look: Callable[[], CampaignStatus]) -> CampaignStatus:
    """Print ``status`` again and again, an object a line, until nothing is being sent; the last look."""
    while True:
        status = look()
        print(msgspec.json.encode(status).decode(), flush=True)
        if not status.is_sending:
            return status
        time.sleep(LINE_SECONDS)
