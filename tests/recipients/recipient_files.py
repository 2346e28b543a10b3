"""A recipients file inspected and read as a campaign would do it, with everything that came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from mass_apology.columns import ColumnUse
from mass_apology.model import Finding, Recipient
from mass_apology.recipients import Layout, RecipientsFile, inspect, read
from mass_apology.relay_settings import RelaySettings
from mass_apology.settings import Campaign, ColumnSettings, CsvSettings, SenderSettings

Load = Callable[..., "Loaded"]
"""Load a file or a text; the keywords are those of ``load``."""


class Loaded(NamedTuple):
    layout: Layout
    recipients: list[Recipient]
    findings: list[Finding]  # about single rows
    notes: list[Finding]  # about the whole file, after its rows were read
    rows_read: int
    rows_chosen: int

    @property
    def codes(self) -> list[tuple[int | None, str]]:
        return [(finding.line, finding.code) for finding in self.findings]

    def note(self, code: str) -> str:
        """What is said under this code about the whole file; empty where nothing is."""
        return " ".join(each.problem for each in (*self.layout.findings, *self.notes) if each.code == code)

    def column(self, name: str) -> list[str]:
        return [recipient.row.get(name, "") for recipient in self.recipients]


def campaign_of(**options: Any) -> Campaign:
    """A campaign whose ``csv`` and ``columns`` are given as plain dictionaries."""
    csv = CsvSettings(**options.pop("csv", {}))
    columns = ColumnSettings(**options.pop("columns", {}))
    sender = SenderSettings(from_="Anna <anna@acme.example>")
    relay = RelaySettings(url="smtp+plain://127.0.0.1:25")
    return Campaign(
        name="outage",
        template="t",
        recipients="affected",
        sender=sender,
        relay=relay,
        csv=csv,
        columns=columns,
        **options,
    )


def load(path: Path, *, chunk_rows: int = 5000, uses: Iterable[ColumnUse] = (), **options: Any) -> Loaded:
    campaign = campaign_of(**options)
    with RecipientsFile(path) as file:
        uses = tuple(uses)
        layout = inspect(file, campaign, uses)
        batches = list(read(file, layout, campaign, uses, chunk_rows))
    return Loaded(
        layout,
        [recipient for batch in batches for recipient in batch.recipients],
        [finding for batch in batches for finding in batch.findings if finding.line is not None],
        [finding for batch in batches for finding in batch.findings if finding.line is None],
        sum(batch.rows_read for batch in batches),
        sum(batch.rows_chosen for batch in batches),
    )
